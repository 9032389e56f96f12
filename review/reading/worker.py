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
import struct
import sys
import time
from pathlib import Path
from typing import BinaryIO

from review.reading import nesting, wire
from review.reading.extraction import Allowance, Options, Unreadable
from review.types import GapReason

#: OCR and other slow extras stop here, so that what was read before is still sent.
_SHARE_OF_TIME = 0.75
#: Landlock (linux/landlock.h): the calls, every right of ABI 1, the rights to run, read and list.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_ALL = (1 << 13) - 1
_LANDLOCK_READ_FILE, _LANDLOCK_READ = 0b100, 0b1101
_READABLE = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev/null", "/dev/urandom", "/dev/random", "/opt")
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
    _lock_files(libc)
    # an empty network: no interface but a dead loopback. Root may do it directly, others inside a user namespace.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _lock_files(libc: ctypes.CDLL) -> None:
    """No file may be written any more, and only programs and fonts may be read (Landlock, Linux ≥ 5.13; else left out).

    A library taken over by a hostile file finds neither the database nor the keys of the installation.
    """
    attributes = ctypes.c_uint64(_LANDLOCK_ALL)
    size = ctypes.sizeof(attributes)
    rules = libc.syscall(_LANDLOCK_CREATE, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    if rules < 0:
        return
    here = Path(__file__).resolve().parents[1]
    places = {*_READABLE, sys.prefix, sys.base_prefix, *sys.path, str(here)}
    for place in filter(os.path.exists, filter(None, places)):
        if Path(place) == here.parent and (here.parent / "pyproject.toml").exists():
            continue  # a checkout may hold the installation's data; the package itself is in the list
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
        allowed = _LANDLOCK_READ if os.path.isdir(place) else _LANDLOCK_READ_FILE
        rule = struct.pack("=Qi", allowed, descriptor)
        libc.syscall(_LANDLOCK_ADD, rules, 1, ctypes.c_char_p(rule), 0)
        os.close(descriptor)
    libc.syscall(_LANDLOCK_RESTRICT, rules, 0)
    os.close(rules)


def _limit_time(seconds: float) -> None:
    """CPU time for the next file (its share on every core) and an alarm that ends this process should the parent be gone."""
    signal.setitimer(signal.ITIMER_REAL, seconds + 5)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds * max(os.cpu_count() or 1, 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
