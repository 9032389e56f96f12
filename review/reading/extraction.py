"""What a format module is given and what it may raise; imported by every file of ``formats/``."""

from collections.abc import Callable
from dataclasses import dataclass, field

from review.types import GapReason, Limits


def _say_nothing(done: int, total: int) -> None:
    """The progress report nobody listens to."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: the limits, whether OCR may be used, and the file's name (a hint, never trusted).

    ``progress(done, total)`` may be called from a long loop (pages); it reaches the person who waits.
    """

    limits: Limits = field(default_factory=Limits)
    ocr: str = "auto"  # auto | off
    name: str = field(default="", repr=False)
    format: str = ""  # what filetypes.py says this is; a module that reads several formats looks here
    progress: Callable[[int, int], None] = field(default=_say_nothing, repr=False, compare=False)


class Unreadable(Exception):
    """This file, or this part of it, cannot be read; becomes a Gap. ``detail`` is plain Chinese without document text."""

    def __init__(self, reason: GapReason, detail: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
