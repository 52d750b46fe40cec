"""The Weft snippets of a page, each made into a whole program.

The words behind ```wf say what a snippet is:

  ```wf                        a whole program, which gives no message
  ```wf prelude NAME           the same, and one in which others stand; unused names are no mistake here
  ```wf in NAME                statements, at the line `// here` of that prelude
  ```wf with NAME              declarations, behind that prelude; others may use them
  ```wf bad CHECK [in NAME]    a program (or statements) that gives just this message and no other
  ```wf test                   a whole program whose tests pass, too
"""
import re
from dataclasses import dataclass

FENCE = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HERE = re.compile(r"^( *)// here\n", re.MULTILINE)


@dataclass
class Snippet:
    line: int           # of its first line on the page
    program: str        # what is compiled
    first: int          # the snippet's own lines in that program, from 1
    last: int
    bad: str = ""       # the one message that it gives
    is_prelude: bool = False
    is_library: bool = False
    has_tests: bool = False


def placed(prelude, text):
    """The prelude with statements where it says `// here`."""
    found = HERE.search(prelude)
    if not found:
        raise ValueError("the prelude has no line `// here`")
    indent = found.group(1)
    lines = [indent + line if line else line for line in text.splitlines()]
    before = prelude[:found.start()]
    program = before + "\n".join(lines) + "\n" + prelude[found.end():]
    first = before.count("\n") + 1
    return program, first, first + len(lines) - 1


def whole(text, words, preludes):
    """The program of a snippet and the place of its own lines in it."""
    count = text.count("\n")
    if not words:
        return text, 1, count
    if words[0] not in ("in", "with") or len(words) != 2 or words[1] not in preludes:
        raise ValueError(f"no such kind of snippet: {' '.join(words)}")
    prelude = preludes[words[1]]
    if words[0] == "in":
        return placed(prelude, text)
    first = prelude.count("\n") + 2
    return f"{prelude}\n{text}", first, first + count - 1


def snippets(page):
    """All of a page, in order. An unknown kind is a ValueError that names its line."""
    preludes = {}
    out = []
    for fence in FENCE.finditer(page):
        if fence.group(1) != "wf":
            continue
        words, text = fence.group(2).split(), fence.group(3)
        line = page.count("\n", 0, fence.start()) + 2
        snippet = Snippet(line, "", 0, 0)
        if words[:1] == ["prelude"] and len(words) == 2:
            snippet.is_prelude = True
            preludes[words[1]] = text
            words = []
        elif words[:1] == ["bad"] and len(words) >= 2:
            snippet.bad = words[1]
            words = words[2:]
        elif words == ["test"]:
            snippet.has_tests = True
            words = []
        snippet.is_library = words[:1] == ["with"]
        try:
            snippet.program, snippet.first, snippet.last = whole(text, words, preludes)
        except ValueError as error:
            raise ValueError(f"line {line}: {error}") from error
        out.append(snippet)
    return out
