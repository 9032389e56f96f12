"""What a run of a docx looks like: hidden, white, tiny or coloured like its ground (ISO/IEC 29500-1 §17.3.2, §17.7)."""

import re
from dataclasses import dataclass, field

from review.reading.formats.xml_events import Handler, is_on, number

#: Half-points; text of up to 3 pt is no text for a reader.
_TINY = 6
#: Per cent of the normal width; narrower text is a line.
_THIN = 10
_MAX_CHAIN = 25

VANISHED = "隐藏文字"
WHITE = "白色文字"
TINY = "微小字号"
SAME_COLOUR = "文字与底色相同"


@dataclass(slots=True)
class Look:
    """The properties of a run that decide whether it can be seen; None = not said here."""

    vanish: bool | None = None
    colour: str | None = None  # RRGGBB in upper case, "auto"
    size: int | None = None  # half-points
    ground: str | None = None  # RRGGBB in upper case, "auto"


@dataclass(slots=True)
class Style:
    """One style: its own look, what it is based on, its outline level."""

    look: Look = field(default_factory=Look)
    based_on: str = ""
    outline: int | None = None
    name: str = ""
    is_shaded: bool = False


class Properties(Handler):
    """The functions that fill a Look from the elements of a ``w:rPr``; a subclass says which Look is being filled."""

    def __init__(self) -> None:
        super().__init__()
        self.look: Look | None = None
        self.starts = {
            "w:vanish": self._vanish,
            "w:webHidden": self._nothing,
            "w:color": self._colour,
            "w:sz": self._size,
            "w:w": self._scale,
            "w:szCs": self._nothing,
            "w:shd": self._shading,
            "w:highlight": self._highlight,
        }

    def _nothing(self, attributes: dict[str, str]) -> None:
        """Elements that say nothing about what is seen."""

    def _vanish(self, attributes: dict[str, str]) -> None:
        if self.look:
            self.look.vanish = is_on(attributes)

    def _colour(self, attributes: dict[str, str]) -> None:
        if self.look:
            theme = attributes.get("w:themeColor", "")
            self.look.colour = "FFFFFF" if theme in ("background1", "light1") and _is_plain(attributes) else ""
            self.look.colour = self.look.colour or attributes.get("w:val", "auto").upper()

    def _size(self, attributes: dict[str, str]) -> None:
        if self.look and self.look.size != 0:  # zero: the scale said already that it cannot be read
            self.look.size = number(attributes.get("w:val"), 21)

    def _scale(self, attributes: dict[str, str]) -> None:
        if self.look and 0 < number(attributes.get("w:val", "").rstrip("%"), 100) <= _THIN:
            self.look.size = 0

    def _shading(self, attributes: dict[str, str]) -> None:
        if self.look:
            self.look.ground = shading(attributes)

    def _highlight(self, attributes: dict[str, str]) -> None:
        if self.look:
            self.look.ground = _HIGHLIGHTS.get(attributes.get("w:val", "none"), "808080")


_HIGHLIGHTS = {"none": "AUTO", "white": "FFFFFF", "black": "000000"}


def _is_plain(attributes: dict[str, str]) -> bool:
    return "w:themeShade" not in attributes and "w:themeTint" not in attributes


def shading(attributes: dict[str, str]) -> str:
    """The ground a ``w:shd`` paints: RRGGBB, or AUTO for none."""
    pattern = attributes.get("w:val", "clear")
    if pattern in ("nil",):
        return "AUTO"
    if pattern == "solid":
        return attributes.get("w:color", "000000").upper().replace("AUTO", "000000")
    if pattern != "clear":
        return "808080"
    theme = attributes.get("w:themeFill", "")
    if theme and (theme != "background1" or "w:themeFillShade" in attributes):
        return "808080"
    return attributes.get("w:fill", "auto").upper()


def is_painted(ground: str | None) -> bool:
    """Whether a ground is something else than the white of the paper."""
    return ground is not None and ground not in ("AUTO", "", "FFFFFF")


class Styles(Properties):
    """``styles.xml``: every style's look, found through its chain of bases."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Style] = {}
        self.default = Look()
        self.default_paragraph = ""
        self._style = Style()
        self._kind = ""
        self._cache: dict[tuple[str, str], Look] = {}
        self.skips = frozenset({"w:rPrChange", "w:pPrChange", "w:latentStyles"})
        self.starts |= {
            "w:rPrDefault": self._defaults,
            "w:style": self._start,
            "w:basedOn": self._based,
            "w:name": self._name,
            "w:outlineLvl": self._outline,
            "w:tcPr": self._cell,
            "w:tblStylePr": self._nothing,
        }
        self.ends = {"w:rPrDefault": self._stop, "w:style": self._stop}

    def _defaults(self, attributes: dict[str, str]) -> None:
        self.look = self.default

    def _start(self, attributes: dict[str, str]) -> None:
        identifier = attributes.get("w:styleId", "")
        self._kind = attributes.get("w:type", "")
        self._style = self.found.setdefault(identifier, Style())
        self.look = self._style.look
        if self._kind == "paragraph" and attributes.get("w:default") in ("1", "true", "on"):
            self.default_paragraph = identifier

    def _stop(self) -> None:
        self.look = None
        self._kind = ""

    def _based(self, attributes: dict[str, str]) -> None:
        self._style.based_on = attributes.get("w:val", "")

    def _name(self, attributes: dict[str, str]) -> None:
        self._style.name = attributes.get("w:val", "")

    def _outline(self, attributes: dict[str, str]) -> None:
        self._style.outline = number(attributes.get("w:val"), 9)

    def _cell(self, attributes: dict[str, str]) -> None:
        """A table style may paint its rows; which of them is the layout's business, not ours."""

    def _shading(self, attributes: dict[str, str]) -> None:
        if self._kind == "table":
            self._style.is_shaded = self._style.is_shaded or is_painted(shading(attributes))
        else:
            super()._shading(attributes)

    def chain(self, identifier: str) -> list[Style]:
        """The style and its bases, nearest first; ends at a loop."""
        found: list[Style] = []
        while identifier and len(found) < _MAX_CHAIN:
            style = self.found.get(identifier)
            if style is None or any(style is other for other in found):
                break
            found.append(style)
            identifier = style.based_on
        return found

    def look_of(self, paragraph: str, run: str) -> Look:
        """The look a run has from its styles alone."""
        key = (paragraph, run)
        look = self._cache.get(key)
        if look is None:
            looks = [s.look for s in self.chain(run)]
            looks += [s.look for s in self.chain(paragraph or self.default_paragraph)]
            look = merged([*looks, self.default])
            self._cache[key] = look
        return look

    def is_heading(self, paragraph: str) -> bool:
        """Whether a paragraph of this style is a heading of the outline."""
        for style in self.chain(paragraph):
            if style.outline is not None:
                return style.outline < 9
            if style.name.lower().startswith(("heading ", "标题")) or style.name.lower() == "title":
                return True
        return False

    def is_table_shaded(self, identifier: str) -> bool:
        """Whether a table style paints cells: white text in it is then no hidden text."""
        return any(style.is_shaded for style in self.chain(identifier))


def merged(looks: list[Look]) -> Look:
    """The first value said for each property."""

    def first(name: str) -> object:
        return next((value for look in looks if (value := getattr(look, name)) is not None), None)

    return Look(first("vanish"), first("colour"), first("size"), first("ground"))  # type: ignore[arg-type]


def reason(look: Look, is_ground_painted: bool) -> str:
    """Why a reader does not see text of this look, "" when one does."""
    if look.vanish:
        return VANISHED
    if look.size is not None and 0 <= look.size <= _TINY:
        return TINY
    colour = look.colour
    if colour is None or colour == "AUTO":
        return ""
    if is_painted(look.ground):
        return SAME_COLOUR if colour == look.ground else ""
    if not is_ground_painted and _is_white(colour):
        return WHITE
    return ""


def _is_white(colour: str) -> bool:
    try:
        value = int(colour, 16)
    except ValueError:
        return False
    return len(colour) == 6 and min(value >> 16, (value >> 8) & 255, value & 255) >= 0xF5


#: What numbering puts around its numbers: brackets, dots, bullets, "第%1章", "附件%1", "Chapter %1".
_NUMBERING_WORDS = re.compile(
    r"%\d+|(?<!\d)\d{1,3}(?!\d)|[\W_]|[\uE000-\uF8FF]|[A-Za-z]$|第|[章节条款项目篇部分卷编课讲回]|附[件录表图]?|图|表|例|注|公式|步骤|问题?|答"
    r"|Chapter|Section|Article|Figure|Table|Appendix|Step|Part|Heading|o|n|l|u|Ø|ü|v|w|q|p",
    re.IGNORECASE,
)


class ListLabels(Handler):
    """``numbering.xml``: the words of list labels (ISO/IEC 29500-1 §17.9.11) that are more than numbering, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self.starts = {"w:lvlText": self._label}

    def _label(self, attributes: dict[str, str]) -> None:
        text = attributes.get("w:val", "").strip()
        if _NUMBERING_WORDS.sub("", text):
            self.found[text] = None
