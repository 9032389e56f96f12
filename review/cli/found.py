"""Which files a path on the command line means, and what in a folder is not read: nothing there is passed over in silence."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from review.errors import UsageError

STANDARD_INPUT = "-"

_LINK = "这是链接，没有跟随它，指向的内容未检查。请直接提交它指向的文件或文件夹。"
_SPECIAL = "这不是普通文件（管道、设备等），未打开、未检查。请把内容另存为普通文件后提交。"
_FOLDER = "文件夹打不开，里面的文件都未检查。请检查读取权限。"
_FILE = "文件打不开，未检查。请检查读取权限和磁盘。"


@dataclass(frozen=True, slots=True)
class Found:
    """One file to be checked, or with ``refusal`` (plain Chinese) what was not opened and why."""

    path: str = field(repr=False)
    refusal: str = ""

    @property
    def shown(self) -> str:
        """The path as its maker wrote it: names that are not UTF-8 are GB18030 on old disks."""
        return os.sep.join(map(_readable, self.path.split(os.sep)))


def find(paths: Sequence[str]) -> list[Found]:
    """Every file named, and everything found below a folder, in a stable order; UsageError for what does not exist."""
    found: list[Found] = []
    for path in paths:
        if path == STANDARD_INPUT:
            found.append(Found(path))
        elif Path(path).is_dir():
            found += sorted(_below(path), key=lambda item: item.path)
        elif Path(path).exists():
            found.append(Found(path, "" if Path(path).is_file() else _SPECIAL))
        else:
            raise UsageError(f"找不到文件或文件夹：{Found(path).shown}", "请检查路径是否写对。")
    if not found:
        raise UsageError("所给文件夹里没有文件。", "请指定包含文稿的文件夹。")
    return found


def _below(folder: str) -> Iterator[Found]:
    """Everything below a folder. No link is followed: it may lead outside, or round in a circle."""
    unread: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=unread.append, followlinks=False):
        for name in files:
            path = os.path.join(place, name)
            yield Found(path, _why_not(path))
        for name in folders:
            path = os.path.join(place, name)
            if os.path.islink(path):
                yield Found(path, _LINK)
    for error in unread:
        yield Found(os.fspath(error.filename) if error.filename else folder, _FOLDER)


def _why_not(path: str) -> str:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return _FILE
    if stat.S_ISLNK(mode):
        return _LINK
    return "" if stat.S_ISREG(mode) else _SPECIAL


def read(path: str, limit: int) -> bytes:
    """The first ``limit`` bytes of a file; OSError, also where it has meanwhile become a pipe or a device."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError
        return file.read(limit)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _readable(name: str) -> str:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name).decode("gb18030", "replace")
    return name
