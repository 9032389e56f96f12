"""Windows metafiles (EMF with EMF+, WMF): their text in reading order, the bitmaps inside them, their outlines by OCR.

Word, Excel and PowerPoint keep drawings, formulas and previews of embedded objects in this form. [MS-EMF], [MS-EMFPLUS],
[MS-WMF].
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from review.reading import filetypes
from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import metafile_bitmap, metafile_emf, metafile_outlines, metafile_plus, metafile_wmf
from review.reading.formats.metafile_scene import Scene, lines, sane
from review.reading.formats.page_lines import Line, paragraphs
from review.reading.ocr_text import Placing, Sight, read_picture
from review.types import BlockKind, Gap, GapReason, Page, PageReading

_MAX_RECORDS = 1_000_000
_MAX_PICTURES = 500
_EMF_HEADER = 88
#: Frames beyond this are damage; text of a second layer is looked for inside the lines of the first below so many lines.
_FAR, _MANY_LINES, _SHORT = 100_000, 2000, 3
#: Paragraphs are looked for among so many lines at a time: the time they take grows faster than their lines.
_BATCH = 100
_BROKEN = "图形文件损坏，未能读取。请用原程序打开确认，另存为 PNG 后重新提交。"
_PARTLY = "图形文件不完整，只读出了其中一部分。请用原程序打开确认，另存为 PNG 后重新提交，或由人工查看。"
_TOO_MANY = "图形过于复杂，其余部分未检查。请将图形另存为 PNG 后提交，或由人工查看。"
_GLYPHS = "图形中有文字只存了字形编号，读不出是什么字。请将图形截图或另存为 PNG 后提交，或由人工查看。"
_LOST = "图形中有位图无法读取，未检查。请将图形截图或另存为 PNG 后提交，或由人工查看。"
_NO_WORDS = "有矢量图形中没有文字记录，只有简单线条和色块"


@dataclass(slots=True)
class _Drawing:
    """One metafile as it was played: its layers, the one to trust first, and the metafiles inside it.

    ``is_dual``: the layers draw the same, each for other programs.
    """

    layers: list[Scene]
    metafiles: list[bytes] = field(default_factory=list)
    is_dual: bool = False
    left: float = 0.0
    top: float = 0.0
    width: float = 0.0  # 0: the file does not say
    height: float = 0.0


def extract(data: bytes, options: Options) -> Reading:
    """Text, properties and pictures of one EMF or WMF; Unreadable when its header is none."""
    drawing = _emf(data) if options.format == "emf" else _wmf(data)
    pieces = _pieces(drawing, options)
    gaps: list[Gap] = []
    pictures = _pictures(drawing, options, gaps)
    gaps += _gaps(drawing)
    remarks: tuple[str, ...] = ()
    page = _page(drawing, PageReading.TEXT if pieces else PageReading.BLANK)
    sight, painted = _outlines(drawing, options, has_text=bool(pieces))
    if painted is not None and not pieces:
        page = painted
    elif not pieces and not pictures and not gaps:
        remarks = (_NO_WORDS,)
    pieces += sight.pieces
    gaps += sight.gaps
    properties = dict.fromkeys(text.strip() for scene in drawing.layers for text in scene.properties)
    pieces += [Piece(text, BlockKind.PROPERTY, "图形属性") for text in properties]
    return Reading(tuple(pieces), (page,), (), tuple(gaps), tuple(pictures), remarks)


# ------------------------------------------------------------------------------------------------------------ playing


def _emf(data: bytes) -> _Drawing:
    if len(data) < _EMF_HEADER or data[40:44] != b" EMF":
        raise Unreadable(GapReason.CORRUPT, _BROKEN)
    player = metafile_emf.Player()
    player.play(data, _MAX_RECORDS)
    left, top, right, bottom = struct.unpack_from("<4i", data, 8)
    drawing = _Drawing([player.scene])
    _frame(drawing, left, top, right, bottom)
    if player.plus:
        above = metafile_plus.Player()
        above.play(bytes(player.plus), _MAX_RECORDS)
        drawing.layers.insert(0, above.scene)
        drawing.metafiles, drawing.is_dual = above.metafiles, above.is_dual
    return drawing


def _wmf(data: bytes) -> _Drawing:
    player = metafile_wmf.Player()
    player.play(data, _MAX_RECORDS)
    enhanced = bytes(player.enhanced)
    if len(enhanced) >= _EMF_HEADER and enhanced[40:44] == b" EMF":
        # the WMF is a copy of this EMF for old programs
        drawing = _emf(enhanced)
        drawing.layers.append(player.scene)
        drawing.is_dual = True
        return drawing
    drawing = _Drawing([player.scene])
    if data.startswith(metafile_wmf.PLACEABLE) and len(data) >= 16:
        left, top, right, bottom = struct.unpack_from("<4h", data, 6)
        _frame(drawing, 0, 0, right - left, bottom - top)  # the window's origin is taken off already
    return drawing


def _frame(drawing: _Drawing, left: int, top: int, right: int, bottom: int) -> None:
    if 0 < right - left < _FAR and 0 < bottom - top < _FAR:
        drawing.left, drawing.top = sane(left), sane(top)
        drawing.width, drawing.height = float(right - left), float(bottom - top)


# --------------------------------------------------------------------------------------------------------------- text


def _pieces(drawing: _Drawing, options: Options) -> list[Piece]:
    """The text of every layer; of layers that draw the same only what those before do not say."""
    kind = BlockKind.TEXT_BOX if options.is_part else BlockKind.PARAGRAPH
    pieces: list[Piece] = []
    said: dict[str, None] = {}
    for scene in drawing.layers:
        groups = lines(replace(s, x=s.x - drawing.left, y=s.y - drawing.top) for s in scene.strings)
        everything = "".join(said) if len(said) < _MANY_LINES else ""
        for angle, group in groups.items():
            new = [line for line in group if line.text.strip() and not _is_said(_bare(line), said, everything)]
            if not new:
                continue
            drawing.width = drawing.width or max(line.bbox.x1 for line in new)
            drawing.height = drawing.height or max(line.bbox.bottom for line in new)
            for at in range(0, len(new), _BATCH):
                batch = new[at : at + _BATCH]
                found = paragraphs(batch, 1, drawing.width, drawing.height, kind, "图形文字", first=len(pieces))
                # boxes of turned text lie in its own frame
                pieces += found if angle == 0 else [replace(p, runs=(), top_of_first_page=False) for p in found]
        if drawing.is_dual:
            said |= {_bare(line): None for group in groups.values() for line in group}
    return pieces


def _bare(line: Line) -> str:
    return "".join(line.text.split())


def _is_said(bare: str, said: dict[str, None], everything: str) -> bool:
    """Whether a layer before says this line, perhaps cut into lines otherwise."""
    return bare in said or (len(bare) > _SHORT and bare in everything)


# --------------------------------------------------------------------------------------------------- pictures and gaps


def _pictures(drawing: _Drawing, options: Options, gaps: list[Gap]) -> list[Embedded]:
    """The bitmaps that may hold words, each once, and the metafiles in this one."""
    files: list[bytes] = []
    for scene in drawing.layers:
        shown, lost = metafile_bitmap.whole(scene.pictures, options.limits.image_pixels)
        scene.lost_pictures += lost
        for picture in shown:
            if picture.width and metafile_bitmap.is_small(picture.width, picture.height):
                options.allowance.small_pictures += 1
            else:
                files.append(picture.file)
    found: list[Embedded] = []
    for data in dict.fromkeys((*files, *drawing.metafiles)):
        if len(found) == _MAX_PICTURES:
            gaps.append(Gap(GapReason.TOO_LARGE, "图形", _TOO_MANY))
            break
        found.append(Embedded(f"图形内图片{len(found) + 1}.{filetypes.guess(data)}", data))
    return found


def _gaps(drawing: _Drawing) -> Iterator[Gap]:
    scenes = drawing.layers
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
    scene = next((layer for layer in drawing.layers if layer.outlines), drawing.layers[0])
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
