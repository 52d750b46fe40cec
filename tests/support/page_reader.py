#!/usr/bin/env python3
"""A reader of bundles and of the records of a store that knows the format from its pages alone: the tables of
docs/log-format.md and docs/values.md are read when it starts, and what they say is what it does. So a field that is not
on the page can't be read, and one that is there and not in the records is told.

    page_reader.py BUNDLE | STORE     prints each record with its fields and its payload
"""
import hashlib
import json
import pathlib
import re
import sqlite3
import struct
import sys

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


class Wrong(Exception):
    pass


def check(holds, message):
    if not holds:
        raise Wrong(message)


def tables(page):
    """Each table of the page as its head and rows of cells."""
    head, rows = None, []
    for line in [*page.splitlines(), ""]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            if head:
                yield head, rows
            head, rows = None, []
        elif head is None:
            head = cells
        elif not set(cells[0]) <= {"-", " "}:
            rows.append(cells)


def parts(text):
    """At commas and semicolons outside of brackets."""
    return [part.strip() for part in re.split(r"[,;]\s+(?![^()]*\))", text) if part.strip()]


def fields(text):
    """Of a body's cell: (name, bytes) in order."""
    out = []
    for part in parts(text):
        part = re.sub(r"\s*\([^)]*\)", "", part).strip()
        zeros = re.fullmatch(r"z(\d+)", part)
        named = re.fullmatch(r"(.*?)\s+((?:\d+ \+ )*\d+)", part)
        check(zeros or named, f"the page says of a field only: {part}")
        if zeros:
            out.append(("zero", int(zeros[1])))
        else:
            out += [(named[1], int(width)) for width in named[2].split(" + ")]
    return out


class Page:
    def __init__(self):
        text = (DOCS / "log-format.md").read_text(encoding="utf-8")
        self.kinds, self.codes, self.payloads, self.header, self.flags = {}, {}, {}, [], {}
        for head, rows in tables(text):
            if head[0] == "no":
                for row in rows:
                    self.take_kind(head, row)
            elif head[:2] == ["kind", "payload"]:
                for names, shape in rows:
                    for name in parts(names):
                        self.payloads[name] = shape
            elif head[:2] == ["field", "codes"]:
                for names, codes in rows:
                    self.take_codes(names, codes)
            elif head[0] == "offset":
                self.header = [(row[2].split(":")[0].split(" (")[0], int(row[1])) for row in rows if row[1]]
                flags = next(row[2] for row in rows if row[2].startswith("flags"))
                self.flags = {int(bit) for bit in re.findall(r"(\d+) [a-z]", flags.split(":", 1)[1].split("(")[0])}
        values, _ = next(t for t in [(rows, head) for head, rows in tables(
            (DOCS / "values.md").read_text(encoding="utf-8"))] if t[1][0] == "tag")
        self.tags = {int(tag): name.strip() for row in values for tag, name in
                     zip(row[0].split(","), row[1].split(" (")[0].split(","))}

    def take_kind(self, head, row):
        cell = dict(zip(head, row))
        names, sides = parts(cell["kind"]), []
        for i, name in enumerate(names):
            side = re.fullmatch(r"(\S+) ([CF])", name)
            sides.append(side[2] if side else cell.get("side", "F"))
            names[i] = side[1] if side else name
        for number, name, side in zip(parts(cell["no"]), names, sides):
            body = fields(cell["body"])
            check(sum(width for _, width in body) == int(cell["bytes"]), f"the fields of {name} are not its bytes")
            self.kinds[int(number)] = (name, side, body)

    def take_codes(self, names, codes):
        lists = codes.split("; ") if " of " in names and "," in names.split(" of ")[0] else [codes]
        names, _, kinds = names.partition(" of ")
        for name, one in zip(parts(names) if len(lists) > 1 else [names], lists):
            known = {int(n): text for n, text in re.findall(r"(?:^|, )(\d+) ([^,]+)", re.sub(r"\([^)]*\)", "", one))}
            for kind in parts(kinds) or [""]:
                self.codes[name.strip(), re.sub(r"^(a|an|the) ", "", kind)] = known

    def code(self, field, kind):
        """The codes of a field; None: it is a number."""
        for at in ((field, kind), (field, kind.rsplit("-", 1)[0]), (field, "")):
            if at in self.codes:
                return self.codes[at]
        return None


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        check(self.at + count <= len(self.data), "it is cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, count, signed=False):
        return int.from_bytes(self.take(count), "little", signed=signed)

    def left(self):
        return len(self.data) - self.at


def value(page, source):
    """A value by its tag, as (name of its type, content)."""
    tag = source.number(1)
    check(tag in page.tags, f"a value has the tag {tag}")
    name = page.tags[tag]
    if name in ("none", "false", "true"):
        return name, None
    if name == "Int":
        return name, source.number(8, True)
    if name in ("Decimal", "Money"):
        amount = source.take(16).hex()
        return name, (amount, source.take(3).decode()) if name == "Money" else amount
    if name in ("Text", "Bytes"):
        content = source.take(source.number(4))
        return name, content.decode() if name == "Text" else content
    if name in ("Duration", "Time"):
        return name, source.number(8, True)
    if name == "Date":
        return name, source.number(4, True)
    if name in ("List", "Record"):
        return name, [value(page, source) for _ in range(source.number(4))]
    if name == "enum case":
        number = source.number(4)
        return name, (number, [value(page, source) for _ in range(source.number(4))])
    check(name == "Map", f"no way to read a {name}")
    return name, [(source.take(source.number(4)).decode(), value(page, source)) for _ in range(source.number(4))]


def record(page, data):
    """Its header and body as the page has them: {field: bytes or number}."""
    check(120 <= len(data) <= 1024, "its length")
    source = Bytes(data)
    head = {name: source.take(width) for name, width in page.header if name != "body"}
    number = {name: int.from_bytes(raw, "little") for name, raw in head.items()}
    check(number["format"] == 1 and number["kind"] in page.kinds and number["zero"] == 0, "its format or kind")
    name, side, body = page.kinds[number["kind"]]
    flags = number["flags"]
    check(flags & ~sum(page.flags) == 0, "its flags")
    check((flags & 1 != 0) == (side == "F") and (side == "F" or flags & 12 == 0), "the flags of its side")
    check(number["length of the body"] == source.left(), "the length of its body")
    check((flags & 2 != 0) == (head["commitment to the payload, zero without payload"] != bytes(32)), "its commitment")
    out = {}
    for field, width in body:
        raw = source.take(width)
        codes = page.code(field, name)
        if field == "zero":
            check(raw == bytes(width), "a zero that isn't")
        elif codes is not None and width <= 4 and not (field == "error" and out.get("error class", "") == "declared"):
            code = int.from_bytes(raw, "little")
            check(code in codes, f"`{field}` of {name} has the code {code}, which is not on the page")
            out[field] = codes[code].strip()
        else:
            out[field] = raw.hex() if width > 8 else int.from_bytes(raw, "little")
    check(source.left() == 0, "bytes behind its body")
    return {"kind": name, "run": next(raw for f, raw in head.items() if f.startswith("run id")).hex(),
            "seq": next(n for f, n in number.items() if f.startswith("seq")), "payload": flags & 2 != 0,
            "prev": next(raw for f, raw in head.items() if f.startswith("prev")),
            "commitment": head["commitment to the payload, zero without payload"], "body": out}


TYPES = {"Text": ("Text",), "Int": ("Int",), "Bool": ("true", "false"), "Bytes": ("Bytes",), "list": ("List",),
         "record": ("Record",), "Decimal": ("Decimal",), "Duration": ("Duration",)}


def fits(shape, found):
    """Whether a value is of the type that a field's words name; no word: anything."""
    words = re.sub(r"\([^)]*\)", "", shape).split()
    wanted = [TYPES[word] for word in words if word in TYPES]
    optional = "none" in words
    if not wanted or "value" in words[:1] or "values" in words[:1]:
        return True
    return found[0] in wanted[0] or (optional and found[0] == "none")


def payload(page, name, content):
    """The payload of a kind, by its row of the page."""
    check(name in page.payloads, f"the page has no payload of {name}")
    source = Bytes(content)
    found = value(page, source)
    check(source.left() == 0, "bytes behind a payload")
    for shape in page.payloads[name].split("; or "):
        listed = re.match(r"(?:of an approver: )?record: (.*)", shape)
        if not listed:
            return found
        must, *may = re.split(r"; (?:where|of)[^,]*, ", listed[1].split(". ")[0])
        must, may = parts(must), [one for part in may for one in parts(part)]
        if found[0] != "Record" or not len(must) <= len(found[1]) <= len(must) + len(may):
            continue
        if all(fits(words, one) for words, one in zip(must + may, found[1])):
            return found
    raise Wrong(f"the payload of {name} is not as the page has it: {found}")


def bundle(page, data):
    """Each record of a bundle: (leaf, record, payload or None)."""
    source = Bytes(data)
    check(source.take(14) == b"weft bundle 1\n", "it is no bundle")
    while source.left():
        name, content = source.take(4), Bytes(source.take(source.number(8)))
        while name == b"recs" and content.left():
            leaf = content.number(8)
            data = content.take(content.number(2))
            salt = body = None
            if content.number(1) == 1:
                salt = content.take(16)
                body = content.take(content.number(8))
            yield leaf, data, salt, body


def store(path):
    """Each record of a store that nobody has open; payloads are sealed."""
    database = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    for leaf, data in database.execute("SELECT leaf, rec FROM log ORDER BY leaf"):
        yield leaf, data, None, None
    database.close()


def read(page, records):
    """What each record says; chains and commitments hold."""
    heads = {}
    for leaf, data, salt, body in records:
        try:
            one = record(page, data)
            check(heads.get(one["run"], bytes(32)) == one["prev"] or one["run"] == "0" * 32, "its chain")
            heads[one["run"]] = hashlib.sha256(b"\0" + data).digest()
            said = None
            if body is not None:
                digest = hashlib.sha256(b"\2" + salt + struct.pack("<Q", len(body)) + body).digest()
                check(digest == one["commitment"], "its payload is not what it commits to")
                said = payload(page, one["kind"], body)
        except Wrong as error:
            raise Wrong(f"leaf {leaf}: {error}") from error
        yield leaf, one, said


def main(path):
    page, data = Page(), pathlib.Path(path).read_bytes()
    records = bundle(page, data) if data.startswith(b"weft bundle") else store(path)
    for leaf, one, said in read(page, records):
        body = " ".join(f"{name}={text}" for name, text in one["body"].items())
        print(leaf, one["run"][:8], one["seq"], one["kind"], body, json.dumps(said, default=repr, ensure_ascii=False))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Wrong as error:
        sys.exit(f"page_reader: {error}")
