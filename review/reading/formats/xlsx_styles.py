"""Styles and shared strings of a workbook: for every cell format its code and whether its text can be seen."""

from dataclasses import dataclass
from typing import TypeVar

from review.reading.formats.number_format import BUILT_IN
from review.reading.formats.xml_events import Handler, number

WHITE = "白色文字"
SAME_COLOUR = "文字与底色相同"
TINY = "微小字号"
#: Points; smaller text is no text for a reader.
_TINY = 3.0
#: Indexed and theme colours that are white (ISO/IEC 29500-1 §18.8.27, §18.8.3).
_INDEXED = {"0": "000000", "8": "000000", "1": "FFFFFF", "9": "FFFFFF"}


@dataclass(frozen=True, slots=True)
class CellFormat:
    """The number format of a cell and why its text is not seen ("" when it is)."""

    code: str = "General"
    is_custom: bool = False
    concealed: str = ""


PLAIN = CellFormat()


class Styles(Handler):
    """``styles.xml``; ``formats`` holds one CellFormat per index that cells use."""

    def __init__(self) -> None:
        super().__init__()
        self.formats: list[CellFormat] = []
        self._codes: dict[int, str] = {}
        self._fonts: list[list[str]] = []  # [colour, size]
        self._fills: list[str] = []
        self._area = ""
        self.skips = frozenset({"x:dxfs", "x:cellStyleXfs", "x:tableStyles", "x:colors"})
        self.starts = {
            "x:numFmt": self._code,
            "x:fonts": lambda _: self._enter("fonts"),
            "x:fills": lambda _: self._enter("fills"),
            "x:borders": lambda _: self._enter(""),
            "x:cellXfs": lambda _: self._enter("formats"),
            "x:cellStyles": lambda _: self._enter(""),
            "x:font": lambda _: self._fonts.append(["", ""]),
            "x:color": self._colour,
            "x:sz": self._size,
            "x:fill": lambda _: self._fills.append(""),
            "x:patternFill": self._pattern,
            "x:fgColor": self._ground,
            "x:gradientFill": lambda _: self._set_fill("808080"),
            "x:xf": self._format,
        }

    def _enter(self, area: str) -> None:
        self._area = area

    def _code(self, attributes: dict[str, str]) -> None:
        self._codes[number(attributes.get("numFmtId"))] = attributes.get("formatCode", "General")

    def _colour(self, attributes: dict[str, str]) -> None:
        if self._area == "fonts" and self._fonts:
            self._fonts[-1][0] = _colour(attributes)

    def _size(self, attributes: dict[str, str]) -> None:
        if self._area == "fonts" and self._fonts:
            self._fonts[-1][1] = attributes.get("val", "")

    def _pattern(self, attributes: dict[str, str]) -> None:
        if attributes.get("patternType", "none") not in ("none", "solid"):
            self._set_fill("808080")
        elif attributes.get("patternType") == "solid":
            self._set_fill("solid")

    def _ground(self, attributes: dict[str, str]) -> None:
        if self._area == "fills" and self._fills and self._fills[-1] == "solid":
            self._fills[-1] = _colour(attributes) or "808080"

    def _set_fill(self, colour: str) -> None:
        if self._area == "fills" and self._fills:
            self._fills[-1] = colour

    def _format(self, attributes: dict[str, str]) -> None:
        if self._area != "formats":
            return
        identifier = number(attributes.get("numFmtId"))
        code = self._codes.get(identifier) or BUILT_IN.get(identifier, "General")
        colour, size = _at(self._fonts, attributes.get("fontId")) or ("", "")
        ground = _at(self._fills, attributes.get("fillId")) or ""
        self.formats.append(CellFormat(code, identifier in self._codes, _concealed(colour, size, ground)))


_T = TypeVar("_T")


def _at(items: list[_T], index: str | None) -> _T | None:
    position = number(index, -1)
    return items[position] if 0 <= position < len(items) else None


def _colour(attributes: dict[str, str]) -> str:
    """RRGGBB where it can be told, else a word for the theme colour, "" for automatic."""
    if "rgb" in attributes:
        return attributes["rgb"][-6:].upper()
    tint = attributes.get("tint", "0").strip("0.-")
    if "theme" in attributes:
        if attributes["theme"] == "0" and not tint:
            return "FFFFFF"
        return f"theme{attributes['theme']}{attributes.get('tint', '')}"
    index = attributes.get("indexed", "")
    return _INDEXED.get(index, f"indexed{index}") if index and index != "64" else ""


def _concealed(colour: str, size: str, ground: str) -> str:
    try:
        if size and float(size) <= _TINY:
            return TINY
    except ValueError:
        return ""
    is_painted = ground not in ("", "FFFFFF", "solid")
    if colour and is_painted and colour == ground:
        return SAME_COLOUR
    return WHITE if colour == "FFFFFF" and not is_painted else ""


class Strings(Handler):
    """``sharedStrings.xml``: the strings in order, runs joined, phonetic hints left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._used: set[int] = set()
        self._parts: list[str] = []
        self.skips = frozenset({"x:rPh", "x:phoneticPr"})
        self.starts = {"x:si": self._open, "x:t": self._collect}
        self.ends = {"x:si": self._close, "x:t": self._stop}

    def take(self, index: int) -> str | None:
        """The string a cell shows, which counts as used; None when there is no such string."""
        if not 0 <= index < len(self.found):
            return None
        self._used.add(index)
        return self.found[index]

    def left_over(self) -> list[str]:
        """What stands in the table and in no cell: programs leave the strings of deleted cells behind."""
        shown = {self.found[index] for index in self._used}
        rest = (text for index, text in enumerate(self.found) if index not in self._used and text not in shown)
        return [text for text in dict.fromkeys(rest) if text.strip()]

    def _open(self, attributes: dict[str, str]) -> None:
        self._parts = []

    def _collect(self, attributes: dict[str, str]) -> None:
        self.text = self._parts

    def _stop(self) -> None:
        self.text = None

    def _close(self) -> None:
        self.found.append("".join(self._parts))
