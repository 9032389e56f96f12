"""Presentations (pptx, pptm, ppsx, potx): slides in order, notes, comments, layouts and masters.

ISO/IEC 29500-1 §13 (parts), §19 (PresentationML).
"""

from dataclasses import replace

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import ooxml_common
from review.reading.formats.ooxml import Package
from review.reading.formats.pptx_slide import Canvas, Slide
from review.reading.formats.xml_events import Handler, number
from review.types import BlockKind, Gap, GapReason

_NO_SHOW = "文件中没有演示文稿部分，未能读取。请用 PowerPoint 或 WPS 打开确认，另存后重新提交。"
_NO_SLIDE = "演示文稿列出了这张幻灯片，文件中却没有它，未能读取。请用 PowerPoint 或 WPS 打开确认，另存后重新提交。"
_HIDDEN_SLIDE = "隐藏的幻灯片"


def extract(data: bytes, options: Options) -> Reading:
    """Every slide, note, comment, layout and master as pieces; pictures and objects as ``Embedded``."""
    package = Package(data, options)
    show = _Presentation(package, options)
    pieces = show.read()
    more, embedded = ooxml_common.everything_else(package, show.said_targets)
    return Reading(
        (*pieces, *more), gaps=tuple(package.gaps), embedded=tuple(embedded), remarks=ooxml_common.remarks(package)
    )


class _Show(Handler):
    """``presentation.xml``: the order of the slides, their size, names of sections and shows."""

    def __init__(self) -> None:
        super().__init__()
        self.slides: list[str] = []  # relationship ids
        self.width = self.height = 0
        self.pieces: list[Piece] = []
        self.starts = {
            "p:sldId": self._slide,
            "p:sldSz": self._size,
            "p:custShow": self._name,
            "p14:section": self._name,
        }

    def _slide(self, attributes: dict[str, str]) -> None:
        self.slides.append(attributes.get("r:id", ""))

    def _size(self, attributes: dict[str, str]) -> None:
        self.width, self.height = number(attributes.get("cx")), number(attributes.get("cy"))

    def _name(self, attributes: dict[str, str]) -> None:
        if attributes.get("name", "").strip():
            self.pieces.append(Piece(attributes["name"], BlockKind.NAME, "放映或节的名称"))


class _Authors(Handler):
    """Authors of comments, old and new form, by id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.starts = {"p:cmAuthor": self._author, "p188:author": self._author}

    def _author(self, attributes: dict[str, str]) -> None:
        if attributes.get("name", "").strip():
            self.found[attributes.get("id", "")] = attributes["name"]


class _Comments(Handler):
    """Comments of one slide, old and new form."""

    def __init__(self, where: str, page: int, authors: dict[str, str]) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self._page = page
        self._authors = authors
        self._label = where
        self._parts: list[str] = []
        self.starts = {
            "p:cm": self._open,
            "p188:cm": self._open,
            "p188:reply": self._open,
            "p:text": self._collect,
            "a:t": self._collect,
        }
        self.ends = {
            "p:text": self._take,
            "a:t": self._take,
            "p:cm": self._close,
            "p188:txBody": self._close,
        }

    def _open(self, attributes: dict[str, str]) -> None:
        author = self._authors.get(attributes.get("authorId", ""), "")
        self._label = f"{self._where} 批注" + (f"（{author[:60]}）" if author else "")
        self._parts = []

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = self._parts

    def _take(self) -> None:
        self.text = None

    def _close(self) -> None:
        text = "".join(self._parts)
        self._parts = []
        if text.strip():
            self.pieces.append(Piece(text, BlockKind.COMMENT, self._label, self._page))


class _Presentation:
    """The parts of one presentation in the order people see them."""

    def __init__(self, package: Package, options: Options) -> None:
        self.said_targets: set[str] = set()
        self._package = package
        self._options = options
        self._main = package.main_part("ppt/presentation.xml")
        self._tables = 0
        self._authors: dict[str, str] = {}

    def read(self) -> list[Piece]:
        package = self._package
        show = package.walk(self._main, _Show)
        if show is None:
            gap = package.gaps[0] if package.gaps else None
            raise Unreadable(gap.reason if gap else GapReason.CORRUPT, gap.detail if gap else _NO_SHOW)
        self._size = show.width, show.height
        for kind in ("commentAuthors", "authors"):
            for part in package.targets(self._main, kind):
                authors = package.walk(part, _Authors)
                self._authors |= authors.found if authors else {}
        parts = self._slide_parts(show)
        pieces: list[Piece] = []
        for index, part in enumerate(parts):
            pieces += self._slide(part, index + 1)
            self._options.progress(index + 1, len(parts))
        pieces += self._unlisted(parts)
        pieces += self._layouts(parts)
        pieces += show.pieces
        return pieces + [
            Piece(name, BlockKind.PROPERTY, "批注的作者") for name in dict.fromkeys(self._authors.values())
        ]

    def _slide_parts(self, show: _Show) -> list[str]:
        relations = self._package.relationships(self._main)
        found = []
        for index, identifier in enumerate(show.slides):
            relation = relations.get(identifier)
            if relation is not None and not relation.is_external and relation.target in self._package:
                found.append(relation.target)
            else:
                self._package.gaps.append(Gap(GapReason.CORRUPT, f"第{index + 1}张幻灯片", _NO_SLIDE))
        return found

    def _read(self, part: str, canvas: Canvas) -> Slide | None:
        relations = self._package.relationships(part)
        canvas = replace(canvas, first_table=self._tables)
        slide = self._package.walk(part, lambda: Slide(canvas, relations))
        if slide is not None:
            self._tables += slide.tables_read
            self.said_targets |= {relations[identifier].target for identifier in slide.used}
        return slide

    def _slide(self, part: str, page: int, concealed: str = "") -> list[Piece]:
        package = self._package
        where = f"第{page}张幻灯片" + ("(未列入放映)" if concealed else "")
        width, height = self._size
        slide = self._read(part, Canvas(where, None, page, concealed, width, height, is_first=page == 1))
        pieces = slide.pieces if slide else []
        for kind, what, block in (("chart", "图表", BlockKind.OTHER), ("diagramData", "SmartArt", BlockKind.TEXT_BOX)):
            for target in package.targets(part, kind):
                found = ooxml_common.drawing(package, target, f"{where} {what}", block)
                pieces += [replace(piece, page=page) for piece in found]
        if slide and slide.is_hidden:
            pieces = [replace(piece, concealed=piece.concealed or _HIDDEN_SLIDE) for piece in pieces]
        for target in package.targets(part, "notesSlide"):
            notes = self._read(target, Canvas(f"{where} 备注", BlockKind.NOTE, page, concealed))
            pieces += notes.pieces if notes else []
        for target in package.targets(part, "comments"):
            comments = package.walk(target, lambda: _Comments(where, page, self._authors))
            pieces += comments.pieces if comments else []
        return pieces

    def _unlisted(self, listed: list[str]) -> list[Piece]:
        """Slides that are in the package and in no show."""
        pieces: list[Piece] = []
        known = {part.lower() for part in listed}
        others = [n for n in self._package.names if n.lower().startswith("ppt/slides/slide") and n.endswith(".xml")]
        for part in others:
            if part.lower() not in known:
                known.add(part.lower())
                pieces += self._slide(part, len(known), "未列入放映的幻灯片")
        return pieces

    def _layouts(self, slides: list[str]) -> list[Piece]:
        """What layouts, masters and note masters show by themselves."""
        used = {layout for part in slides for layout in self._package.targets(part, "slideLayout")}
        pieces: list[Piece] = []
        for folder, what in (
            ("ppt/slidemasters/", "母版"),
            ("ppt/slidelayouts/", "版式"),
            ("ppt/notesmasters/", "备注母版"),
            ("ppt/handoutmasters/", "讲义母版"),
        ):
            names = [n for n in self._package.names if n.lower().startswith(folder) and n.lower().endswith(".xml")]
            for index, part in enumerate(names):
                is_unused = what == "版式" and part not in used or what in ("备注母版", "讲义母版")
                concealed = f"不在幻灯片上显示的{what}" if is_unused else ""
                slide = self._read(
                    part, Canvas(f"{what}{index + 1}", None, None, concealed, *self._size, is_layout=True)
                )
                pieces += slide.pieces if slide else []
        return pieces
