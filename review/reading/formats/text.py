"""Plain text (txt, csv, md): every line one block; ``Document.text`` is exactly the decoded file with ``\\n`` line ends."""

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats.charset import decode
from review.types import Gap, GapReason

#: So many first lines with text stand where a mark would stand.
TOP_LINES = 15

_ENCODING_GAP = "文字编码不明或混用了几种编码，可能漏读或错读。请核对文字，另存为 UTF-8 后重新提交。"


def extract(data: bytes, options: Options) -> Reading:
    """The lines of the file, numbered as a person counts them; a Gap ENCODING where bytes fit no character set."""
    text, is_whole = decode(data)
    pieces = lines(text)
    gaps = () if is_whole else (Gap(GapReason.ENCODING, "", _ENCODING_GAP),)
    return Reading(pieces, gaps=gaps)


def lines(text: str) -> tuple[Piece, ...]:
    """One piece per line that is not empty; the empty lines after it travel with it, so that joining gives the text back."""
    pieces: list[Piece] = []
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = 0
    top = 0
    while start < len(rows):
        # rows[start] opens a piece; following empty rows (and leading ones, at the very start) belong to it
        end = start + 1
        if start == 0:
            while end < len(rows) and not rows[end - 1]:
                end += 1
        while end < len(rows) and not rows[end]:
            end += 1
        body = "\n".join(rows[start:end])
        if body:
            has_text = bool(body.strip())
            number = start + 1 + len(body) - len(body.lstrip("\n"))
            pieces.append(Piece(body, locator=f"第{number}行", top_of_first_page=has_text and top < TOP_LINES))
            top += has_text
        start = end
    return tuple(pieces)
