"""A picture of a page → its pieces of text: OCR within the allowance, marks looked at closely, what stays doubtful said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from PIL import Image

from review.reading import ocr, ocr_marks
from review.reading.assembly import Piece
from review.reading.extraction import Options
from review.reading.formats.page_lines import Line, Stretch, paragraphs, union
from review.types import BBox, BlockKind, Gap, GapReason

_NO_OCR = "这是图片或扫描件，而本机没有安装文字识别组件，未能检查。请安装 rapidocr-onnxruntime，或由人工查看。"
_OFF = "这是图片或扫描件，本次没有启用文字识别，未检查。请启用文字识别后重新检查，或由人工查看。"
_TOO_MANY = "需要识别文字的页或图片过多，这一处没有识别，未检查。请拆分后重新提交，或由人工查看。"
_LATE = "文字识别用时过长，这一处没有识别，未检查。请拆分后重新提交，或由人工查看。"
_UNSURE = "字迹不清，文字识别不可靠，可能漏读。请人工查看原件。"


@dataclass(frozen=True, slots=True)
class Placing:
    """Where the picture stands: its page, the place in words, the units per pixel and its top left corner on the page."""

    page: int
    locator: str = field(repr=False)
    scale: float = 1.0
    x0: float = 0.0
    top: float = 0.0
    width: float = 0.0  # of the page
    height: float = 0.0
    kind: BlockKind = BlockKind.PARAGRAPH
    has_marks: bool = False  # the top of a first page: look closely for a secrecy mark


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read of a picture. ``was_read`` is False when OCR could not be used: the Gap says why."""

    pieces: tuple[Piece, ...] = field(default=(), repr=False)
    gaps: tuple[Gap, ...] = ()
    was_read: bool = True
    text: str = field(default="", repr=False)


def read_picture(image: Image.Image, placing: Placing, options: Options) -> Sight:
    """The text in the picture as pieces with boxes on their page; spends one page of the allowance."""
    refusal = _refusal(options)
    if refusal is not None:
        return Sight(gaps=(Gap(refusal[0], placing.locator, refusal[1]),), was_read=False)
    options.allowance.ocr_pages -= 1
    found = ocr.recognise(image)
    if placing.has_marks:
        found = ocr_marks.with_marks(image, found)
    lines = _lines(found, placing)
    pieces = paragraphs(
        lines, placing.page, placing.width or image.width, placing.height or image.height, placing.kind, placing.locator
    )
    gaps: tuple[Gap, ...] = ()
    if found.lines and found.score < ocr.UNRELIABLE:
        gaps = (Gap(GapReason.LOW_CONFIDENCE, placing.locator, _UNSURE),)
    return Sight(tuple(pieces), gaps, True, "\n".join(line.text for line in lines))


def _refusal(options: Options) -> tuple[GapReason, str] | None:
    if options.ocr == "off":
        return GapReason.NO_OCR, _OFF
    if options.allowance.ocr_pages <= 0:
        return GapReason.TOO_LARGE, _TOO_MANY
    if options.allowance.is_late:
        return GapReason.TIMEOUT, _LATE
    if not ocr.is_available():
        return GapReason.NO_OCR, _NO_OCR
    return None


def _lines(found: ocr.Recognised, placing: Placing) -> list[Line]:
    """One Line per row; fragments of a row are its stretches, parted by a space."""
    rows: dict[int, list[ocr.OcrLine]] = {}
    for line in found.lines:
        rows.setdefault(line.row, []).append(line)
    lines: list[Line] = []
    at = 0
    for fragments in _apart(rows.values(), placing.has_marks):
        start = at
        stretches = []
        for fragment in fragments:
            stretches.append(Stretch(at, at + len(fragment.text), _placed(fragment.bbox, placing)))
            at += len(fragment.text) + 1
        text = " ".join(fragment.text for fragment in fragments)
        length = sum(len(fragment.text) for fragment in fragments)
        score = sum(fragment.score * len(fragment.text) for fragment in fragments) / max(length, 1)
        box = union([stretch.bbox for stretch in stretches])
        lines.append(Line(start, start + len(text), text, box, tuple(stretches), score=score))
    return lines


def _apart(rows: Iterable[list[ocr.OcrLine]], has_marks: bool) -> Iterator[list[ocr.OcrLine]]:
    """The rows; a mark with a stamp or a word beside it is a row of its own, for it only counts as a whole line."""
    for row in rows:
        marks = [line for line in row if has_marks and ocr_marks.is_mark(line.text)]
        yield from ([mark] for mark in marks)
        rest = [line for line in row if line not in marks]
        if rest:
            yield rest


def _placed(box: BBox, placing: Placing) -> BBox:
    s, x, y = placing.scale, placing.x0, placing.top
    return BBox(box.x0 * s + x, box.top * s + y, box.x1 * s + x, box.bottom * s + y)
