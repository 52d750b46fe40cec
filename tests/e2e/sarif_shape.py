"""Whether a log of `weft check --format sarif` is one of SARIF 2.1.0 (OASIS standard, 27 March 2020): the standard's
JSON schema, and those of its rules between values that a schema can't say. Sections are the standard's."""
import json
import pathlib
import subprocess
import urllib.parse

SCHEMA = pathlib.Path(__file__).with_name("sarif_schema.mjs")


def check_log(test, log):
    """Fails `test` where the log is not what the standard demands."""
    done = subprocess.run(["node", str(SCHEMA)], input=json.dumps(log), capture_output=True, text=True, check=False)
    test.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
    for run in log["runs"]:
        rules = run["tool"]["driver"].get("rules", [])
        test.assertEqual(len({rule["id"] for rule in rules}), len(rules), "ids of rules are unique (§3.19.23)")
        for result in run.get("results", []):
            check_result(test, result, rules)


def check_result(test, result, rules):
    if "ruleIndex" in result:
        test.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"], "§3.27.6")
    related = result.get("relatedLocations", [])
    ids = [location["id"] for location in related if "id" in location]
    test.assertEqual(len(set(ids)), len(ids), "ids of locations are unique (§3.28.2)")
    places = [location["physicalLocation"] for location in result.get("locations", []) + related]
    for fix in result.get("fixes", []):
        for change in fix["artifactChanges"]:
            check_uri(test, change["artifactLocation"])
            for replacement in change["replacements"]:
                check_region(test, replacement["deletedRegion"])
    for place in places:
        check_uri(test, place["artifactLocation"])
        if "region" in place:
            check_region(test, place["region"])


def check_uri(test, artifact):
    uri = artifact["uri"]
    test.assertEqual(urllib.parse.quote(urllib.parse.unquote(uri), safe="/:._~-"), uri, "RFC 3986 (§3.10.1)")


def check_region(test, region):
    start = (region["startLine"], region.get("startColumn", 1))
    end = (region.get("endLine", region["startLine"]), region.get("endColumn", 1 << 30))
    test.assertLessEqual(start, end, "a region ends behind its start (§3.30)")
