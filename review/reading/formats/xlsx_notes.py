"""What stands beside the cells of a workbook: comments, threads, old drawings, pivot and link caches, connections."""

from review.reading.assembly import Piece
from review.reading.formats.xml_events import Handler, number
from review.types import BlockKind

PIVOT = "数据透视表缓存（表中可能已删除）"
LINKED = "外部工作簿缓存"


class Comments(Handler):
    """Cell comments with their authors (ISO/IEC 29500-1 §18.7)."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self._authors: list[str] = []
        self._parts: list[str] = []
        self._address = self._author = ""
        self.skips = frozenset({"x:rPh", "x:phoneticPr"})
        self.starts = {"x:author": self._open_author, "x:comment": self._open, "x:t": self._collect}
        self.ends = {"x:author": self._close_author, "x:comment": self._close, "x:t": self._stop}

    def _open_author(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _close_author(self) -> None:
        author = "".join(self.text or ())
        self.text = None
        self._authors.append(author)
        if author.strip() and not author.startswith("tc={"):
            self.pieces.append(Piece(author, BlockKind.PROPERTY, f"{self._where} 批注的作者"))

    def _open(self, attributes: dict[str, str]) -> None:
        index = number(attributes.get("authorId"), -1)
        self._author = self._authors[index] if 0 <= index < len(self._authors) else ""
        self._address = attributes.get("ref", "")[:40]
        self._parts = []

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = self._parts

    def _stop(self) -> None:
        self.text = None

    def _close(self) -> None:
        by = f"（{self._author[:60]}）" if self._author.strip() and not self._author.startswith("tc={") else ""
        where = f"{self._where} {self._address} 批注{by}"
        self.pieces.append(Piece("".join(self._parts), BlockKind.COMMENT, where))


class Threads(Handler):
    """Threaded comments, whose authors stand in their own part."""

    def __init__(self, where: str, people: dict[str, str]) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._where = where
        self._people = people
        self._label = ""
        self.starts = {"tc:threadedComment": self._open, "tc:text": self._collect}
        self.ends = {"tc:text": self._close}

    def _open(self, attributes: dict[str, str]) -> None:
        author = self._people.get(attributes.get("personId", ""), "")
        by = f"（{author[:60]}）" if author.strip() else ""
        self._label = f"{self._where} {attributes.get('ref', '')[:40]} 会话批注{by}"

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _close(self) -> None:
        self.pieces.append(Piece("".join(self.text or ()), BlockKind.COMMENT, self._label))
        self.text = None


class People(Handler):
    """``persons/person.xml``: display names by id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.starts = {"tc:person": self._person}

    def _person(self, attributes: dict[str, str]) -> None:
        if attributes.get("displayName", "").strip():
            self.found[attributes.get("id", "")] = attributes["displayName"]


class Caches(Handler):
    """``pivotCacheDefinition``: the distinct values of every field, also of rows that were deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._name = ""
        self._values: list[str] = []
        self.starts = {
            "x:pivotCacheDefinition": self._by,
            "x:cacheField": self._open,
            **{f"x:{tag}": self._value for tag in "snd"},
        }
        self.ends = {"x:cacheField": self._close}

    def _by(self, attributes: dict[str, str]) -> None:
        if attributes.get("refreshedBy", "").strip():
            self.pieces.append(Piece(attributes["refreshedBy"], BlockKind.PROPERTY, "数据透视表的刷新者"))

    def _open(self, attributes: dict[str, str]) -> None:
        self._name = attributes.get("name", "")
        self._values = []

    def _value(self, attributes: dict[str, str]) -> None:
        if attributes.get("v", "").strip():
            self._values.append(attributes["v"])

    def _close(self) -> None:
        text = "\n".join(filter(str.strip, [self._name, *self._values]))
        if text:
            self.pieces.append(Piece(text, BlockKind.OTHER, "数据透视表缓存", concealed=PIVOT))


class Records(Handler):
    """``pivotCacheRecords``: the source rows of a pivot table."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._values: list[str] = []
        self.starts = {"x:r": self._open, **{f"x:{tag}": self._value for tag in "snd"}}
        self.ends = {"x:r": self._close}

    def _open(self, attributes: dict[str, str]) -> None:
        self._values = []

    def _value(self, attributes: dict[str, str]) -> None:
        self._values.append(attributes.get("v", ""))

    def _close(self) -> None:
        text = "\t".join(self._values)
        if text.strip():
            where = f"数据透视表缓存 第{len(self.pieces) + 1}条"
            self.pieces.append(Piece(text, BlockKind.OTHER, where, concealed=PIVOT))


class External(Handler):
    """``externalLink``: sheet names, names and last seen values of another workbook."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._values: list[str] = []
        self.starts = {
            "x:sheetName": lambda a: self._say(a.get("val", ""), "工作表名称"),
            "x:definedName": lambda a: self._say(a.get("name", ""), "定义的名称"),
            "x:row": self._open,
            "x:v": self._collect,
        }
        self.ends = {"x:row": self._close, "x:v": self._take}

    def _say(self, text: str, what: str) -> None:
        if text.strip():
            self.pieces.append(Piece(text, BlockKind.OTHER, f"{LINKED} {what}", concealed=LINKED))

    def _open(self, attributes: dict[str, str]) -> None:
        self._values = []

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = []

    def _take(self) -> None:
        self._values.append("".join(self.text or ()))
        self.text = None

    def _close(self) -> None:
        self._say("\t".join(self._values), "的值")


class Connections(Handler):
    """``connections.xml``: where the workbook gets data from."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.starts = {f"x:{name}": self._say for name in ("connection", "dbPr", "webPr", "textPr", "olapPr")}

    def _say(self, attributes: dict[str, str]) -> None:
        for key in ("name", "description", "sourceFile", "connection", "command", "url"):
            if attributes.get(key, "").strip():
                self.pieces.append(Piece(attributes[key], BlockKind.PROPERTY, "数据连接"))
