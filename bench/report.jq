# SPDX-License-Identifier: GPL-2.0-or-later
# The results of a part as text, or as tables of Markdown: $style.

def fixed(n): pow(10; n) as $p | . * $p | round | tostring
	| if n == 0 then . else until(length > n; "0" + .) | .[:-n] + "." + .[-n:] end;
def time: if . == null then "" elif . < 1e-6 then "\(. * 1e9 | fixed(1)) ns" else "\(fixed(3)) s" end;
def memory: if . == null then "" else "\(. / 1024 | fixed(1)) MiB" end;
def group: if test(": ") then split(": ")[0] else "" end;
def pad($n): . + (" " * ($n - length) // "");

# The first row of a group is what its others are compared with.
def cells: . as $rows
	| $rows[] | . as $row
	| first($rows[] | select((.name | group) == ($row.name | group))) as $first
	| [$row.name, ($row.seconds | time), ($row.cpu | time), ($row.peak_kib | memory),
		if $row == $first then "1" else $row.seconds / $first.seconds | fixed(2) end];
def heads: ["", "median", "processor", "memory", "times as long"];

# A group has a line between it and the one before in text alone.
def text_table: [heads, (.rows | cells)] as $lines
	| [$lines | transpose[] | map(length) | max] as $widths
	| $lines[] | [., $widths] | transpose | map(. as [$cell, $width] | $cell | pad($width))
	| "  " + join("  ") | sub(" +$"; "");
def line: "| " + join(" | ") + " |";
def markdown_table: (heads | line), (heads | map("---") | line), (.rows | cells | line);

def value($table; $what): . as $goal
	| ([$table.rows[] | select(.name as $n | $goal.peers | index($n)) | .[$what]] | min) as $peer
	| (first($table.rows[] | select(.name == $goal.name) | .[$what])) as $own
	| if .kind == "faster" then $peer / $own else $own / $peer end;
def words: if length == 1 then .[0] else "the best of " + join(", ") end;
def goal_of: if .kind == "faster" then "at least \(.bound)" else "at most \(.bound)" end;
def met($ratio): if .kind == "faster" then $ratio >= .bound else $ratio <= .bound end;
def told($table): .peers |= map(select(. as $n | $table.rows | any(.name == $n)))
	| select(.peers != [])
	| value($table; "seconds") as $ratio
	| "\(.name) \(if .kind == "faster" then "is" else "takes" end) \($ratio | fixed(2)) times as "
		+ "\(if .kind == "faster" then "fast" else "long" end) as \(.peers | words) "
		+ "(\(value($table; "cpu") | fixed(2)) in the processor's time); the goal is \(goal_of)"
		+ "\(if met($ratio) then "" else ": missed" end).";

. as $part | .tables[] | . as $table
| ([.rows[].runs | values] | unique | map(tostring) | join(" or ")) as $runs
| ("edians\(if $runs == "" then "" else " of \($runs) runs" end), \($part.date), load "
	+ "\($part.load[0]) to \($part.load[1])") as $when
| if $style == "markdown" then
	"", "### \(.title)", "", "M\($when).", "", markdown_table, (.goals[] | told($table) | "", .)
else
	"", "\(.title): m\($when)", text_table, (.goals[] | told($table) | "  " + .)
end
