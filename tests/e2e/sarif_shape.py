"""What SARIF 2.1.0 (OASIS standard, 27 March 2020) demands of the objects that weft writes.

No package of Debian, npm or PyPI that we found ships the official schema, and nothing of others is committed
here, so this is written from the text of the standard: required properties, those that may stand there at all
(the schema forbids others), types, enumerations and the rules between them. Sections are those of the standard.
"""
import re
from urllib.parse import urlsplit

# object: (section, required, optional)
OBJECTS = {
    "log": ("3.13", {"version", "runs"}, {"$schema", "inlineExternalProperties", "properties"}),
    "run": ("3.14", {"tool"}, {"results", "columnKind", "artifacts", "invocations", "originalUriBaseIds",
                               "automationDetails", "language", "properties"}),
    "tool": ("3.18", {"driver"}, {"extensions", "properties"}),
    "component": ("3.19", {"name"}, {"version", "semanticVersion", "informationUri", "rules", "fullName",
                                     "organization", "properties"}),
    "rule": ("3.49", {"id"}, {"name", "shortDescription", "fullDescription", "help", "helpUri",
                              "defaultConfiguration", "properties"}),
    "configuration": ("3.50", set(), {"enabled", "level", "rank", "properties"}),
    "result": ("3.27", {"message"}, {"ruleId", "ruleIndex", "level", "kind", "locations", "relatedLocations",
                                     "partialFingerprints", "fingerprints", "fixes", "suppressions", "properties"}),
    "message": ("3.11", set(), {"text", "markdown", "id", "arguments", "properties"}),
    "multiformat": ("3.12", {"text"}, {"markdown", "properties"}),
    "location": ("3.28", set(), {"id", "physicalLocation", "logicalLocations", "message", "properties"}),
    "physical": ("3.29", set(), {"artifactLocation", "region", "contextRegion", "properties"}),
    "artifact": ("3.4", set(), {"uri", "uriBaseId", "index", "description", "properties"}),
    "region": ("3.30", set(), {"startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength",
                               "snippet", "properties"}),
    "fix": ("3.55", {"artifactChanges"}, {"description", "properties"}),
    "change": ("3.56", {"artifactLocation", "replacements"}, {"properties"}),
    "replacement": ("3.57", {"deletedRegion"}, {"insertedContent", "properties"}),
    "content": ("3.3", set(), {"text", "binary", "rendered", "properties"}),
}
LEVELS = {"none", "note", "warning", "error"}
URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")


class Checker:
    def __init__(self, test):
        self.test = test

    def object(self, kind, value, where):
        section, required, optional = OBJECTS[kind]
        self.test.assertIsInstance(value, dict, where)
        missing = required - set(value)
        self.test.assertFalse(missing, f"{where}: {missing} required by §{section}")
        unknown = set(value) - required - optional
        self.test.assertFalse(unknown, f"{where}: {unknown} not in §{section}")

    def items(self, values, where):
        self.test.assertIsInstance(values, list, where)
        return [(value, f"{where}[{i}]") for i, value in enumerate(values)]

    def text(self, value, where):
        self.test.assertIsInstance(value, str, where)
        self.test.assertTrue(value, f"{where} is empty")

    def uri(self, value, where):
        self.text(value, where)
        self.test.assertIsNotNone(URI.fullmatch(value), f"{where}: {value} is no URI reference (RFC 3986)")
        urlsplit(value)

    def log(self, log):
        self.object("log", log, "log")
        self.test.assertEqual(log["version"], "2.1.0")
        for run, where in self.items(log["runs"], "runs"):
            self.run(run, where)

    def run(self, run, where):
        self.object("run", run, where)
        self.object("tool", run["tool"], f"{where}.tool")
        driver = run["tool"]["driver"]
        self.object("component", driver, f"{where}.driver")
        self.text(driver["name"], f"{where}.driver.name")
        rules = driver.get("rules", [])
        for rule, at in self.items(rules, f"{where}.rules"):
            self.rule(rule, at)
        self.test.assertEqual(len({rule["id"] for rule in rules}), len(rules), "ids of rules are unique (§3.19.23)")
        self.test.assertIn(run.get("columnKind", "unicodeCodePoints"), {"utf16CodeUnits", "unicodeCodePoints"})
        for result, at in self.items(run.get("results", []), f"{where}.results"):
            self.result(result, rules, at)

    def rule(self, rule, where):
        self.object("rule", rule, where)
        self.text(rule["id"], where)
        for name in ("shortDescription", "fullDescription", "help"):
            if name in rule:
                self.object("multiformat", rule[name], f"{where}.{name}")
                self.text(rule[name]["text"], f"{where}.{name}")
        if "defaultConfiguration" in rule:
            self.object("configuration", rule["defaultConfiguration"], where)
            self.test.assertIn(rule["defaultConfiguration"].get("level", "warning"), LEVELS)

    def result(self, result, rules, where):
        self.object("result", result, where)
        self.message(result["message"], f"{where}.message")
        self.test.assertIn(result.get("level", "warning"), LEVELS)
        if "ruleIndex" in result:
            # §3.27.6: the rule at that index is the one that ruleId names.
            self.test.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"], where)
        for location, at in self.items(result.get("locations", []), f"{where}.locations"):
            self.location(location, at)
        related = result.get("relatedLocations", [])
        for location, at in self.items(related, f"{where}.relatedLocations"):
            self.location(location, at)
        ids = [location["id"] for location in related if "id" in location]
        self.test.assertEqual(len(set(ids)), len(ids), f"{where}: ids are unique (§3.28.2)")
        for name, value in result.get("partialFingerprints", {}).items():
            self.text(value, f"{where}.{name}")
        for fix, at in self.items(result.get("fixes", []), f"{where}.fixes"):
            self.fix(fix, at)

    def message(self, message, where):
        self.object("message", message, where)
        self.test.assertTrue("text" in message or "id" in message, f"{where}: text or id (§3.11.8)")
        if "text" in message:
            self.text(message["text"], where)

    def location(self, location, where):
        self.object("location", location, where)
        if "message" in location:
            self.message(location["message"], f"{where}.message")
        physical = location.get("physicalLocation")
        if physical is None:
            return
        self.object("physical", physical, where)
        self.artifact(physical["artifactLocation"], where)
        if "region" in physical:
            self.region(physical["region"], where)

    def artifact(self, artifact, where):
        self.object("artifact", artifact, where)
        self.uri(artifact["uri"], where)

    def region(self, region, where):
        self.object("region", region, where)
        for name in ("startLine", "startColumn", "endLine", "endColumn"):
            if name in region:
                self.test.assertIsInstance(region[name], int, where)
                self.test.assertGreaterEqual(region[name], 1, f"{where}.{name}")
        start = (region["startLine"], region.get("startColumn", 1))
        end = (region.get("endLine", region["startLine"]), region.get("endColumn", 1 << 30))
        self.test.assertLessEqual(start, end, where)

    def fix(self, fix, where):
        self.object("fix", fix, where)
        if "description" in fix:
            self.message(fix["description"], where)
        self.test.assertTrue(fix["artifactChanges"], where)
        for change, at in self.items(fix["artifactChanges"], where):
            self.object("change", change, at)
            self.artifact(change["artifactLocation"], at)
            self.test.assertTrue(change["replacements"], at)
            for replacement, place in self.items(change["replacements"], at):
                self.object("replacement", replacement, place)
                self.region(replacement["deletedRegion"], place)
                if "insertedContent" in replacement:
                    self.object("content", replacement["insertedContent"], place)


def check_log(test, log):
    """Fails `test` where the log is not what the standard demands."""
    Checker(test).log(log)
