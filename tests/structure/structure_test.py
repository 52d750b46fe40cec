#!/usr/bin/env python3
"""What the repository promises about its own shape: layers, owners of libraries, sizes, words.

Runs inside ctest, or alone after a configuration: WEFT_BUILD_DIR=build/test python3 structure_test.py
"""
import re
import unittest

import repository
from repository import LAYERS, files, read

# A library's headers stand only in the folders that own it, so that it can be replaced there.
OWNERS = {
    r"tao/pegtl": {"grammar"},
    r"bid_": {"value"},
    r"re2/": {"value", "stdlib"},
    r"sqlite3\.h": {"store", "stdlib/rag"},
    r"openssl/": {"base"},
    r"sodium\.h": {"base", "store", "stdlib"},
    r"toml\+\+/": {"engine"},
    r"cctz/": {"base"},
    r"curl/": {"stdlib", "helper"},
    r"(poppler-|zip\.h|pugixml|gumbo\.h|cmark-gfm|iconv\.h)": {"helper"},
    r"CLI/": {"cli"},
    r"nlohmann/": {"value", "engine", "stdlib", "helper", "api", "cli"},
    r"fmt/": set(LAYERS),
}
POSIX = re.compile(r"(sys/\w+|arpa/\w+|netinet/\w+|linux/\w+|unistd|fcntl|poll|signal|pwd|spawn|"
                   r"termios|langinfo|netdb|dirent|dlfcn)\.h")
STANDARD = re.compile(r"\w+")

# Characters a line; a C++ raw string holds another language, which has its own measure.
LINE_MAX = {".cpp": 100, ".h": 100, ".py": 120, ".cmake": 120}
RAW_STRING = re.compile(r'R"(\w*)\(.*?\)\1"', re.DOTALL)
SIZES = {".cpp": 500, ".h": 350}
LARGER_FOR_A_REASON = {}

# The machine asks the world nothing, and keeps nothing whose order depends on addresses.
BANNED_IN_VM = ("chrono", "random", "thread", "iostream", "filesystem", r"unordered_\w+", "getenv",
                "mutex", "atomic", "locale", "float", "double", "fstream", "cstdio")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def layer_table():
    """Each folder with those that it may include: all that its layer links, directly or not."""
    below = {}
    for line in (repository.BUILD / "layers.txt").read_text(encoding="utf-8").splitlines():
        name, _, *on = line.split()
        below[name] = set(on).union(*(below[other] for other in on))
    return below


def owner_allows(path, header):
    for pattern, owners in OWNERS.items():
        if re.match(pattern, header):
            return any(str(path).startswith(owner + "/") for owner in owners)
    return bool(STANDARD.fullmatch(header) or POSIX.fullmatch(header))


class Structure(unittest.TestCase):
    maxDiff = None

    def none(self, found, cure):
        if found:
            self.fail(cure + ":\n  " + "\n  ".join(sorted(str(one) for one in found)))

    def test_includes_follow_the_layers(self):
        below = layer_table()
        self.assertEqual(set(below), set(LAYERS))
        below["cli"] = set()  # the first user of the public headers: they must be enough
        found = []
        for layer in LAYERS:
            for path in files(".cpp", ".h", under=layer):
                for own, _ in INCLUDE.findall(read(path)):
                    if own and own.split("/")[0] not in below[layer] | {layer, "weft"}:
                        found.append(f"{path} includes {own}")
        self.none(found, "an include from a layer that does not stand below")

    def test_unit_tests_see_their_layer_and_what_it_stands_on(self):
        below = layer_table()
        found = []
        for path in files(".cpp", ".h", under="tests/unit"):
            layer = path.parts[2]
            for own, _ in INCLUDE.findall(read(path)):
                if "/" in own and own.split("/")[0] not in below[layer] | {layer, "weft", "tests"}:
                    found.append(f"{path} includes {own}")
        self.none(found, "a unit test that includes a layer it isn't linked with")

    def test_libraries_stay_with_their_owner(self):
        found = [f"{path} includes <{header}>"
                 for layer in LAYERS for path in files(".cpp", ".h", under=layer)
                 for _, header in INCLUDE.findall(read(path))
                 if header and not owner_allows(path, header)]
        self.none(found, "a header of a library outside the folder that owns it (OWNERS)")

    def test_public_headers_need_nothing_but_the_standard_library(self):
        found = []
        for path in files(".h", under="include/weft"):
            for own, header in INCLUDE.findall(read(path)):
                if not (own.startswith("weft/") if own else STANDARD.fullmatch(header)):
                    found.append(f"{path} includes {own or header}")
        self.none(found, "a public header that needs more than itself")

    def test_files_are_of_readable_size(self):
        found = []
        for path in repository.cpp_files():
            lines = len(read(path).splitlines())
            most = LARGER_FOR_A_REASON.get(str(path), (SIZES[path.suffix], ""))[0]
            if lines > most:
                found.append(f"{path} has {lines} lines")
        self.none(found, f"split by idea; at most {SIZES}")

    def test_lines_fit(self):
        found = []
        for path in files(*LINE_MAX):
            if path.parts[0] == "examples" and path.suffix == ".py":
                continue  # carries the prose of its documents
            text = RAW_STRING.sub(lambda match: "\n" * match.group().count("\n"), read(path))
            found += [f"{path}:{number}" for number, line in enumerate(text.splitlines(), 1)
                      if len(line) > LINE_MAX[path.suffix]]
        self.none(found, f"a line that is too long ({LINE_MAX})")

    def test_a_header_begins_with_what_it_is_for(self):
        found = [path for path in files(".h") if not read(path).startswith("//")]
        self.none(found, "a header begins with a comment: what it is for, what it must not know")
        found = [path for path in files(".h") if "#pragma once\n" not in read(path)]
        self.none(found, "a header without #pragma once")

    def test_nothing_is_left_for_later(self):
        word = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
        found = [f"{path}:{number}"
                 for path in files(".cpp", ".h", ".def", ".py", ".cmake", ".txt", ".toml")
                 for number, line in enumerate(read(path).splitlines(), 1)
                 if word.search(line) and "todo-comment" not in line]
        self.none(found, "an open end: do it, or say in the documents that it isn't there")

    def test_the_machine_asks_nothing(self):
        banned = re.compile(r"\b(" + "|".join(BANNED_IN_VM) + r")\b")
        found = []
        for path in files(".cpp", ".h", under="vm"):
            text = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), read(path))
            for number, line in enumerate(text.splitlines(), 1):
                if banned.search(line):
                    found.append(f"{path}:{number}: {line.strip()}")
        self.none(found, "vm/ is deterministic: no clock, chance, thread, file, locale, binary float")

    def test_links_between_pages_lead_somewhere(self):
        link = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
        found = []
        for path in files(".md"):
            prose = re.sub(r"```.*?```|`[^`\n]*`", "", read(path), flags=re.DOTALL)
            for target in link.findall(prose):
                if not (repository.SOURCE / path.parent / target).exists():
                    found.append(f"{path} -> {target}")
        self.none(found, "a link to a page that isn't there")

    def test_lock_files_name_no_address(self):
        found = [path for path in files("package-lock.json") if '"resolved"' in read(path)]
        self.none(found, "npm's registry is the reader's choice: write the lock file with "
                         "`npm install --omit-lockfile-registry-resolved`")

    def test_scripts_can_be_started(self):
        found = [path for folder in ("scripts", ".ci") for path in files("", under=folder)
                 if read(path).startswith("#!")
                 and not (repository.SOURCE / path).stat().st_mode & 0o111]
        self.none(found, "a script that isn't executable")


if __name__ == "__main__":
    unittest.main()
