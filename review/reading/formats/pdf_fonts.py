"""Which pages of a PDF use fonts that do not say what their characters mean: their text may be another than is seen."""

import re
from collections.abc import Iterator
from typing import Any

import pikepdf

_MAX_DEPTH = 8
_MAX_FONTS = 20_000
#: Names of glyphs that only count them.
_COUNTED = re.compile(r"/(?:g|G|c|C|a|A|cid|CID|glyph|index|H|T)_?\d+(?:_\d+)*$|/[A-Z]\d{2}$")
#: Character collections whose numbers stand for known characters.
_KNOWN = ("GB1", "CNS1", "Japan1", "Korea1", "KR")


def pages_in_doubt(pdf: pikepdf.Pdf, max_pages: int) -> dict[int, frozenset[Any]]:
    """Page number → the fonts on it (object numbers) whose characters have no known meaning."""
    found: dict[int, frozenset[Any]] = {}
    known: dict[Any, bool] = {}
    for index, page in enumerate(pdf.pages):
        if index >= max_pages or len(known) > _MAX_FONTS:
            break
        doubtful = frozenset(key for key, font in _fonts(page) if _is_doubtful(key, font, known))
        if doubtful:
            found[index + 1] = doubtful
    return found


def _fonts(page: pikepdf.Page) -> Iterator[tuple[Any, pikepdf.Dictionary]]:
    node: Any = page.obj
    steps = 0
    while "/Resources" not in node and "/Parent" in node and steps < _MAX_DEPTH:
        node, steps = node.Parent, steps + 1
    fonts = node.get("/Resources", pikepdf.Dictionary()).get("/Font")
    for _, font in fonts.items() if isinstance(fonts, pikepdf.Dictionary) else ():
        if isinstance(font, pikepdf.Dictionary):
            yield (font.objgen if font.is_indirect else (id(page), str(font.get("/BaseFont", "")))), font


def _is_doubtful(key: Any, font: pikepdf.Dictionary, known: dict[Any, bool]) -> bool:
    if key not in known:
        known[key] = "/ToUnicode" not in font and _has_no_meaning(font)
    return known[key]


def _has_no_meaning(font: pikepdf.Dictionary) -> bool:
    if str(font.get("/Subtype", "")) == "/Type0":
        children = font.get("/DescendantFonts")
        child = children[0] if isinstance(children, pikepdf.Array) and len(children) else pikepdf.Dictionary()
        system = child.get("/CIDSystemInfo", pikepdf.Dictionary())
        is_identity = str(font.get("/Encoding", "")).startswith("/Identity")
        return is_identity and str(system.get("/Ordering", "")) not in _KNOWN
    encoding = font.get("/Encoding")
    names = encoding.get("/Differences") if isinstance(encoding, pikepdf.Dictionary) else None
    given = [str(n) for n in names if isinstance(n, pikepdf.Name)] if isinstance(names, pikepdf.Array) else []
    return bool(given) and 2 * sum(bool(_COUNTED.match(name)) for name in given) > len(given)
