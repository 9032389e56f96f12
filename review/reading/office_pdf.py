"""An office file as a PDF, by LibreOffice where it is present: only for showing pages, never for finding text.

The program runs under limits of its own (``python -m review.reading.office_pdf`` gives up rights, then becomes soffice),
without network, with its own profile in a private folder in memory that is removed with everything in it. It exits with 0
on files it could not open, so only an output that exists and is not empty counts. unoserver is not used: it dies on .xls.
"""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from review.reading.extraction import Unreadable
from review.types import GapReason

#: Formats that LibreOffice draws as a person would see them.
OFFICE = frozenset({"docx", "doc", "xlsx", "xls", "pptx", "ppt", "rtf"})
_MEMORY = 4 * 1024 * 1024 * 1024
_OUTPUT_BYTES = 256 * 1024 * 1024
_SHARED_MEMORY = Path("/dev/shm")
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_ABSENT = "本机没有安装 LibreOffice，办公文件不能按版面显示，请对照文字查看。"
_FAILED = "LibreOffice 没能转换这份文件，不能按版面显示，请对照文字查看，或用原程序打开。"


def convert(data: bytes, format_name: str, seconds: float = 60.0) -> bytes:
    """The PDF that LibreOffice makes of these bytes; Unreadable when it is absent, fails or takes too long."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise Unreadable(GapReason.UNSUPPORTED, _ABSENT)
    place = str(_SHARED_MEMORY) if os.access(_SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="review-", dir=place, ignore_cleanup_errors=True) as folder:
        source, output = Path(folder, f"document.{format_name}"), Path(folder, "document.pdf")
        source.write_bytes(data)
        command = [sys.executable, "-s", "-P", "-m", "review.reading.office_pdf", program, folder, source.name]
        _run(command, folder, seconds)
        if not output.is_file() or output.is_symlink() or not 0 < output.stat().st_size <= _OUTPUT_BYTES:
            raise Unreadable(GapReason.UNSUPPORTED, _FAILED)
        return output.read_bytes()


def _run(command: list[str], folder: str, seconds: float) -> None:
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": folder,
        "TMPDIR": folder,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Unreadable(GapReason.TIMEOUT, _FAILED) from None
    finally:
        # soffice leaves children of its own behind
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main() -> None:
    """Give up rights and become soffice."""
    program, folder, source = sys.argv[1:4]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT_BYTES, _OUTPUT_BYTES))
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    options = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo", profile)
    os.execv(program, [program, *options, "--convert-to", "pdf", "--outdir", folder, source])


if __name__ == "__main__":
    main()
