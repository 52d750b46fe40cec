#!/usr/bin/env python3
"""Makes the documents that the tests of docs.parse read: python3 make_documents.py FOLDER

Small, written from nothing but this file, and the same on each run. Encrypting takes qpdf; without
it the encrypted PDF is left out, and the tests that need it say so.
"""
import pathlib
import shutil
import subprocess
import sys
import zipfile
import zlib


def pdf(pages, extra=(), resources="/Font << /F1 3 0 R /F2 4 0 R >>", title=None):
    """A PDF of content streams. `extra` has objects from number 5 on."""
    objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>", *extra]
    kids = []
    for content in pages:
        data = zlib.compress(content.encode("latin-1"))
        objects.append((f"<< /Length {len(data)} /Filter /FlateDecode >>", data))
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
                       f"/Resources << {resources} >> /Contents {len(objects)} 0 R >>")
        kids.append(f"{len(objects)} 0 R")
    objects[0] = "<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    info = ""
    if title:
        objects.append(f"<< /Title ({title}) /Author (A. Writer) >>")
        info = f"/Info {len(objects)} 0 R "
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        if isinstance(body, tuple):
            out += f"{number} 0 obj\n{body[0]}\nstream\n".encode() + body[1] + b"\nendstream\nendobj\n"
        else:
            out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += (f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {info}>>\n"
            f"startxref\n{start}\n%%EOF\n").encode()
    return bytes(out)


def show(x, y, text, size=11, font="F1"):
    text = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({text}) Tj ET\n"


def lines(x, top, texts, size=11, font="F1", pitch=13):
    return "".join(show(x, top - i * pitch, t, size, font) for i, t in enumerate(texts))


def report_pdf():
    header = lambda n: show(72, 800, "Yearly report of the harbour", 9) + show(500, 30, str(n), 9)
    first = header(1) + show(72, 740, "1 Boats", 18, "F2") + lines(72, 700, [
        "The harbour counted more boats than ever. Most came in the sum-",
        "mer, and a well-known few stayed over the winter.",
    ]) + show(72, 660, "A well-known pilot retired.") + show(72, 620, "1.1 Fees", 14, "F2") + lines(
        72, 590, ["- small boats pay ten", "- large boats pay", "  twenty a night"])
    table = header(2) + show(72, 740, "2 Berths", 18, "F2")
    rows = [("Pier", "Berths", "Remark"), ("North", "12", "deep water"), ("South", "7", "shallow"),
            ("East", "31", "being repaired")]
    for i, row in enumerate(rows):
        table += "".join(show(x, 700 - i * 16, cell) for x, cell in zip((72, 180, 300), row))
    # Cells centred on their row, with no more space between rows than between lines.
    tall = header(3) + show(72, 740, "3 Rules", 18, "F2")
    tall += show(72, 700, "Term") + show(200, 700, "Meaning")
    tall += show(72, 681.5, "buoy") + lines(200, 688, ["a float that marks", "a channel"])
    tall += show(72, 655.5, "quay") + lines(200, 662, ["a wall along which", "ships lie"])
    tall += show(72, 636, "mole") + show(200, 636, "a wall against waves")
    tall += show(72, 623, "slip") + show(200, 623, "a ramp into the water")
    left = ["Alpha begins the left column and", "goes on for many lines, since it",
            "must be told apart from tables", "that have short cells. Each of the",
            "lines is about as wide as its own", "column is, which no table has at",
            "all, and so the left one is read", "to its end before the right one",
            "is begun. Here the left one ends."]
    right = ["Omega begins the right column and", "stands beside the left at the very",
             "same heights, as two columns of a", "newspaper do. Reading across would",
             "mix the sentences of both columns", "into one another, and so make them",
             "quite unreadable for anyone, and", "useless as evidence of anything",
             "at all. Here the right one ends."]
    columns = header(4) + lines(72, 700, left) + lines(310, 700, right)
    return pdf([first, table, tall, columns], title="Harbour report")


def narrow_pdf():
    """A table with a column so narrow that its words stand as near to the next column's as to each other."""
    rows = [(["value"], ["name"], ["action"], ["note"]),
            (["0"], ["NONE"], ["no sig-", "nal is", "sent"], ["is it running"]),
            (["1"], ["HUP"], ["end the", "work"], ["hung up"]),
            (["2"], ["INT"], ["end the", "work"], ["from keys"]),
            (["9"], ["KILL"], ["end the", "work"], ["at once"])]
    page, top = show(72, 740, "Signals", 18, "F2"), 700
    for row in rows:
        height = 13 * max(len(cell) for cell in row)
        for x, cell in zip((72, 130, 200, 244), row):
            page += lines(x, top - (height - 13 * len(cell)) / 2, cell)
        top -= height
    return pdf([page])


def scanned_pdf():
    pixels = zlib.compress(bytes(64 * 64))
    image = (f"<< /Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray "
             f"/BitsPerComponent 8 /Length {len(pixels)} /Filter /FlateDecode >>", pixels)
    return pdf(["q 595 0 0 842 0 0 cm /I1 Do Q"], [image], "/XObject << /I1 5 0 R >>")


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def p(text, style=None, more=""):
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr>{style}{more}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def item(text, number, level=0):
    return p(text, None, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def docx(path, body, parts=()):
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    level = lambda n, fmt: f'<w:lvl w:ilvl="{n}"><w:numFmt w:val="{fmt}"/></w:lvl>'
    files = {
        "[Content_Types].xml": f"{XML}<Types/>",
        "_rels/.rels": f'{XML}<Relationships><Relationship Id="r1" Type="{office}" '
                       f'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"{XML}<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"""{XML}<w:styles {W}>
            <w:style w:styleId="Kop1"><w:name w:val="heading 1"/></w:style>
            <w:style w:styleId="Kop2"><w:name w:val="heading 2"/></w:style>
            <w:style w:styleId="Mine"><w:name w:val="my own"/><w:basedOn w:val="Kop2"/></w:style>
            </w:styles>""",
        "word/numbering.xml": f"""{XML}<w:numbering {W}>
            <w:abstractNum w:abstractNumId="0">{level(0, "bullet")}{level(1, "bullet")}</w:abstractNum>
            <w:abstractNum w:abstractNumId="1">{level(0, "decimal")}</w:abstractNum>
            <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
            <w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>""",
        "word/footnotes.xml": f"""{XML}<w:footnotes {W}>
            <w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>
            <w:footnote w:id="2">{p("Counted at noon.")}</w:footnote></w:footnotes>""",
        "docProps/core.xml": f"""{XML}<cp:coreProperties xmlns:cp="c" xmlns:dc="d">
            <dc:title>Harbour rules</dc:title><dc:creator>A. Writer</dc:creator></cp:coreProperties>""",
    }
    files.update(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


def rules_docx(path):
    cell = lambda text: f"<w:tc>{p(text)}</w:tc>"
    row = lambda *cells: f"<w:tr>{''.join(cell(c) for c in cells)}</w:tr>"
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    changed = ('<w:p><w:r><w:t xml:space="preserve">Speed is </w:t></w:r><w:del><w:r><w:delText>nine'
               "</w:delText></w:r></w:del><w:ins><w:r><w:t>five</w:t></w:r></w:ins><w:r><w:t "
               'xml:space="preserve"> knots.</w:t></w:r>' + note + "</w:p>")
    box = ('<w:p><w:r><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:drawing><w:txbxContent>'
           f"{p('Boxed once.')}</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict>"
           f"<w:txbxContent>{p('Boxed once.')}</w:txbxContent></w:pict></mc:Fallback>"
           "</mc:AlternateContent></w:r></w:p>")
    docx(path, p("Mooring", "Kop1") + changed + p("Ropes", "Mine") + item("bow", 1) +
         item("spring", 1, 1) + item("arrive", 2) + item("tie up", 2) +
         f"<w:tbl>{row('Pier', 'Depth')}{row('North', '4 m')}</w:tbl>" + box)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    put = lambda name, data: (folder / name).write_bytes(data)
    report = report_pdf()
    put("report.pdf", report)
    put("narrow.pdf", narrow_pdf())
    put("empty.pdf", pdf([""]))
    put("scanned.pdf", scanned_pdf())
    put("truncated.pdf", report[:len(report) // 2])
    put("corrupt.pdf", b"%PDF-1.4\n" + bytes((i * 37 + 11) % 251 for i in range(4000)) + b"%%EOF\n")
    put("renamed.pdf", bytes(range(256)) * 8)
    rules_docx(folder / "rules.docx")
    docx(folder / "bomb.docx", p("small"), {"word/media/zeros.xml": "0" * (64 << 20)})
    docx(folder / "main_bomb.docx", p("a" * (80 << 20)))
    docx(folder / "entities.docx", "", {"word/document.xml":
         f'{XML}<!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
         f"<w:document {W}><w:body>{p('&b;')}</w:body></w:document>"})
    docx(folder / "deep.docx", "<w:sdt><w:sdtContent>" * 400 + p("x") +
         "</w:sdtContent></w:sdt>" * 400)
    whole = (folder / "rules.docx").read_bytes()
    put("truncated.docx", whole[:len(whole) // 2])
    put("deep.html", b"<html><body>" + b"<div>" * 60_000 + b"deep")
    put("random.bin", bytes((i * i * 7 + i) % 256 for i in range(5000)))
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--encrypt", "reader", "owner", "256", "--", folder / "report.pdf",
                        folder / "encrypted.pdf"], check=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
