"""What crosses the pipe: a Document comes back as it was, anything else is a WireError and nothing worse."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading import wire
from review.reading.assembly import Embedded, PartReading, Piece, PieceRun, Reading, assemble
from review.types import BBox, BlockKind, Cell, Document, Gap, GapReason, Limits, Page, PageReading, Sheet

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
LABELS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
NUMBERS = st.floats(-1e6, 1e6)
BOXES = st.builds(BBox, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
CELLS = st.builds(
    Cell, st.integers(0, 9), st.integers(0, 99), st.integers(0, 99), st.integers(1, 3), st.integers(1, 3), LABELS
)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    text = draw(TEXTS)
    runs = []
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text) - 1))
        runs.append(PieceRun(start, draw(st.integers(start + 1, len(text))), draw(st.integers(1, 9)), draw(BOXES)))
    return Piece(
        text,
        draw(st.sampled_from(BlockKind)),
        draw(LABELS),
        draw(st.none() | st.integers(1, 99)),
        tuple(runs),
        draw(st.none() | st.floats(0, 1)),
        draw(LABELS),
        draw(st.none() | CELLS),
        draw(st.booleans()),
    )


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    return Reading(
        tuple(draw(st.lists(pieces(), max_size=4))),
        tuple(
            draw(
                st.lists(
                    st.builds(
                        Page,
                        st.integers(1, 99),
                        NUMBERS,
                        NUMBERS,
                        st.sampled_from(["pt", "px"]),
                        st.sampled_from(PageReading),
                    ),
                    max_size=2,
                )
            )
        ),
        tuple(
            draw(
                st.lists(
                    st.builds(
                        Sheet,
                        LABELS,
                        st.sampled_from(["visible", "hidden", "veryHidden"]),
                        st.integers(0, 9),
                        st.integers(0, 9),
                    ),
                    max_size=2,
                )
            )
        ),
        tuple(draw(st.lists(st.builds(Gap, st.sampled_from(GapReason), LABELS, LABELS), max_size=2))),
        (),
        tuple(draw(st.lists(LABELS, max_size=2))),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    data = draw(st.binary(max_size=20))
    parts = [
        PartReading(draw(LABELS), "txt", "ab" * 32, draw(st.integers(0, 99)), draw(readings()), None if i == 0 else 0)
        for i in range(draw(st.integers(0, 2)))
    ]
    return assemble(data, draw(LABELS), "docx", draw(readings()), parts)


@given(documents())
@settings(max_examples=120, deadline=None)
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    payload = wire.encode_document(document)
    assert wire.decode_document(payload, document.sha256, document.name, document.size) == document


@given(documents())
@settings(max_examples=80, deadline=None)
def test_offsets_point_at_what_they_say(document: Document) -> None:
    joined = "\n".join(document.text[b.span.start : b.span.end] for b in document.blocks)
    assert joined == document.text
    for block in document.blocks:
        for run in block.runs:
            assert block.span.start <= run.span.start < run.span.end <= block.span.end


def test_lone_surrogates_become_one_question_mark_each() -> None:
    document = assemble(b"", "x", "txt", Reading((Piece("甲\ud800乙"),)))
    payload = wire.encode_document(document)
    assert wire.decode_document(payload, document.sha256, "x", 0).text == "甲?乙"


def test_a_name_without_end_is_cut_and_the_file_is_kept() -> None:
    reading = Reading((Piece("甲", locator="表" * 100_000),), gaps=(Gap(GapReason.CORRUPT, "页" * 100_000),))
    document = assemble(b"", "x", "txt", reading)
    back = wire.decode_document(wire.encode_document(document), document.sha256, "x", 0)
    assert back.text == "甲" and len(back.blocks[0].locator) == wire.MAX_LABEL


def good() -> dict:
    piece = Piece("甲乙", runs=(PieceRun(0, 1, 1, BBox(0, 0, 1, 1)),), cell=Cell(0, 0, 0), ocr_confidence=0.5)
    part = PartReading("附件", "txt", "ab" * 32, 3, Reading((Piece("丙"),)))
    reading = Reading((piece,), (Page(1, 1.0, 1.0),), (Sheet("表", "visible", 1, 1),), (Gap(GapReason.CORRUPT, ""),))
    return json.loads(wire.encode_document(assemble(b"x", "x", "docx", reading, [part])))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def paths(value: object, prefix: tuple = ()) -> list[tuple]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [prefix, *(path for key in keys for path in paths(value[key], (*prefix, key)))]  # type: ignore[index]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_hostile_payload_is_a_valid_document_or_a_wire_error(data: st.DataObject) -> None:
    value = good()
    path = data.draw(st.sampled_from([p for p in paths(value) if p]))
    target = value
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = data.draw(JSON | st.sampled_from([-1, 10**400, 1e308, "\ud800", "x" * 10_000]))
    try:
        document = wire.decode_document(json.dumps(value).encode(), "0" * 64, "x", 1)
    except wire.WireError:
        return
    spans = [block.span for block in document.blocks]
    assert "\n".join(document.text[s.start : s.end] for s in spans) == document.text
    assert all(b.part is None or b.part < len(document.parts) for b in document.blocks)


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 200_000, b'{"text": 1e999}', b"9" * 10_000, b'"\\ud800"'],
)
def test_what_is_no_document_is_a_wire_error(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode_document(payload, "0" * 64, "x", 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("blocks", 0, 0), 1),
        (("blocks", 0, 1), 99),
        (("blocks", 1, 0), 2),
        (("blocks", 0, 2), "no kind"),
        (("blocks", 0, 5), 1.5),
        (("blocks", 0, 7, 0), -1),
        (("blocks", 0, 8), 5),
        (("blocks", 0, 10, 0, 1), 77),
        (("blocks", 0, 10, 0, 3), float("nan")),
        (("pages", 0, 1), float("inf")),
        (("pages", 0, 3), "mm"),
        (("sheets", 0, 1), "visible?"),
        (("gaps", 0, 0), "no reason"),
        (("parts", 0, 2), "A" * 64),
        (("parts", 0, 4), [0, 99]),
        (("parts", 0, 5), 0),
        (("text",), "甲乙\n丙丁"),
        (("format",), "x" * 41),
    ],
)
def test_each_field_is_checked(path: tuple, value: object) -> None:
    row = good()
    target = row
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(wire.WireError):
        wire.decode_document(json.dumps(row).encode(), "0" * 64, "x", 1)


def test_a_request_is_read_back_with_its_limits() -> None:
    request = wire.encode_request("render", "图.pdf", Limits(pages=7), 12, page=3, scale=1.5, ocr="off")
    header, size = wire.REQUEST.unpack(request[: wire.REQUEST.size])
    fields, limits = wire.decode_header(request[wire.REQUEST.size :])
    assert (size, header) == (12, len(request) - wire.REQUEST.size)
    assert limits == Limits(pages=7)
    assert fields == {"command": "render", "name": "图.pdf", "page": 3, "scale": 1.5, "ocr": "off"}


def test_embedded_bytes_never_travel() -> None:
    reading = Reading((Piece("甲"),), embedded=(Embedded("秘.txt", b"SECRET"),))
    assert b"SECRET" not in wire.encode_document(assemble(b"", "x", "txt", reading))
