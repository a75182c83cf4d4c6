#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with a SARIF document, a line each; what SARIF 2.1.0 and GitHub's code scanning ask for.

sarif.py FILE            nothing is printed where it is right
sarif.py --issues FILE   "CODE URI MEMBER", the member as JSON has it, of each result
sarif.py --notes FILE    "LEVEL TEXT" of each notification
"""
import json
import re
import sys

# RFC 3986, without authorities, queries and fragments, of which there are none.
URI = re.compile(r"(file://(?=/))?([A-Za-z0-9._~/-]|%[0-9A-F]{2})*")
LEVELS = ("note", "warning", "error")
faults = []


def expect(right, what):
    if not right:
        faults.append(what)


def keys(thing, where, required, allowed=()):
    expect(isinstance(thing, dict), where + ": no object")
    for key in required:
        expect(key in thing, f"{where}: no {key}")
    for key in thing:
        expect(key in required or key in allowed, f"{where}: {key} is not known")


def message(thing, where):
    """No placeholder has an argument, and no text is a link."""
    keys(thing, where, ["text"])
    text = thing["text"]
    expect(isinstance(text, str) and text, where + ": no text")
    expect("](" not in text, where + ": a link")
    expect(not re.search(r"[{}]", text.replace("{{", "").replace("}}", "")), where + ": a placeholder")


def location(thing, where, needs_file=True):
    keys(thing, where, [], ["physicalLocation", "logicalLocations"])
    physical = thing.get("physicalLocation")
    expect(physical or not needs_file, where + ": no physicalLocation")
    if physical:
        keys(physical, where, ["artifactLocation", "region"])
        keys(physical["artifactLocation"], where, ["uri"])
        uri = physical["artifactLocation"]["uri"]
        expect(uri and URI.fullmatch(uri), f"{where}: {uri} is no URI")
        expect(physical["region"] == {"startLine": 1}, where + ": another region")
    for entry in thing.get("logicalLocations", []):
        keys(entry, where, ["fullyQualifiedName", "kind"])
        expect(isinstance(entry["fullyQualifiedName"], str), where + ": a name that is no string")


def check_rule(rule, where):
    keys(rule, where, ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"])
    expect(re.fullmatch("[a-z]+(-[a-z]+)*", rule["id"]), where + ": its id")
    for text in ("shortDescription", "fullDescription", "help"):
        message(rule[text], where)
    expect(rule["defaultConfiguration"].get("level") in LEVELS, where + ": its level")


def check_result(result, rules, where):
    keys(result, where, ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties"])
    expect(0 <= result["ruleIndex"] < len(rules), where + ": its rule")
    rule = rules[result["ruleIndex"]]
    expect(rule["id"] == result["ruleId"], where + ": ruleIndex is of another rule")
    expect(result["level"] == rule["defaultConfiguration"]["level"], where + ": its level")
    message(result["message"], where)
    expect(len(result["locations"]) == 1, where + ": locations")
    location(result["locations"][0], where, result["properties"]["source"] != "--value")
    expect(re.fullmatch("[0-9a-f]{16}:1", result["partialFingerprints"]["primaryLocationLineHash"]),
           where + ": its fingerprint")


def check_invocation(invocation, where):
    keys(invocation, where, ["executionSuccessful", "exitCode", "toolExecutionNotifications"])
    notes = invocation["toolExecutionNotifications"]
    for i, note in enumerate(notes):
        keys(note, f"notification {i}", ["level", "message"], ["locations"])
        expect(note["level"] in LEVELS, f"notification {i}: its level")
        message(note["message"], f"notification {i}")
        for place in note.get("locations", []):
            location(place, f"notification {i}", False)
    failed = any(note["level"] == "error" for note in notes)
    expect(invocation["executionSuccessful"] == (not failed), where + ": executionSuccessful")
    expect((invocation["exitCode"] == 3) == failed, where + ": exitCode")


def check(log):
    keys(log, "log", ["$schema", "version", "runs"])
    expect(log["version"] == "2.1.0", "log: the version")
    expect(len(log["runs"]) == 1, "log: runs")
    run = log["runs"][0]
    keys(run, "run", ["tool", "results", "invocations"])
    driver = run["tool"]["driver"]
    keys(driver, "driver", ["name", "version", "rules"])
    ids = [rule["id"] for rule in driver["rules"]]
    expect(len(ids) == len(set(ids)) == 21, "driver: its rules")
    for rule in driver["rules"]:
        check_rule(rule, "rule " + rule["id"])
    for i, result in enumerate(run["results"]):
        check_result(result, driver["rules"], f"result {i}")
    expect(len(run["invocations"]) == 1, "run: invocations")
    check_invocation(run["invocations"][0], "invocation")


def issues(log):
    for result in log["runs"][0]["results"]:
        place = result["locations"][0]
        uri = place.get("physicalLocation", {"artifactLocation": {"uri": "-"}})["artifactLocation"]["uri"]
        member = [json.dumps(entry["fullyQualifiedName"]) for entry in place.get("logicalLocations", [])]
        print(result["ruleId"], uri, *member)


def notes(log):
    for note in log["runs"][0]["invocations"][0]["toolExecutionNotifications"]:
        print(note["level"], note["message"]["text"])


def main():
    # No key may come twice: what a reader makes of that is not known.
    def pairs(items):
        expect(len({key for key, _ in items}) == len(items), "a key comes twice")
        return dict(items)

    with open(sys.argv[-1], encoding="ascii") as file:
        log = json.load(file, object_pairs_hook=pairs)
    if sys.argv[1] == "--issues":
        issues(log)
    elif sys.argv[1] == "--notes":
        notes(log)
    else:
        check(log)
        print(*faults, sep="\n", end="\n" if faults else "")


main()
