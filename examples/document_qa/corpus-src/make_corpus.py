#!/usr/bin/python3
"""Makes the PDF and Word files of the corpus from their sources beside this script.

usage: corpus-src/make_corpus.py        (needs weasyprint; the results are committed)

The same sources give the same bytes: no clock, no random identifier.
"""

import os
import pathlib
import subprocess
import zipfile
from xml.sax.saxutils import escape

here = pathlib.Path(__file__).resolve().parent
corpus = here.parent / "corpus"

CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
</Types>"""
RELS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>
</Relationships>"""
DOCUMENT_RELS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>
</Relationships>"""
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = f"""<?xml version="1.0" encoding="UTF-8"?>
<w:styles {W}>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="26"/></w:rPr></w:style>
</w:styles>"""


def paragraph(text, style=None):
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def table(rows):
    cells = "".join(
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell.strip())}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{cells}</w:tbl>"


def word_body(source):
    """The source has '# ' and '## ' headings, paragraphs, and table rows that begin with '|'."""
    parts = []
    for block in source.strip().split("\n\n"):
        if block.startswith("|"):
            parts.append(table([line.strip("|").split("|") for line in block.splitlines()]))
        elif block.startswith("## "):
            parts.append(paragraph(block[3:], "Heading2"))
        elif block.startswith("# "):
            parts.append(paragraph(block[2:], "Heading1"))
        else:
            parts.append(paragraph(" ".join(block.splitlines())))
    return "".join(parts)


def make_word(source, target):
    text = source.read_text()
    title = text.splitlines()[0].removeprefix("# ")
    core = f"""<?xml version="1.0" encoding="UTF-8"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>"""
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<w:document {W}><w:body>{word_body(text)}<w:sectPr/></w:body></w:document>'
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELS,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": DOCUMENT_RELS,
        "word/styles.xml": STYLES,
        "docProps/core.xml": core,
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def make_pdf(source, target):
    subprocess.run(
        ["/usr/bin/weasyprint", "--quiet", "--pdf-identifier", source.stem, source, target],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
    )


corpus.mkdir(exist_ok=True)
for source in sorted(here.glob("*.html")):
    make_pdf(source, corpus / f"{source.stem}.pdf")
for source in sorted(here.glob("*.txt")):
    make_word(source, corpus / f"{source.stem}.docx")
