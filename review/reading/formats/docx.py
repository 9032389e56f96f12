"""Word documents (docx, docm, dotx): every part that can hold text, each piece with its kind and place.

ISO/IEC 29500-1 §11 (parts), §17 (WordprocessingML). Body, headers, footers, notes, comments, glossary are stories
(``docx_story.py``); what all Office packages share is in ``ooxml_common.py``.
"""

from dataclasses import replace

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import ooxml_common
from review.reading.formats.docx_story import Story
from review.reading.formats.docx_styles import ListLabels, Styles
from review.reading.formats.docx_text import Place
from review.reading.formats.ooxml import Package
from review.reading.formats.xml_events import Handler, is_on
from review.types import BlockKind, Gap, GapReason

_NO_BODY = "文件中没有正文部分，未能读取。请用 Word 或 WPS 打开确认，另存后重新提交。"
_LOST = "文稿引用了这一部分，文件中却没有它，未能读取。请用 Word 或 WPS 打开确认，另存后重新提交。"
_NOTE_NAMES = {"footnote": "脚注", "endnote": "尾注", "comment": "批注"}
_NOTES = (("footnotes", "脚注"), ("endnotes", "尾注"))
_KINDS = {"header": (BlockKind.HEADER, "页眉"), "footer": (BlockKind.FOOTER, "页脚")}
_TYPES = {"default": "", "first": "（首页）", "even": "（偶数页）"}


def extract(data: bytes, options: Options) -> Reading:
    """Everything in the package that is text; pictures and objects inside it as ``Embedded``."""
    package = Package(data, options)
    document = _Document(package)
    pieces = document.read()
    more, embedded = ooxml_common.everything_else(package, document.said_targets, document.chunks)
    return Reading(
        (*pieces, *more),
        gaps=tuple(package.gaps),
        embedded=tuple(embedded),
        remarks=(*document.remarks, *ooxml_common.remarks(package)),
    )


class _Document:
    """The stories of one document, read in order."""

    def __init__(self, package: Package) -> None:
        self.said_targets: set[str] = set()
        self.remarks: list[str] = []
        self.chunks: list[str] = []
        self._package = package
        self._main = package.main_part("word/document.xml")
        self._tables = 0
        self._authors: dict[str, None] = {}
        self._anchors: dict[str, str] = {}
        self._opened: set[str] = set()
        self._changes = 0

    def read(self) -> list[Piece]:
        package = self._package
        data = package.read(self._main)
        if data is None:
            gap = package.gaps[0] if package.gaps else None
            raise Unreadable(gap.reason if gap else GapReason.CORRUPT, gap.detail if gap else _NO_BODY)
        self._styles = self._read_styles()
        self._settings = package.walk(self._part("settings", "settings.xml"), _Settings) or _Settings()
        body = self._story(self._main, self._body_place(data), data)
        pieces = list(body.pieces) if body else []
        pieces += self._margins(body.sections if body else [])
        for kind, name in _NOTES:
            for part in package.targets(self._main, kind):
                pieces += self._pieces(part, Place(BlockKind.NOTE, name))
        for part in package.targets(self._main, "comments"):
            pieces += self._pieces(part, Place(BlockKind.COMMENT, "批注"))
        for part in package.targets(self._main, "glossaryDocument"):
            pieces += self._pieces(part, Place(BlockKind.HIDDEN, "自动图文集", "自动图文集（不在正文中显示）"))
        self._say_lost_notes()
        pieces += self._labels()
        pieces += self._people()
        pieces += self._settings.pieces
        if self._changes:
            self.remarks.append(f"文件带有 {self._changes} 处修订痕迹，公开前应接受或拒绝全部修订。")
        return pieces

    def _part(self, kind: str, usual: str) -> str:
        return next(iter(self._package.targets(self._main, kind)), f"word/{usual}")

    def _read_styles(self) -> Styles:
        return self._package.walk(self._part("styles", "styles.xml"), Styles) or Styles()

    def _body_place(self, data: bytes) -> Place:
        rendered = b"lastRenderedPageBreak" in data
        has_breaks = rendered or b'type="page"' in data or b"pageBreakBefore" in data
        return Place(BlockKind.PARAGRAPH, has_rendered_breaks=rendered, has_breaks=has_breaks)

    def _pieces(self, part: str, place: Place) -> list[Piece]:
        story = self._story(part, place)
        return story.pieces if story else []

    def _story(self, part: str, place: Place, data: bytes | None = None) -> Story | None:
        relations = self._package.relationships(part)
        place = replace(place, first_table=self._tables)

        def make() -> Story:
            story = Story(place, self._styles, relations)
            story.anchors = dict(self._anchors)
            return story

        read = self._package
        story = read.walk(part, make) if data is None else read.walk_bytes(data, part, make)
        if story is None:
            return None
        story.finish()
        self._tables += story.tables_read
        self._authors |= story.authors
        self._opened |= story.opened
        self.chunks += story.chunks
        for where in story.lost:
            self._lose(where)
        self._anchors |= story.anchors
        self._changes += story.changes
        self.said_targets |= {relations[identifier].target for identifier in story.used}
        return story

    def _margins(self, sections: list[tuple[dict[str, str], bool]]) -> list[Piece]:
        """Headers and footers, each part once; one that no page shows says so."""
        relations = self._package.relationships(self._main)
        uses: dict[str, list[tuple[str, str, bool, bool]]] = {}
        for number, (references, has_title_page) in enumerate(sections):
            for key, identifier in references.items():
                relation = relations.get(identifier)
                what, _, which = key.partition(":")
                if relation is None:
                    self._lose(_KINDS.get(what, _KINDS["header"])[1] + _TYPES.get(which, ""))
                else:
                    is_shown = which == "default" or has_title_page if which != "even" else self._settings.has_even
                    is_first = which == "first" if has_title_page else which == "default"
                    uses.setdefault(relation.target, []).append((what, which, is_shown, is_first and number == 0))
        for relation in relations.values():
            if relation.kind in _KINDS and relation.target not in uses:
                uses[relation.target] = [(relation.kind, "default", False, False)]
        pieces: list[Piece] = []
        for part, found in uses.items():
            what, which, _, _ = found[0]
            kind, name = _KINDS.get(what, _KINDS["header"])
            concealed = "" if any(shown for _, _, shown, _ in found) else f"未启用的{name}"
            is_top = what == "header" and any(first for _, _, _, first in found)
            pieces += self._pieces(part, Place(kind, name + _TYPES.get(which, ""), concealed, is_top))
        return pieces

    def _lose(self, where: str) -> None:
        gap = Gap(GapReason.CORRUPT, where, _LOST)
        if gap not in self._package.gaps:
            self._package.gaps.append(gap)

    def _say_lost_notes(self) -> None:
        """Notes and comments the text points at and no part holds."""
        for key, where in self._anchors.items():
            if key not in self._opened:
                self._lose(f"{where} {_NOTE_NAMES[key.partition(':')[0]]}")

    def _labels(self) -> list[Piece]:
        """Words that a numbered list puts before its paragraphs: they stand on the page and in no paragraph."""
        pieces: list[Piece] = []
        for part in self._package.targets(self._main, "numbering"):
            labels = self._package.walk(part, ListLabels)
            found = labels.found if labels else {}
            pieces += [Piece(text, BlockKind.OTHER, "列表编号文字") for text in found]
        return pieces

    def _people(self) -> list[Piece]:
        """Who wrote changes and comments."""
        for part in self._package.targets(self._main, "people"):
            people = self._package.walk(part, _People)
            self._authors |= people.found if people else {}
        return [Piece(author, BlockKind.PROPERTY, "修订和批注的作者") for author in self._authors]


class _People(Handler):
    """``people.xml``: authors of comments and changes with their accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self.starts = {"w15:person": self._person, "w15:presenceInfo": self._account}

    def _person(self, attributes: dict[str, str]) -> None:
        self._add(attributes.get("w15:author", ""))

    def _account(self, attributes: dict[str, str]) -> None:
        if attributes.get("w15:providerId", "None") != "None":
            self._add(attributes.get("w15:userId", ""))

    def _add(self, text: str) -> None:
        if text.strip():
            self.found[text] = None


class _Settings(Handler):
    """``settings.xml``: whether even pages have headers, document variables, mail merge sources."""

    def __init__(self) -> None:
        super().__init__()
        self.has_even = False
        self.pieces: list[Piece] = []
        self.starts = {
            "w:evenAndOddHeaders": self._even,
            "w:docVar": self._variable,
            "w:query": lambda a: self._say(a.get("w:val", ""), "邮件合并查询"),
            "w:connectString": lambda a: self._say(a.get("w:val", ""), "邮件合并数据源"),
        }

    def _even(self, attributes: dict[str, str]) -> None:
        self.has_even = is_on(attributes)

    def _variable(self, attributes: dict[str, str]) -> None:
        self._say(attributes.get("w:name", ""), "文档变量名")
        self._say(attributes.get("w:val", ""), "文档变量")

    def _say(self, text: str, what: str) -> None:
        if text.strip():
            self.pieces.append(Piece(text, BlockKind.PROPERTY, what))
