#!/usr/bin/env python3
"""Every end-to-end test stands on `canary.Case`, which looks for a secret in all that the programs wrote and said."""
import ast
import unittest

from repository import SOURCE

E2E = SOURCE / "tests" / "e2e"


def trees():
    return {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(E2E.glob("*.py"))}


def name_of(base):
    """`Case` or `canary.Case`, as text."""
    if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
        return f"{base.value.id}.{base.attr}"
    return base.id if isinstance(base, ast.Name) else ""


def unwatched(modules):
    """Classes with tests that don't stand on canary.Case, as module.Class."""
    classes, imported = {}, {}
    for module, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for name in node.names:
                    imported[module, name.asname or name.name] = f"{node.module}.{name.name}"
            elif isinstance(node, ast.ClassDef):
                classes[f"{module}.{node.name}"] = (module, node)

    def stands(full, seen=()):
        if full == "canary.Case":
            return True
        if full not in classes or full in seen:
            return False
        module, node = classes[full]
        for base in map(name_of, node.bases):
            known = base if "." in base else imported.get((module, base), f"{module}.{base}")
            if stands(known, (*seen, full)):
                return True
        return False

    for full, (_, node) in classes.items():
        has_tests = any(isinstance(one, ast.FunctionDef) and one.name.startswith("test") for one in node.body)
        is_case = any("TestCase" in name_of(base) for base in node.bases)
        if (has_tests or is_case) and full != "canary.Case" and not stands(full):
            yield full


class Canaries(unittest.TestCase):
    def test_every_test_is_searched(self):
        self.assertEqual(list(unwatched(trees())), [])

    def test_one_that_is_not_is_found(self):
        text = ("import unittest\nimport canary\nclass A(canary.Case):\n  def test_a(self): pass\n"
                "class B(unittest.TestCase):\n  def test_b(self): pass\nclass C(B):\n  def test_c(self): pass\n"
                "class D(A):\n  def test_d(self): pass\n")
        self.assertEqual(list(unwatched({"made": ast.parse(text)})), ["made.B", "made.C"])

    def test_each_setup_makes_the_folder(self):
        """A setUp of its own calls that of the base."""
        for module, tree in trees().items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name == "setUp" and module != "canary":
                    calls = ast.unparse(node)
                    self.assertIn("super().setUp()", calls, f"{module} line {node.lineno}")


if __name__ == "__main__":
    unittest.main()
