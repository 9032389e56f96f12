"""What a format module is given and what it may raise; imported by every file of ``formats/``."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from review.types import GapReason, Limits


def _say_nothing(done: int, total: int) -> None:
    """The progress report nobody listens to."""


@dataclass(slots=True)
class Allowance:
    """What may still be spent on one file and everything inside it; shared by its parts, changed while reading.

    ``deadline`` is a value of ``time.monotonic()`` by which slow extras (OCR, earlier revisions) must stop and say so,
    so that what was read so far is not lost to the time limit. ``small_pictures`` counts what was too small to be read.
    """

    ocr_pages: int = 200
    deadline: float = float("inf")
    small_pictures: int = 0

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self.deadline


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: the limits, whether OCR may be used, and the file's name (a hint, never trusted).

    ``progress(done, total)`` may be called from a long loop (pages); it reaches the person who waits.
    """

    limits: Limits = field(default_factory=Limits)
    ocr: str = "auto"  # auto | off
    name: str = field(default="", repr=False)
    format: str = ""  # what filetypes.py says this is; a module that reads several formats looks here
    is_part: bool = False  # a file inside the file
    allowance: Allowance = field(default_factory=Allowance, repr=False, compare=False)
    progress: Callable[[int, int], None] = field(default=_say_nothing, repr=False, compare=False)


class Unreadable(Exception):
    """This file, or this part of it, cannot be read; becomes a Gap. ``detail`` is plain Chinese without document text."""

    def __init__(self, reason: GapReason, detail: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
