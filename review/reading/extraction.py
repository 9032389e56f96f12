"""What a format module is given and what it may raise; imported by every file of ``formats/``."""

from dataclasses import dataclass, field

from review.types import GapReason, Limits


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: the limits, whether OCR may be used, and the file's name (a hint, never trusted)."""

    limits: Limits = field(default_factory=Limits)
    ocr: str = "auto"  # auto | off
    name: str = field(default="", repr=False)


class Unreadable(Exception):
    """This file, or this part of it, cannot be read; becomes a Gap. ``detail`` is plain Chinese without document text."""

    def __init__(self, reason: GapReason, detail: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
