"""The parent of the sandboxed child: start it, hand it bytes over a pipe, keep the limits, check what comes back.

A child that dies, hangs or sends nonsense is a Gap of that one file; the next file gets a fresh child. No temp file, no
inherited environment, no shared state. Nothing of a file is ever logged here.
"""

import fcntl
import hashlib
import os
import queue
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from review.errors import ReadingError
from review.reading import filetypes, office_pdf, wire
from review.reading.extraction import Unreadable
from review.types import Document, Gap, GapReason, Limits

_ROOT = Path(__file__).resolve().parents[2]
_CHUNK = 1 << 20
#: A child is replaced after so many files, or when it holds so much memory between two files.
_MAX_FILES = 1000
_MAX_RESIDENT = 700 * 1024 * 1024
_TICK = 0.2
_OFFICE_SECONDS = 60.0
_EXIT_MEMORY = 3
_PROGRESS_BYTES = 48

_DETAILS = {
    GapReason.TIMEOUT: "读取超时，未能检查完。请拆分文件或由人工查看。",
    GapReason.MEMORY: "读取所需内存超过限制，未能检查。请拆分文件或由人工查看。",
    GapReason.CRASH: "读取程序在此文件上异常退出，未能检查。请用原程序另存后重新提交，或由人工查看。",
    GapReason.CANCELLED: "已取消，未检查。",
    GapReason.TOO_LARGE: "读出的内容超过限制，未能检查。请拆分文件后重新提交。",
}

Progress = Callable[[int, int], None]


def read(
    data: bytes,
    name: str,
    limits: Limits | None = None,
    ocr: str = "auto",
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Document:
    """Everything that can be read of one file, in a fresh child. Never raises for a bad file: it has Gaps.

    ``progress(done, total)`` is called from this thread; setting ``cancel`` ends the child (Gap CANCELLED).
    ReadingError when no child can be started at all.
    """
    with Pool(limits or Limits(), 1, ocr) as pool:
        return pool.read(data, name, progress, cancel)


class Unrendered(ReadingError):
    """This page cannot be shown as a picture."""


class Pool:
    """Children that are reused: 1,000 small files do not cost 1,000 starts. Safe to use from several threads."""

    def __init__(
        self,
        limits: Limits | None = None,
        workers: int = 1,
        ocr: str = "auto",
        program: Sequence[str] = ("-m", "review.reading.worker"),
    ) -> None:
        """``program``: what Python runs in the child; tests hand in children that misbehave."""
        self._program = tuple(program)
        self._limits = limits or Limits()
        self._ocr = ocr
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._rendition: tuple[str, bytes] = ("", b"")
        self._generation = 0
        self._workers = max(workers, 1)
        for _ in range(self._workers):
            self._idle.put(None)  # started when first needed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the idle children; a child still at work ends with its file."""
        self.forget()

    def forget(self) -> None:
        """Let go of everything that was read: the rendition, and every child, one still at work when its file is done.

        A child that is reused still holds text of earlier files; nothing of a stopped file may stay (domain.md §8.4).
        """
        self.forget_rendition()
        children = []
        with self._lock:
            self._generation += 1
            with suppress(queue.Empty):
                while True:
                    children.append(self._idle.get_nowait())
        for child in children:
            if child is not None:
                child.end()
            self._idle.put(None)

    def read(
        self, data: bytes, name: str, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Document:
        """As ``sandbox.read``, in a child of this pool."""
        if not data:
            return _unread(data, name, GapReason.EMPTY, "文件是空的，没有可检查的内容。请确认提交的是正确的文件。")
        if len(data) > self._limits.file_bytes:
            size = self._limits.file_bytes // (1024 * 1024)
            return _unread(data, name, GapReason.TOO_LARGE, f"文件超过 {size} MB 的上限，未检查。请拆分后重新提交。")
        header = wire.encode_request("read", name, self._limits, len(data), ocr=self._ocr)
        try:
            frame, payload = self._exchange(header, data, progress, cancel)
            if frame is not wire.Frame.DOCUMENT:
                raise _Dead(GapReason.CRASH)
            return wire.decode_document(payload, hashlib.sha256(data).hexdigest(), name, len(data))
        except _Dead as dead:
            return _unread(data, name, dead.reason, _DETAILS[dead.reason])
        except wire.WireError:
            return _unread(data, name, GapReason.CRASH, _DETAILS[GapReason.CRASH])

    def forget_rendition(self) -> None:
        """Drop the rendition that is kept for the next page."""
        with self._lock:
            self._rendition = ("", b"")

    def rendition(self, data: bytes, name: str) -> bytes:
        """A PDF that shows the file: the file itself, or what LibreOffice makes of an office file; Unrendered without one.

        Reading it again (``read``) gives the boxes for highlighting. The last one is kept in memory for the next page.
        """
        if filetypes.guess(data) == "pdf":
            return data
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if self._rendition[0] == digest:
                return self._rendition[1]
        found = filetypes.suffix_of(name)
        expected = filetypes.SUFFIXES.get(found, frozenset()) & office_pdf.OFFICE
        if not expected or filetypes.guess(data) not in ("ole", "zip", "rtf"):
            raise Unrendered("这份文件不能按版面显示。", "请对照文字查看，或用原程序打开。")
        try:
            made = office_pdf.convert(data, next(iter(expected)), min(self._limits.seconds, _OFFICE_SECONDS))
        except Unreadable as error:
            raise Unrendered("这份文件不能按版面显示。", error.detail) from None
        with self._lock:
            self._rendition = (digest, made)
        return made

    def render(self, data: bytes, name: str, page: int, scale: float = 1.0) -> bytes:
        """A picture (WebP) of one page, 1-based; Unrendered when there is none.

        Office files need LibreOffice (``rendition``); everything else is drawn in the child.
        """
        if filetypes.guess(data) in ("ole", "zip", "rtf"):
            data = self.rendition(data, name)
        if not data or len(data) > self._limits.file_bytes:
            raise Unrendered("这一页无法显示。", "文件是空的或者超过大小上限。")
        header = wire.encode_request("render", name, self._limits, len(data), ocr="off", page=page, scale=scale)
        try:
            frame, payload = self._exchange(header, data, None, None)
        except _Dead as dead:
            raise Unrendered("这一页无法显示。", _DETAILS[dead.reason]) from None
        if frame is wire.Frame.IMAGE and wire.is_webp(payload):
            return payload
        try:
            gap = wire.decode_refusal(payload)
        except wire.WireError:
            gap = Gap(GapReason.CRASH, "", _DETAILS[GapReason.CRASH])
        raise Unrendered("这一页无法显示。", gap.detail)

    def _exchange(
        self, header: bytes, data: bytes, progress: Progress | None, cancel: threading.Event | None
    ) -> tuple[wire.Frame, bytes]:
        """The child's answer; a reused child that dies is given one more try in a fresh one."""
        with self._lock:
            generation = self._generation
        child = self._wait_for_child(cancel)
        # waiting for a free child is not the fault of the file: its time starts here
        deadline = time.monotonic() + self._limits.seconds
        try:
            if child is not None and not child.is_alive():
                child.end()
                child = None
            if child is None:
                child = _Child(self._limits, self._program)
            reused = child.files > 0
            try:
                return child.exchange(header, data, deadline, progress, cancel)
            except _Dead as dead:
                if not reused or dead.reason not in (GapReason.CRASH, GapReason.MEMORY):
                    raise
                child.end()
                child = None
                child = _Child(self._limits, self._program)
                return child.exchange(header, data, deadline, progress, cancel)
        finally:
            self._give_back(child, generation)

    def _give_back(self, child: "_Child | None", generation: int) -> None:
        """To be used again, unless it is worn out or was asked to be forgotten while at work."""
        with self._lock:
            if child is None or (generation == self._generation and child.is_fit()):
                self._idle.put(child)
                return
        child.end()
        self._idle.put(None)

    def _wait_for_child(self, cancel: threading.Event | None) -> "_Child | None":
        """A child that is free (None: one may be started)."""
        while True:
            if cancel is not None and cancel.is_set():
                raise _Dead(GapReason.CANCELLED)
            try:
                return self._idle.get(timeout=None if cancel is None else _TICK)
            except queue.Empty:
                continue


class _Dead(Exception):
    """The child did not answer; ``reason`` says why."""

    def __init__(self, reason: GapReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class _Child:
    """One child process and its two pipes."""

    def __init__(self, limits: Limits, program: Sequence[str]) -> None:
        command = [sys.executable, "-s", "-P", *program, str(limits.memory_bytes)]
        self._output_bytes = limits.output_bytes
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_clean_environment(),
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise ReadingError("无法启动读取程序。", "请检查 Python 安装和系统的进程数限制。") from error
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for end in (self._in, self._out):
            os.set_blocking(end, False)
            with suppress(OSError, AttributeError):
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _CHUNK)
        self.files = 0
        self._is_spent = False
        self._ready = False

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def is_fit(self) -> bool:
        """Whether the next file may go to this child."""
        return not self._is_spent and self.files < _MAX_FILES and self.is_alive() and self._resident() < _MAX_RESIDENT

    def end(self) -> None:
        """Kill, collect, close."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def exchange(
        self,
        header: bytes,
        data: bytes,
        deadline: float,
        progress: Progress | None,
        cancel: threading.Event | None,
    ) -> tuple[wire.Frame, bytes]:
        """Send one request and return the frame that answers it; _Dead (and this child is spent) when none comes."""
        self.files += 1
        self._is_spent = True  # until the answer is complete
        outgoing = [memoryview(header), memoryview(data)]
        incoming = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._in, selectors.EVENT_WRITE)
            while True:
                if cancel is not None and cancel.is_set():
                    raise _Dead(GapReason.CANCELLED)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise _Dead(GapReason.TIMEOUT)
                for key, _ in selector.select(min(left, _TICK)):
                    if key.fd == self._in:
                        if not self._write(outgoing):
                            selector.unregister(self._in)
                    elif not self._receive(incoming):
                        raise _Dead(self._cause())
                while (frame := self._take(incoming)) is not None:
                    if frame[0] is wire.Frame.PROGRESS:
                        _tell(progress, frame[1])
                    elif frame[0] is wire.Frame.READY and not self._ready:
                        self._ready = True
                    else:
                        self._is_spent = bool(incoming or outgoing)
                        return frame

    def _write(self, outgoing: list[memoryview]) -> bool:
        """Whether more is to be sent."""
        try:
            sent = os.write(self._in, outgoing[0][:_CHUNK])
        except BlockingIOError:
            return True
        except BrokenPipeError:
            outgoing.clear()  # its exit is seen on the other pipe
            return False
        outgoing[0] = outgoing[0][sent:]
        while outgoing and not outgoing[0]:
            outgoing.pop(0)
        return bool(outgoing)

    def _receive(self, incoming: bytearray) -> bool:
        """Whether the child is still there; what came is appended."""
        try:
            chunk = os.read(self._out, _CHUNK)
        except BlockingIOError:
            return True
        incoming += chunk
        return bool(chunk)

    def _take(self, incoming: bytearray) -> tuple[wire.Frame, bytes] | None:
        """The first complete frame, removed from ``incoming``."""
        if len(incoming) < wire.HEAD.size:
            return None
        kind, size = wire.HEAD.unpack_from(incoming)
        try:
            frame = wire.Frame(kind.decode("latin-1"))
        except ValueError:
            raise _Dead(GapReason.CRASH) from None
        if size > self._output_bytes:
            raise _Dead(GapReason.TOO_LARGE)
        end = wire.HEAD.size + size
        if len(incoming) < end:
            return None
        payload = bytes(memoryview(incoming)[wire.HEAD.size : end])
        del incoming[:end]
        return frame, payload

    def _cause(self) -> GapReason:
        """Why the child closed its pipe."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(2)
            if code == _EXIT_MEMORY:
                return GapReason.MEMORY
            if code in (-signal.SIGXCPU, -signal.SIGALRM):
                return GapReason.TIMEOUT
        return GapReason.CRASH

    def _resident(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            pages = Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1]
            return int(pages) * resource.getpagesize()
        return 0


def _tell(progress: Progress | None, payload: bytes) -> None:
    done, _, total = payload[:_PROGRESS_BYTES].strip(b"[]").partition(b",")
    if progress is not None and done.isdigit() and total.isdigit():
        progress(int(done), int(total))


def _clean_environment() -> dict[str, str]:
    """Nothing of the parent's environment: it may hold the keys of the installation."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        # every thread takes address space, which is limited: numbers are crunched by the OCR engine's own few threads
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _unread(data: bytes, name: str, reason: GapReason, detail: str) -> Document:
    return Document(
        sha256=hashlib.sha256(data).hexdigest(),
        name=name,
        format=filetypes.guess(data) if data else "empty",
        size=len(data),
        text="",
        blocks=(),
        gaps=(Gap(reason, "", detail),),
    )
