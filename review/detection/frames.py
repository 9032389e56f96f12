"""Content frames → filled sentences. The frames are the project's own text (``frames/*.txt``), no document of anybody.

A frame file holds families; a family is one structure on one topic, told in one voice. ``+`` lines disclose (with concrete
particulars), ``-`` lines speak of the same topic in publishable form. ``[a|b]`` is a choice, ``{人}`` a slot of ``SLOTS``::

    == INT.HR
    # 民主推荐得票 | 会议记录
    + 会议推荐[得票|赞成票]情况：{人}{n}票，{人}{n}票……
    - 民主推荐应当坚持群众公认原则，得票情况作为重要参考。
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from review.detection.slots import SLOTS
from review.errors import ModelError

FRAMES = Path(__file__).with_name("frames")

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One sentence pattern; ``discloses`` says whether it gives concrete particulars away or only speaks of the topic."""

    category: str
    family: str
    voice: str
    pattern: str
    discloses: bool

    def fill(self, random: Random) -> str:
        """A sentence with every choice made and every slot filled with something invented."""
        text = self.pattern
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda found: random.choice(found.group(1).split("|")), text)
        return _SLOT.sub(lambda found: SLOTS[found.group(1)](random), text)


def load_frames(folder: Path = FRAMES) -> tuple[Frame, ...]:
    """All frames of the folder in file order; ModelError with file and line for a line that is none."""
    return tuple(frame for path in sorted(folder.glob("*.txt")) for frame in _parse(path))


def _parse(path: Path) -> Iterator[Frame]:
    category = family = voice = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        mark, _, rest = line.partition(" ")
        rest = rest.strip()
        if not line.strip():
            continue
        if mark == "==":
            category, family = rest, ""
        elif mark == "#":
            name, _, voice = (part.strip() for part in rest.partition("|"))
            family = f"{category}/{name}"
        elif mark in ("+", "-") and family:
            unknown = {slot for slot in _SLOT.findall(rest) if slot not in SLOTS}
            if unknown:
                raise ModelError(
                    f"{path.name} 第{number}行用了没有的槽位 {'、'.join(sorted(unknown))}。",
                    "请改用 slots.py 中已有的槽位。",
                )
            yield Frame(category, family, voice, rest, mark == "+")
        else:
            raise ModelError(
                f"{path.name} 第{number}行不是框架的格式。", "每行以“== ”“# ”“+ ”或“- ”开头，句子写在“# 主题”之后。"
            )
