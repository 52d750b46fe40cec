#!/usr/bin/env python3
"""Writes the editors' grammars: the templates in tools/editors/, with the words of the tables in them.

`@statement@` in a template stands for the words of that class in grammar/keywords.def, divided by `|`;
`@builtin@` for the functions of bytecode/builtins.def. A file that is not what the tables say is
rewritten and named, and makes the exit code 1: so the test that runs this fails once and leaves the
cure in the working tree.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MADE = {
    "tools/editors/weft.tmLanguage.json": "editors/vscode/syntaxes/weft.tmLanguage.json",
    "tools/editors/wf.vim": "editors/vim/syntax/wf.vim",
    "tools/editors/wf_indent.vim": "editors/vim/indent/wf.vim",
}
# Stand in rules of their own, with other colours than their class.
APART = {"true", "false", "none", "else"}


def words():
    found = {}
    for word, word_class in re.findall(r'^X\("(\w+)", (\w+)\)',
                                       (ROOT / "grammar/keywords.def").read_text(encoding="utf-8"), re.MULTILINE):
        if word not in APART:
            found.setdefault(word_class.lower(), []).append(word)
    found["builtin"] = re.findall(r'^X\(\d+, \w+, "(\w+)"',
                                  (ROOT / "bytecode/builtins.def").read_text(encoding="utf-8"), re.MULTILINE)
    return {name: "|".join(sorted(set(listed))) for name, listed in found.items()}


def main():
    stale = []
    for template, target in MADE.items():
        text = (ROOT / template).read_text(encoding="utf-8")
        for name, listed in words().items():
            text = text.replace(f"@{name}@", listed)
        path = ROOT / target
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            stale.append(target)
    for target in stale:
        print(f"{target} was stale and has been rewritten: commit it")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
