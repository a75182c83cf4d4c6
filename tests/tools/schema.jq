# SPDX-License-Identifier: GPL-2.0-or-later
# What is wrong with a record by a JSON schema, in the words that report/record.schema.json uses and no others.
# Besides, every field must be in the schema: it allows new ones, and we are who would add them.

def kind: type | if . == "number" then "integer" else . end;

def words: ["$comment", "$defs", "$ref", "$schema", "allOf", "const", "description", "enum", "if", "items", "maximum",
	"minimum", "pattern", "properties", "required", "then", "title", "type", "uniqueItems"];

def wrong($schema; $at; $root):
	. as $value
	| (($schema | keys) - words | select(. != []) | "\($at): the schema has \(.)"),
	(if $schema["$ref"] then wrong($root["$defs"][$schema["$ref"] | ltrimstr("#/$defs/")]; $at; $root) else empty end),
	(if $schema.type and ([$schema.type] | flatten | index($value | kind) | not)
		then "\($at): \($value | type)" else empty end),
	(if $schema | has("enum") and (.enum | index([$value]) | not) then "\($at): not in enum" else empty end),
	(if $schema | has("const") and .const != $value then "\($at): not const" else empty end),
	(if ($value | type) == "string" and $schema.pattern and ($value | test($schema.pattern) | not)
		then "\($at): '\($value)' does not match" else empty end),
	(if ($value | type) == "number" and (($schema.minimum and $value < $schema.minimum) or
		($schema.maximum and $value > $schema.maximum) or ($value | floor) != $value)
		then "\($at): \($value)" else empty end),
	(if ($value | type) == "array" and $schema.uniqueItems and ($value | unique | length) != ($value | length)
		then "\($at): not unique" else empty end),
	(if ($value | type) == "array" and $schema.items
		then $value[] | wrong($schema.items; $at + "[]"; $root) else empty end),
	(if ($value | type) == "object" then
		(($schema.required // [])[] | select(in($value) | not) | "\($at): no \(.)"),
		(($schema.properties // {}) | to_entries[] | .key as $key | .value as $sub
			| select($value | has($key)) | $value[$key] | wrong($sub; "\($at).\($key)"; $root))
	else empty end),
	(($schema.allOf // [])[] as $sub | $value | wrong($sub; $at; $root)),
	(if $schema.if and ([wrong($schema.if; $at; $root)] == []) then wrong($schema.then; $at; $root) else empty end);

def unknown($schema; $at):
	(keys_unsorted - ($schema.properties // {} | keys))[] | "\($at): \(.) is not in the schema";

$schema[0] as $s
| wrong($s; "record"; $s),
unknown($s; "record"),
(.visible // {} | unknown($s.properties.visible; "visible")),
(.honoured // {} | unknown($s.properties.honoured; "honoured")),
(.issues // [] | .[] | unknown($s.properties.issues.items; "issue")),
(.error // {} | unknown($s.properties.error; "error"))
