"""Windows metafiles (EMF with EMF+, WMF): their text in reading order, the bitmaps inside them, their outlines by OCR.

Word, Excel and PowerPoint keep drawings, formulas and previews of embedded objects in this form. [MS-EMF], [MS-EMFPLUS],
[MS-WMF].
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from review.reading import filetypes
from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import metafile_bitmap, metafile_emf, metafile_outlines, metafile_plus, metafile_wmf
from review.reading.formats.metafile_scene import Placed, Scene, lines
from review.reading.formats.page_lines import Line, paragraphs
from review.reading.ocr_text import Placing, Sight, read_picture
from review.types import BlockKind, Gap, GapReason, Page, PageReading

_MAX_RECORDS = 1_000_000
_MAX_PICTURES = 500
_EMF_HEADER = 88
_BROKEN = "图形文件损坏，未能读取。请用原程序打开确认，另存为 PNG 后重新提交。"
_PARTLY = "图形文件不完整，只读出了其中一部分。请用原程序打开确认，另存为 PNG 后重新提交，或由人工查看。"
_TOO_MANY = "图形过于复杂，其余部分未检查。请将图形另存为 PNG 后提交，或由人工查看。"
_GLYPHS = "图形中有文字只存了字形编号，读不出是什么字。请将图形截图或另存为 PNG 后提交，或由人工查看。"
_LOST = "图形中有位图无法读取，未检查。请将图形截图或另存为 PNG 后提交，或由人工查看。"
_NO_WORDS = "有矢量图形中没有文字记录，只有简单线条和色块"


@dataclass(slots=True)
class _Drawing:
    """One metafile as it was played: what each layer draws, and metafiles inside it."""

    scene: Scene
    plus: Scene = field(default_factory=Scene)
    metafiles: list[bytes] = field(default_factory=list)
    is_dual: bool = False
    width: float = 0.0
    height: float = 0.0

    @property
    def scenes(self) -> tuple[Scene, Scene]:
        return self.plus, self.scene


def extract(data: bytes, options: Options) -> Reading:
    """Text, properties and pictures of one EMF or WMF; Unreadable when its header is none."""
    drawing = _emf(data) if options.format == "emf" else _wmf(data)
    strings = _strings(drawing)
    pieces = _pieces(strings, drawing, options)
    gaps = list(_gaps(drawing))
    pictures = _pictures(drawing, options, gaps)
    remarks: tuple[str, ...] = ()
    page = _page(drawing, PageReading.TEXT if pieces else PageReading.BLANK)
    sight, painted = _outlines(drawing, options, has_text=bool(pieces))
    if painted is not None and not pieces:
        page = painted
    elif not pieces and not pictures and not gaps:
        remarks = (_NO_WORDS,)
    pieces += sight.pieces
    gaps += sight.gaps
    properties = dict.fromkeys(text.strip() for scene in drawing.scenes for text in scene.properties)
    pieces += [Piece(text, BlockKind.PROPERTY, "图形属性") for text in properties]
    return Reading(tuple(pieces), (page,), (), tuple(gaps), tuple(pictures), remarks)


# ------------------------------------------------------------------------------------------------------------ playing


def _emf(data: bytes) -> _Drawing:
    if len(data) < _EMF_HEADER or data[40:44] != b" EMF":
        raise Unreadable(GapReason.CORRUPT, _BROKEN)
    player = metafile_emf.Player()
    player.play(data, _MAX_RECORDS)
    left, top, right, bottom = struct.unpack_from("<4i", data, 8)
    drawing = _Drawing(player.scene, width=_length(right - left), height=_length(bottom - top))
    if player.plus:
        above = metafile_plus.Player()
        above.play(bytes(player.plus), _MAX_RECORDS)
        drawing.plus, drawing.metafiles, drawing.is_dual = above.scene, above.metafiles, above.is_dual
    return drawing


def _wmf(data: bytes) -> _Drawing:
    player = metafile_wmf.Player()
    player.play(data, _MAX_RECORDS)
    drawing = _Drawing(player.scene)
    if data.startswith(metafile_wmf.PLACEABLE) and len(data) >= 16:
        left, top, right, bottom = struct.unpack_from("<4h", data, 6)
        drawing.width, drawing.height = _length(right - left), _length(bottom - top)
    if player.enhanced[40:44] == b" EMF":
        original = _emf(bytes(player.enhanced))
        # the WMF is a copy of this EMF for old programs
        drawing.plus, drawing.is_dual = original.scene, True
        drawing.metafiles = original.metafiles
        drawing.plus.strings += _missing(original.plus.strings, original.scene.strings)
        drawing.plus.pictures += original.plus.pictures
    return drawing


def _length(value: int) -> float:
    return float(min(abs(value), 100_000))


# --------------------------------------------------------------------------------------------------------------- text


def _strings(drawing: _Drawing) -> list[list[Placed]]:
    """The strings of both layers, each with its own places; of the lower one only what the upper does not say."""
    below = drawing.scene.strings
    if drawing.is_dual:
        below = _missing(below, drawing.plus.strings)
    return [strings for strings in (drawing.plus.strings, below) if strings]


def _missing(strings: Sequence[Placed], others: Iterable[Placed]) -> list[Placed]:
    """Those strings, as whole lines, that the other layer does not hold."""
    known = "".join("".join(line.text.split()) for group in lines(others) for line in group)
    return [s for s in strings if "".join(s.text.split()) not in known]


def _pieces(layers: Sequence[Sequence[Placed]], drawing: _Drawing, options: Options) -> list[Piece]:
    kind = BlockKind.TEXT_BOX if options.is_part else BlockKind.PARAGRAPH
    pieces: list[Piece] = []
    for strings in layers:
        for index, group in enumerate(lines(strings)):
            width, height = drawing.width or _right(group), drawing.height or _bottom(group)
            found = paragraphs(group, 1, width, height, kind, "图形文字", first=len(pieces))
            # boxes of turned text lie in its own frame
            pieces += found if index == 0 else [replace(p, runs=(), top_of_first_page=False) for p in found]
    return pieces


def _right(group: Sequence[Line]) -> float:
    return max(line.bbox.x1 for line in group)


def _bottom(group: Sequence[Line]) -> float:
    return max(line.bbox.bottom for line in group)


# --------------------------------------------------------------------------------------------------- pictures and gaps


def _pictures(drawing: _Drawing, options: Options, gaps: list[Gap]) -> list[Embedded]:
    """The bitmaps that may hold words, each once, and the metafiles in this one."""
    files: list[bytes] = []
    for scene in drawing.scenes:
        for shown in metafile_bitmap.whole(scene.pictures, options.limits.image_pixels):
            if shown.width and metafile_bitmap.is_small(shown.width, shown.height):
                options.allowance.small_pictures += 1
            else:
                files.append(shown.file)
    found: list[Embedded] = []
    for data in dict.fromkeys((*files, *drawing.metafiles)):
        if len(found) == _MAX_PICTURES:
            gaps.append(Gap(GapReason.TOO_LARGE, "图形", _TOO_MANY))
            break
        found.append(Embedded(f"图形内图片{len(found) + 1}.{filetypes.guess(data)}", data))
    return found


def _gaps(drawing: _Drawing) -> Iterator[Gap]:
    scenes = drawing.scenes
    if any(scene.is_damaged for scene in scenes):
        yield Gap(GapReason.CORRUPT, "图形", _PARTLY)
    if any(scene.is_cut for scene in scenes):
        yield Gap(GapReason.TOO_LARGE, "图形", _TOO_MANY)
    # of two layers that draw the same, one in characters is enough
    unread = [scene for scene in scenes if scene.glyph_runs]
    is_said = drawing.is_dual and any(scene.strings and not scene.glyph_runs for scene in scenes)
    if unread and not is_said:
        yield Gap(GapReason.NO_TEXT, "图形", _GLYPHS)
    if any(scene.lost_pictures for scene in scenes):
        yield Gap(GapReason.UNSUPPORTED, "图形", _LOST)


def _outlines(drawing: _Drawing, options: Options, has_text: bool) -> tuple[Sight, Page | None]:
    """What OCR reads of letters that were drawn as outlines, and the page they were painted on; None without such."""
    scene = drawing.plus if drawing.plus.outlines else drawing.scene
    if not metafile_outlines.may_be_letters(scene, has_text):
        return Sight(), None
    image = metafile_outlines.painted(scene)
    if image is None:
        return Sight(gaps=(Gap(GapReason.TOO_LARGE, "图形", _TOO_MANY),)), _page(drawing, PageReading.UNREAD)
    kind = BlockKind.IMAGE if options.is_part else BlockKind.PARAGRAPH
    sight = read_picture(image, Placing(1, "图形", kind=kind, has_marks=True), options)
    how = PageReading.OCR if sight.pieces else PageReading.BLANK if sight.was_read else PageReading.UNREAD
    if has_text:
        # these boxes belong to another frame than those of the text
        sight = replace(sight, pieces=tuple(replace(piece, runs=()) for piece in sight.pieces))
    return sight, Page(1, float(image.width), float(image.height), "px", how)


def _page(drawing: _Drawing, how: PageReading) -> Page:
    return Page(1, max(drawing.width, 1.0), max(drawing.height, 1.0), "px", how)
