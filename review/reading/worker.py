"""The sandboxed child: ``python -m review.reading.worker``. Reads one file after another from a pipe; the only importer of formats.

It gives up its rights before it sees a byte of a file: memory, file size (nothing may be written), core dumps, network.
It keeps no file: everything stands in memory, and the parent ends it at the wall-clock limit.
"""

import ctypes
import gc
import importlib
import os
import resource
import signal
import sys
import time
from typing import BinaryIO

from review.reading import nesting, wire
from review.reading.extraction import Allowance, Options, Unreadable
from review.types import GapReason

#: OCR and other slow extras stop here, so that what was read before is still sent.
_SHARE_OF_TIME = 0.75
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38


def main() -> int:
    """Serve requests until the parent closes the pipe; 3 after a request that used up the memory."""
    memory = int(sys.argv[1])
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # whatever a library prints must not reach the pipe that carries documents
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _give_up_rights(memory)
    gc.freeze()
    _send(sink, wire.Frame.READY, b"")
    while head := source.read(wire.REQUEST.size):
        header_size, size = wire.REQUEST.unpack(head)
        fields, limits = wire.decode_header(source.read(header_size))
        data = source.read(size)
        _limit_time(limits.seconds)
        allowance = Allowance(limits.ocr_pages, time.monotonic() + _SHARE_OF_TIME * limits.seconds)
        options = Options(limits, fields["ocr"], fields["name"], allowance=allowance, progress=_Progress(sink))
        try:
            frame, payload = _serve(data, fields, options)
        except MemoryError:
            # the parent knows this exit code; this process cannot be trusted to go on
            return 3
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(sink, frame, payload)
        del data, payload, options
        gc.collect()
    return 0


def _serve(data: bytes, fields: dict, options: Options) -> tuple[wire.Frame, bytes]:
    if fields["command"] == "render":
        rendering = importlib.import_module("review.reading.render")
        try:
            return wire.Frame.IMAGE, rendering.render(data, fields["page"], fields["scale"], options)
        except Unreadable as error:
            return wire.Frame.REFUSED, wire.encode_refusal(error.reason, error.detail)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - any failure of a library on a hostile page is a page that is not shown
            return wire.Frame.REFUSED, wire.encode_refusal(
                GapReason.CORRUPT, "这一页无法显示，请用原程序打开文件查看。"
            )
    return wire.Frame.DOCUMENT, wire.encode_document(nesting.read_document(data, options))


class _Progress:
    """Sends (done, total) to the parent."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def __call__(self, done: int, total: int) -> None:
        _send(self._sink, wire.Frame.PROGRESS, f"[{int(done)},{int(total)}]".encode())


def _send(sink: BinaryIO, frame: wire.Frame, payload: bytes) -> None:
    sink.write(wire.HEAD.pack(frame.value.encode(), len(payload)))
    sink.write(payload)
    sink.flush()


def _give_up_rights(memory: int) -> None:
    """Limits that hold for everything this process will ever read. What the system does not know is left out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # an empty network: no interface but a dead loopback. Root may do it directly, others inside a user namespace.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _limit_time(seconds: float) -> None:
    """CPU time for the next file (its share on every core) and an alarm that ends this process should the parent be gone."""
    signal.setitimer(signal.ITIMER_REAL, seconds + 5)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds * max(os.cpu_count() or 1, 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
