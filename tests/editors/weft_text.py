"""What stands where in a .wf file, read by a scanner that shares nothing with the editors' grammars.

It knows comments, texts with holes, patterns and words, which is enough to say what an editor has to
colour: see marks().
"""
import pathlib
import re

import repository

KEYWORDS = re.findall(r'^X\("(\w+)", (\w+)\)', repository.read("grammar/keywords.def"), re.MULTILINE)
CLASS_OF = {word: word_class for word, word_class in KEYWORDS}
RESERVED = {word for word, word_class in KEYWORDS if word_class in ("Statement", "Clause", "Operator")}
DECLARATIONS = {word for word, word_class in KEYWORDS if word_class == "Declaration"}
WORD = re.compile(r"[A-Za-z_]\w*")
NUMBER = re.compile(r"\d{4}-\d\d-\d\d[\dTZ:.]*|\d[\d_]*(?:\.\d[\d_]*)?[a-z]*")


def source_files():
    """Every .wf file, with whether it is free of mistakes."""
    return [(path, "mistake" not in path.name) for path in repository.files(".wf")]


def source_text(path):
    """The program of a file; a golden's expectations stand below it."""
    return re.split(r"^//--- ", repository.read(path), maxsplit=1, flags=re.MULTILINE)[0]


class Scanner:
    """Collects (offset, length, kind): kinds are comment, text, reserved, declaration, name."""

    def __init__(self, text):
        self.text = text
        self.marks = []
        self.code(0, None)

    def code(self, at, closer):
        """Reads code from `at` to the closing brace of a hole, or to the end; gives where it ended."""
        text, depth = self.text, 0
        while at < len(text):
            if text.startswith("//", at):
                end = text.find("\n", at)
                end = len(text) if end < 0 else end
                self.marks.append((at, end - at, "comment"))
                at = end
            elif text[at] == '"' or text.startswith('#"""', at):
                at = self.string(at)
            elif text[at] == "/" and re.search(r"[(,] ?$", text[:at][-3:]):
                at = re.compile(r"/(?:\\.|[^/\\\n])+/").match(text, at).end()
            elif number := NUMBER.match(text, at):
                at = number.end()
            elif word := WORD.match(text, at):
                self.word(word)
                at = word.end()
            elif closer and text[at] == "}" and depth == 0:
                return at + 1
            else:
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
        return at

    def word(self, match):
        word, begin, end = match.group(), match.start(), match.end()
        line = self.text[self.text.rfind("\n", 0, begin) + 1:begin]
        if begin and self.text[begin - 1] == "." or re.match(r"\s*:", self.text[end:end + 9]):
            self.marks.append((begin, end - begin, "name"))
        elif word in RESERVED:
            self.marks.append((begin, end - begin, "reserved"))
        elif word in DECLARATIONS and not line and re.match(r' ["\w]', self.text[end:end + 2]):
            self.marks.append((begin, end - begin, "declaration"))

    def string(self, at):
        text = self.text
        hole = "#${" if text[at] == "#" else "${"
        at += len(hole) - 2
        fence = '"""' if text.startswith('"""', at) else '"'
        at += len(fence)
        while at < len(text) and not text.startswith(fence, at):
            if fence == '"' and text[at] == "\n":
                return at
            if text[at] == "\\":
                at += 2
            elif text.startswith(hole, at):
                at = self.directive(at + len(hole))
            else:
                if text[at].isalnum():
                    self.marks.append((at, 1, "text"))
                at += 1
        return at + len(fence)

    def directive(self, at):
        word = WORD.match(self.text, at)
        skips = word and word.group() in ("each", "if", "else", "end")
        return self.code(word.end() if skips else at, "}")


def marks(text):
    """(line from 0, column from 0 in characters, length, kind) of what an editor has to tell apart."""
    begins = [0] + [match.end() for match in re.finditer("\n", text)]
    out, line = [], 0
    for offset, length, kind in sorted(Scanner(text).marks):
        while line + 1 < len(begins) and begins[line + 1] <= offset:
            line += 1
        out.append((line, offset - begins[line], length, kind))
    return out


def top_lines(text):
    """Lines at which a declaration begins: nothing may be left open there."""
    return [line for line, column, _, kind in marks(text) if kind == "declaration" and column == 0]
