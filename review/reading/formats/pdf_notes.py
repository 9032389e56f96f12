"""What annotations of a PDF paint on its pages (their appearance streams), as pages of a small PDF of their own.

The text of a page that pdfium gives holds no annotation: a stamp ``机密★5年`` would be seen by every reader but us. Each
appearance becomes one page of the same size with the appearance where the annotation stands (ISO 32000-1, 12.5.5), so
that it is read like any page: text, outlines, pictures, what is hidden, the top of the first page.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from review.reading.formats import pdf_structure
from review.types import Gap, GapReason

_MAX_APPEARANCES = 500
_MAX_DEPTH = 5
_MAX_CONTENT = 8 * 1024 * 1024
#: Operators that show text or an inline picture; the one that shows a form or a picture.
_SHOWS = re.compile(rb"(?<![A-Za-z])(?:Tj|TJ|BI|'|\")(?![A-Za-z])")
_NAMES = re.compile(rb"(?<![A-Za-z])Do(?![A-Za-z])")
_PAINTS = re.compile(rb"(?<=[\s\d])(?:[lcvy]|re)(?=\s)")
#: A highlight, a frame or an arrow has fewer lines and curves than a letter drawn in outlines.
_FEW_STROKES = 24
_UNDRAWN = frozenset({"/Link", "/Popup"})
_HIDDEN_FLAGS = 0b100010
HIDDEN, OTHER_LOOK = "隐藏的批注", "批注的另一外观"
_BROKEN = "批注（图章、文本框等）画在页面上的内容损坏，未能读取。请用原程序重新导出后提交，或由人工查看。"
_TOO_MANY = f"批注的外观超过 {_MAX_APPEARANCES} 个，其余未检查。请由人工查看。"


@dataclass(frozen=True, slots=True)
class Appearance:
    """One page of the small PDF: the page it stands on, what it is called, and why it is not seen ("" when it is)."""

    page: int
    locator: str = field(repr=False)
    concealed: str


@dataclass(slots=True)
class Appearances:
    """The small PDF (empty when there is nothing to read), its pages and what could not be read."""

    data: bytes = field(default=b"", repr=False)
    pages: list[Appearance] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def appearances_of(data: bytes, numbers: Sequence[int]) -> Appearances:
    """The appearances of the annotations on these pages (1-based), each stream once."""
    found = Appearances()
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf, pikepdf.new() as small:
            _collect(pdf, small, numbers, found)
            if found.pages:
                packed = io.BytesIO()
                small.save(packed)
                found.data = packed.getvalue()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pikepdf fails in many ways on damaged files; each is a Gap
        found.pages.clear()
        found.gaps.append(Gap(GapReason.CORRUPT, "批注", _BROKEN))
    return found


def _collect(pdf: pikepdf.Pdf, small: pikepdf.Pdf, numbers: Sequence[int], found: Appearances) -> None:
    seen: set[Any] = set()
    for number in numbers:
        page = pdf.pages[number - 1]
        for note in pdf_structure.items(page.obj.get("/Annots")):
            if not isinstance(note, pikepdf.Dictionary) or str(note.get("/Subtype", "")) in _UNDRAWN:
                continue
            try:
                for stream, concealed in _streams(note):
                    key = (stream.objgen, concealed)
                    if key in seen:
                        continue
                    seen.add(key)
                    if len(found.pages) >= _MAX_APPEARANCES:
                        found.gaps.append(Gap(GapReason.TOO_LARGE, f"第{number}页起的批注", _TOO_MANY))
                        return
                    if _is_telling(stream):
                        _add(small, page, note, stream)
                        label = pdf_structure.note_name(note)
                        found.pages.append(Appearance(number, f"第{number}页 {label}", concealed))
            except (pikepdf.PdfError, ValueError, TypeError, KeyError, ArithmeticError, RuntimeError):
                found.gaps.append(Gap(GapReason.CORRUPT, f"第{number}页批注", _BROKEN))


def _streams(note: pikepdf.Dictionary) -> Iterator[tuple[pikepdf.Stream, str]]:
    """The appearance that is shown, then those that are not, with the reason."""
    looks = note.get("/AP")
    if not isinstance(looks, pikepdf.Dictionary):
        return
    flags = int(note.get("/F", 0) or 0)
    shown = HIDDEN if flags & _HIDDEN_FLAGS else ""
    is_field = str(note.get("/Subtype", "")) == "/Widget"
    for key in ("/N",) if is_field else ("/N", "/D", "/R"):
        look = looks.get(key)
        if isinstance(look, pikepdf.Stream):
            yield look, shown if key == "/N" else OTHER_LOOK
        elif isinstance(look, pikepdf.Dictionary):
            state = str(note.get("/AS", ""))
            for name, stream in look.items():
                is_shown = key == "/N" and name == state
                if isinstance(stream, pikepdf.Stream) and (is_shown or not is_field):
                    yield stream, shown if is_shown else OTHER_LOOK


def _is_telling(stream: pikepdf.Stream, depth: int = 0) -> bool:
    """Whether the appearance, or a form in it, can hold text; PdfError when it cannot be decoded."""
    content = pdf_structure.bounded_bytes(stream, _MAX_CONTENT)
    if content is None:
        raise pikepdf.PdfError
    if _SHOWS.search(content) or len(_PAINTS.findall(content)) >= _FEW_STROKES:
        return True
    if not _NAMES.search(content):
        return False
    resources = stream.get("/Resources", pikepdf.Dictionary())
    named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if depth >= _MAX_DEPTH or not isinstance(named, pikepdf.Dictionary):
        return True
    forms = [form for _, form in named.items() if isinstance(form, pikepdf.Stream)]
    return any(str(form.get("/Subtype", "")) != "/Form" or _is_telling(form, depth + 1) for form in forms)


def _add(small: pikepdf.Pdf, page: pikepdf.Page, note: pikepdf.Dictionary, stream: pikepdf.Stream) -> None:
    """A page like ``page`` with only this appearance on it, fitted into the rectangle of the annotation."""
    form = small.copy_foreign(stream)
    form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    rectangle = _upright([float(v) for v in note.Rect])
    box = _upright([float(v) for v in form.get("/BBox", pikepdf.Array([0, 0, 1, 1]))])
    a, b, c, d, e, f = (float(v) for v in form.get("/Matrix", pikepdf.Array([1, 0, 0, 1, 0, 0])))
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    bottom, top = min(y for _, y in corners), max(y for _, y in corners)
    wide = (rectangle[2] - rectangle[0]) / (right - left) if right > left else 1.0
    high = (rectangle[3] - rectangle[1]) / (top - bottom) if top > bottom else 1.0
    matrix = (wide, 0, 0, high, rectangle[0] - left * wide, rectangle[1] - bottom * high)
    content = f"q {' '.join(f'{v:.5f}' for v in matrix)} cm /X Do Q\n"
    entry = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=pikepdf.Array([float(v) for v in page.mediabox]),
        CropBox=pikepdf.Array([float(v) for v in page.cropbox]),
        Rotate=int(page.obj.get("/Rotate", 0) or 0),
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form)),
        Contents=small.make_stream(content.encode()),
    )
    small.pages.append(pikepdf.Page(small.make_indirect(entry)))


def _upright(corners: list[float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
