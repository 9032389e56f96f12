"""The parent survives whatever its child does, and the child has no rights."""

import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from review.errors import ReadingError
from review.reading import sandbox, wire
from review.reading.sandbox import Pool
from review.types import GapReason, Limits

TEXT = "关于做好春季绿化工作的通知\n联系人：王某".encode()
PREPARE = """
import os, struct, sys, time
def receive():
    size, data = struct.unpack(">IQ", sys.stdin.buffer.read(12))
    sys.stdin.buffer.read(size)
    return sys.stdin.buffer.read(data)
def send(kind, payload):
    sys.stdout.buffer.write(struct.pack(">cQ", kind, len(payload)) + payload)
    sys.stdout.buffer.flush()
receive()
"""


def misbehaving(code: str, limits: Limits | None = None) -> Pool:
    return Pool(limits or Limits(seconds=3), program=("-c", PREPARE + code))


def reasons(document) -> list[GapReason]:
    return [gap.reason for gap in document.gaps]


def test_a_text_comes_back_with_its_hash_and_name() -> None:
    document = sandbox.read(TEXT, "通知.txt")
    assert document.text == TEXT.decode()
    assert (document.name, document.format, document.size, document.gaps) == ("通知.txt", "txt", len(TEXT), ())


def test_an_empty_file_is_a_gap_without_a_child() -> None:
    assert reasons(sandbox.read(b"", "空.docx")) == [GapReason.EMPTY]


def test_a_file_over_the_limit_is_refused() -> None:
    assert reasons(sandbox.read(TEXT, "大.txt", Limits(file_bytes=10))) == [GapReason.TOO_LARGE]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os.kill(os.getpid(), 9)", GapReason.CRASH),
        ("os.abort()", GapReason.CRASH),
        ("sys.exit(3)", GapReason.MEMORY),
        ("sys.exit(0)", GapReason.CRASH),
        ("print('no frame at all'); sys.stdout.flush(); sys.exit(0)", GapReason.CRASH),
        ("send(b'Z', b'an unknown frame'); time.sleep(9)", GapReason.CRASH),
        ("send(b'D', b'{'); time.sleep(9)", GapReason.CRASH),
        ("send(b'D', b'[]'); time.sleep(9)", GapReason.CRASH),
        ("send(b'I', b'RIFF0000WEBP'); time.sleep(9)", GapReason.CRASH),
        ("sys.stdout.buffer.write(struct.pack('>cQ', b'D', 1 << 60)); sys.stdout.flush(); time.sleep(9)", "too_large"),
        ("time.sleep(60)", GapReason.TIMEOUT),
        ("while True: send(b'P', b'[1,2]')", GapReason.TIMEOUT),
        ("send(b'P', b'9' * 100000); send(b'P', b'\\xff[,]'); sys.exit(1)", GapReason.CRASH),
    ],
)
def test_a_child_that_misbehaves_is_a_gap_of_this_file(code: str, reason: str) -> None:
    start = time.monotonic()
    with misbehaving(code) as pool:
        document = pool.read(TEXT, "通知.txt", progress=lambda done, total: None)
    assert reasons(document) == [reason]
    assert document.text == ""
    assert time.monotonic() - start < 8


def test_an_answer_that_contradicts_itself_is_no_document() -> None:
    value = {
        "format": "txt",
        "text": "甲",
        "blocks": [],
        "pages": [],
        "sheets": [],
        "parts": [],
        "gaps": [],
        "remarks": [],
    }
    with misbehaving(f"send(b'D', {json.dumps(value).encode()!r}); time.sleep(9)") as pool:
        assert reasons(pool.read(TEXT, "通知.txt")) == [GapReason.CRASH]


def test_a_child_that_does_not_read_its_input_ends_at_the_time_limit() -> None:
    with Pool(Limits(seconds=1), program=("-c", "import time; time.sleep(60)")) as pool:
        assert reasons(pool.read(b"x" * 5_000_000, "大.txt")) == [GapReason.TIMEOUT]


def test_the_next_file_after_a_crash_is_read() -> None:
    with Pool(Limits(seconds=20)) as pool:
        assert pool.read(TEXT, "一.txt").text
        child = pool._idle.get()
        assert child is not None
        os.kill(child._process.pid, 9)
        child._process.wait()
        pool._idle.put(child)
        assert pool.read(TEXT, "二.txt").text == TEXT.decode()


def test_reading_can_be_cancelled() -> None:
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    start = time.monotonic()
    with misbehaving("time.sleep(60)", Limits(seconds=30)) as pool:
        assert reasons(pool.read(TEXT, "通知.txt", cancel=cancel)) == [GapReason.CANCELLED]
    assert time.monotonic() - start < 5


def test_one_child_serves_many_files() -> None:
    with Pool() as pool:
        for number in range(20):
            assert pool.read(f"第{number}号".encode(), "编号.txt").text == f"第{number}号"
        child = pool._idle.get()
        assert child is not None and child.files == 20
        pool._idle.put(child)


def test_a_pool_is_safe_across_threads() -> None:
    found: dict[int, str] = {}

    def work(pool: Pool, first: int) -> None:
        for number in range(first, first + 10):
            found[number] = pool.read(f"第{number}号文".encode(), "编号.txt").text

    with Pool(workers=2) as pool:
        threads = [threading.Thread(target=work, args=(pool, 10 * index)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: f"第{number}号文" for number in range(40)}


def test_waiting_for_a_free_child_is_not_counted_as_the_time_of_the_file() -> None:
    with Pool(Limits(seconds=4)) as pool:
        pool.read(TEXT, "一.txt")
        child = pool._idle.get()
        threading.Timer(4.5, lambda: pool._idle.put(child)).start()
        assert pool.read(TEXT, "二.txt").text == TEXT.decode()


def test_progress_reaches_the_parent() -> None:
    seen: list[tuple[int, int]] = []
    with misbehaving("send(b'R', b''); send(b'P', b'[3,10]'); sys.exit(1)") as pool:
        pool.read(TEXT, "通知.txt", progress=lambda done, total: seen.append((done, total)))
    assert (3, 10) in seen


# ------------------------------------------------------------------------------------------------- what the child may do

PROBE = """
import json, os, resource, sys
sys.argv = ["worker", "1000000000"]
from review.reading import worker
worker._give_up_rights(1_000_000_000)
result = {}
def attempt(name, act):
    try:
        act()
        result[name] = "done"
    except BaseException as error:
        result[name] = type(error).__name__
def connect():
    import socket
    socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", "9"))), 2)
attempt("write", lambda: open(FOLDER + "/new", "w").write("x"))
attempt("secret", lambda: open(FOLDER + "/secret").read())
attempt("memory", lambda: bytearray(1_500_000_000))
attempt("network", connect)
result["environment"] = sorted(os.environ)
os.write(1, json.dumps(result).encode())
"""


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    (tmp_path / "secret").write_text("密钥")
    monkeypatch.setenv("REVIEW_KEY", "installation key")
    child = sandbox._Child(Limits(), ("-c", f"FOLDER = {str(tmp_path)!r}\n" + PROBE))
    child._process.wait(20)
    os.set_blocking(child._out, True)
    answer = json.loads(os.read(child._out, 100_000))
    child.end()
    return answer


def test_the_child_inherits_no_environment(probe: dict) -> None:
    assert "REVIEW_KEY" not in probe["environment"]
    assert not any("HOME" in name or "TOKEN" in name for name in probe["environment"])


def test_the_child_writes_nothing_to_disk(probe: dict, tmp_path: Path) -> None:
    assert probe["write"] in ("PermissionError", "OSError")
    assert not (tmp_path / "new").exists() or (tmp_path / "new").stat().st_size == 0


def test_the_child_cannot_read_the_installation(probe: dict) -> None:
    if probe["secret"] == "done":
        pytest.skip("this kernel has no Landlock")
    assert probe["secret"] == "PermissionError"


def test_the_child_cannot_take_more_memory_than_allowed(probe: dict) -> None:
    assert probe["memory"] == "MemoryError"


def test_the_child_reaches_no_network(probe: dict) -> None:
    # loopback of an empty network is down: unreachable, not refused
    assert probe["network"] in ("OSError", "PermissionError")


def test_a_file_that_needs_too_much_memory_is_a_gap() -> None:
    pixels = b"BM" + b"\0" * 12 + (40).to_bytes(4, "little") + (7000).to_bytes(4, "little") * 2
    bitmap = pixels + b"\1\0\x18\0" + b"\0" * 24
    document = sandbox.read(bitmap, "图.bmp", Limits(memory_bytes=400_000_000, seconds=20))
    assert document.gaps


def test_a_page_that_cannot_be_shown_says_why() -> None:
    with Pool(Limits(seconds=20)) as pool, pytest.raises(ReadingError) as caught:
        pool.render(TEXT, "通知.txt", 1)
    assert caught.value.message_zh and caught.value.remedy_zh


def test_a_picture_that_is_none_is_not_handed_on() -> None:
    with misbehaving("send(b'I', b'<script>'); time.sleep(9)") as pool, pytest.raises(ReadingError):
        pool.render(TEXT, "通知.pdf", 1)


def test_a_child_at_work_while_the_pool_forgets_is_not_used_again() -> None:
    with Pool(Limits(seconds=20)) as pool:
        pool.read(TEXT, "通知.txt")
        generation, at_work = pool._generation, pool._idle.get()
        assert at_work is not None
        pool.forget()
        assert at_work.is_alive()
        pool._give_back(at_work, generation)
        assert not at_work.is_alive() and pool._idle.queue == [None]
        assert pool.read(TEXT, "通知.txt").text == TEXT.decode()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice")
def test_an_office_file_is_shown_by_its_pdf_and_nothing_is_left_behind() -> None:
    rich = rb"{\rtf1\ansi notice of the office\par}"
    with Pool(Limits(seconds=60)) as pool:
        made = pool.rendition(rich, "通知.rtf")
        assert "notice of the office" in pool.read(made, "通知.pdf").text
        assert pool.render(rich, "通知.rtf", 1)[8:12] == b"WEBP"
        pool.forget()
        assert pool._rendition == ("", b"")
    assert not list(Path("/dev/shm").glob("review-*"))


def test_a_file_that_no_program_shows_is_refused_with_advice() -> None:
    with Pool() as pool, pytest.raises(ReadingError) as caught:
        pool.rendition(b"PK\x03\x04", "文件.zip")
    assert caught.value.remedy_zh


def test_errors_never_hold_the_text_or_the_name() -> None:
    with misbehaving("sys.exit(1)") as pool:
        document = pool.read(TEXT, "王某的名单.txt")
    assert "王某" not in repr(document)
    assert not any("王某" in gap.detail for gap in document.gaps)


def test_a_refusal_travels_as_a_gap() -> None:
    gap = wire.decode_refusal(wire.encode_refusal(GapReason.UNSUPPORTED, "不能显示。"))
    assert (gap.reason, gap.detail) == (GapReason.UNSUPPORTED, "不能显示。")
