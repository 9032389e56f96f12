"""Small OOXML packages for tests, written part by part: no library decides what is in them."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
NAMES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "r": OFFICE,
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)
SHEET_NAMES = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
_TYPES = {
    "docx": ("/word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
    "xlsx": ("/xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    "pptx": (
        "/ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    ),
}

#: (id, last word of the type, target) of one arrow; a target with "://" is outside the file.
Arrow = tuple[str, str, str]


def package(kind: str, parts: Mapping[str, str | bytes], arrows: Mapping[str, list[Arrow]] | None = None) -> bytes:
    """The zip of these parts; ``arrows`` holds the relationships by part ("" for the package)."""
    main, content_type = _TYPES[kind]
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="{main}" ContentType="{content_type}"/></Types>'
    )
    arrows = {"": [("m", "officeDocument", main.lstrip("/"))], **(arrows or {})}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("[Content_Types].xml", types)
        for part, rows in arrows.items():
            folder, _, name = part.rpartition("/")
            bundle.writestr(f"{folder}/_rels/{name}.rels".lstrip("/"), _relationships(rows))
        for name, content in parts.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


def _relationships(rows: list[Arrow]) -> str:
    def one(row: Arrow) -> str:
        mode = ' TargetMode="External"' if "://" in row[2] else ""
        return f'<Relationship Id="{row[0]}" Type="{OFFICE}/{row[1]}" Target="{escape(row[2])}"{mode}/>'

    return f'<Relationships xmlns="{PACKAGE}">{"".join(map(one, rows))}</Relationships>'


def run(text: str, properties: str = "") -> str:
    """A run of a docx; ``properties`` is what stands in its ``w:rPr``."""
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    """A paragraph of runs; a run without markup is plain text."""
    inside = "".join(r if r.startswith("<") else run(r) for r in runs)
    look = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{look}{inside}</w:p>"


def table(rows: list[list[str]]) -> str:
    """A table of cells; a cell is text, or markup that starts with ``<``."""

    def cell(content: str) -> str:
        return f"<w:tc>{content if content.startswith('<') else paragraph(content)}</w:tc>"

    return "<w:tbl>" + "".join("<w:tr>" + "".join(map(cell, row)) + "</w:tr>" for row in rows) + "</w:tbl>"


def docx(
    body: str, parts: Mapping[str, str | bytes] | None = None, arrows: list[Arrow] | None = None, head: str = ""
) -> bytes:
    """A docx of this body; ``arrows`` leave the main part."""
    document = f"{head}<w:document {NAMES}><w:body>{body}</w:body></w:document>"
    return package("docx", {"word/document.xml": document, **(parts or {})}, {"word/document.xml": arrows or []})


def story(tag: str, content: str) -> str:
    """A part like a header (``hdr``), footer (``ftr``) or ``comments``."""
    return f"<w:{tag} {NAMES}>{content}</w:{tag}>"


def styles(content: str) -> str:
    """``word/styles.xml``."""
    return story("styles", content)


def xlsx(
    sheets: list[tuple[str, str, str]],
    strings: list[str] | None = None,
    styles_xml: str = "",
    parts: Mapping[str, str | bytes] | None = None,
    arrows: Mapping[str, list[Arrow]] | None = None,
    book: str = "",
) -> bytes:
    """A workbook of (name, state, content of ``worksheet``) sheets."""
    rows = [(f"s{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(len(sheets))]
    rows += [("t", "sharedStrings", "sharedStrings.xml"), ("y", "styles", "styles.xml")]
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i + 1}" state="{state}" r:id="s{i}"/>'
        for i, (name, state, _) in enumerate(sheets)
    )
    items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings or [])
    content: dict[str, str | bytes] = {
        "xl/workbook.xml": f"<workbook {SHEET_NAMES}><sheets>{listed}</sheets>{book}</workbook>",
        "xl/sharedStrings.xml": f"<sst {SHEET_NAMES}>{items}</sst>",
        "xl/styles.xml": f"<styleSheet {SHEET_NAMES}>{styles_xml}</styleSheet>",
    }
    for index, (_, _, sheet) in enumerate(sheets):
        content[f"xl/worksheets/sheet{index}.xml"] = f"<worksheet {SHEET_NAMES}>{sheet}</worksheet>"
    extra = dict(arrows or {})
    main = [*rows, *extra.pop("xl/workbook.xml", [])]
    return package("xlsx", {**content, **(parts or {})}, {"xl/workbook.xml": main, **extra})


def grid(rows: list[list[str]]) -> str:
    """``sheetData`` of inline strings."""
    lines = []
    for row in rows:
        cells = "".join(f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>' for text in row)
        lines.append(f"<row>{cells}</row>")
    return f"<sheetData>{''.join(lines)}</sheetData>"


def shape(text: str, placeholder: str = "", place: str = "", attributes: str = "", name: str = "文本框 1") -> str:
    """A shape of a slide with one paragraph per line."""
    kind = f'<p:ph type="{placeholder}"/>' if placeholder else ""
    lines = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n"))
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="{name}" {attributes}/><p:cNvSpPr/><p:nvPr>{kind}</p:nvPr></p:nvSpPr>'
        f"<p:spPr>{place}</p:spPr><p:txBody>{lines}</p:txBody></p:sp>"
    )


def placed(x: int, y: int, width: int = 100, height: int = 100) -> str:
    """Where a shape stands, in EMU."""
    return f'<a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'


def pptx(
    slides: list[str],
    hidden: frozenset[int] = frozenset(),
    parts: Mapping[str, str | bytes] | None = None,
    arrows: Mapping[str, list[Arrow]] | None = None,
    listed: list[int] | None = None,
) -> bytes:
    """A presentation of slides (content of ``p:spTree``), 1000 × 1000 EMU; ``listed`` gives the order of the show."""
    order = list(range(len(slides))) if listed is None else listed
    identifiers = "".join(f'<p:sldId id="{256 + i}" r:id="s{i}"/>' for i in order)
    content: dict[str, str | bytes] = {
        "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{identifiers}</p:sldIdLst>"
        '<p:sldSz cx="1000" cy="1000"/></p:presentation>'
    }
    for index, slide in enumerate(slides):
        show = ' show="0"' if index in hidden else ""
        content[f"ppt/slides/slide{index}.xml"] = (
            f"<p:sld {NAMES}{show}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"
        )
    rows = [(f"s{i}", "slide", f"slides/slide{i}.xml") for i in range(len(slides))]
    extra = dict(arrows or {})
    main = [*rows, *extra.pop("ppt/presentation.xml", [])]
    return package("pptx", {**content, **(parts or {})}, {"ppt/presentation.xml": main, **extra})
