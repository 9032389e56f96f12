"""Archives (zip, tar, gz, bz2, xz): every file inside becomes an ``Embedded``, its path a piece of text; nothing is written to disk.

APPNOTE.TXT 6.3 (zip), POSIX.1 pax (tar), RFC 1952 (gz). Path tricks, links and bombs are refused with a Gap.
"""

import bz2
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import zip_regions
from review.reading.formats.zip_regions import salvage
from review.types import BlockKind, Gap, GapReason

#: A file of more than so many bytes that shrank to less than one in so many is no file anyone wrote.
_BOMB_BYTES = 10 * 1024 * 1024
_BOMB_RATIO = 250
_CHUNK = 1 << 20
_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075

_BROKEN = "压缩包已损坏或不完整，未能完整读取。请重新压缩后提交。"
_ENTRY_BROKEN = "压缩包内的这个文件已损坏，未能读取。请重新压缩后提交。"
_ENCRYPTED = "压缩包内的这个文件设有密码，无法检查。请去掉密码重新压缩后提交。"
_BOMB = "展开后异常膨胀（疑似压缩炸弹），已拒绝读取。请解压后逐个提交。"
_LARGE = "压缩包展开后过大，这个文件未检查。请拆分后提交。"
_MANY = "压缩包内的文件过多，其余未检查。请拆分后提交。"
_PATH = "压缩包内的路径指向压缩包之外（含“..”或绝对路径），已拒绝读取。请重新压缩后提交。"
_LINK = "压缩包内有链接文件，指向的内容不在压缩包内，未检查。请改为放入文件本身。"
_SPECIAL = "压缩包内有设备等特殊文件，已拒绝读取。请删除后重新压缩提交。"
_METHOD = "压缩包内的这个文件用了不支持的压缩方法，未检查。请用 ZIP 的普通方式（deflate）重新压缩后提交。"


def extract(data: bytes, options: Options) -> Reading:
    """The names of everything inside as pieces, the files as ``Embedded``, in the archive's order."""
    collector = _Collector(options)
    _READERS[options.format](data, collector)
    if not collector.embedded and not collector.gaps:
        collector.gap(GapReason.EMPTY, "", "压缩包里没有文件，没有可检查的内容。请确认提交的是正确的文件。")
    return Reading(
        tuple(collector.pieces),
        gaps=tuple(collector.gaps),
        embedded=tuple(collector.embedded),
        remarks=tuple(collector.remarks),
    )


class _Collector:
    """What was found of one archive and what may still be expanded."""

    def __init__(self, options: Options) -> None:
        self.pieces: list[Piece] = []
        self.embedded: list[Embedded] = []
        self.gaps: list[Gap] = []
        self.remarks: list[str] = []
        self.left = min(options.limits.expanded_bytes, options.limits.memory_bytes // 4)
        self.entries = options.limits.entries
        self.file_name = options.name
        self._names: set[str] = set()
        self._count = 0

    def gap(self, reason: GapReason, name: str, detail: str) -> None:
        """Say once what was not read."""
        found = Gap(reason, name[:200], detail)
        if found not in self.gaps:
            self.gaps.append(found)

    def is_full(self) -> bool:
        """Whether no further entry may be looked at; said in a Gap."""
        self._count += 1
        if self._count <= self.entries:
            return False
        self.gap(GapReason.TOO_LARGE, "", _MANY)
        return True

    def say_name(self, name: str, is_folder: bool) -> None:
        """The path of an entry is text like any other: names of people stand in file names."""
        what = "文件夹" if is_folder else "文件"
        self.pieces.append(Piece(name, BlockKind.ATTACHMENT, f"压缩包内{what}{self._count} 的名称"))
        if not is_folder and name in self._names:
            self.remarks.append("压缩包内有同名文件，均已读取；解压时只会留下其中一个。")
        self._names.add(name)

    def add(self, name: str, size: int, packed: int, read: Callable[[], bytes]) -> None:
        """Read one file, unless it is a bomb, too large or damaged."""
        if size > _BOMB_BYTES and size > packed * _BOMB_RATIO:
            self.gap(GapReason.DANGEROUS, name, _BOMB)
            return
        if size > self.left:
            self.gap(GapReason.TOO_LARGE, name, _LARGE)
            return
        try:
            content = read()
        except (NotImplementedError, RuntimeError):
            self.gap(GapReason.UNSUPPORTED, name, _METHOD)
            return
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError, struct.error):
            self.gap(GapReason.CORRUPT, name, _ENTRY_BROKEN)
            return
        self.left -= len(content)
        self.embedded.append(Embedded(name, content))


def is_trick(path: str) -> bool:
    """Whether a path inside an archive points outside the folder it is unpacked into."""
    path = path.replace("\\", "/")
    return path.startswith("/") or ".." in path.split("/") or path[1:2] == ":" or "\0" in path


# ---------------------------------------------------------------------------------------------------------------- zip


def _read_zip(data: bytes, found: _Collector) -> None:
    bundle, source = _open_zip(data, found)
    if bundle.comment.strip():
        found.pieces.append(Piece(_name(bundle.comment), BlockKind.PROPERTY, "压缩包的注释"))
    for info in bundle.infolist():
        if found.is_full():
            return
        _read_zip_entry(bundle, info, found)
    stretches = zip_regions.unlisted(source, bundle)
    if stretches:
        found.gap(GapReason.DANGEROUS, "", zip_regions.WARNING)
        for item in zip_regions.as_files(stretches, found.entries, found.left):
            found.left -= len(item.data)
            found.embedded.append(item)


def _open_zip(data: bytes, found: _Collector) -> tuple[zipfile.ZipFile, bytes]:
    """The archive and the bytes it is read from: one without its directory is put together again."""
    try:
        return zipfile.ZipFile(io.BytesIO(data)), data
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, struct.error, NotImplementedError):
        rest = salvage(data, found.entries, found.left)
    if rest is None:
        raise Unreadable(GapReason.CORRUPT, _BROKEN)
    found.gap(GapReason.CORRUPT, "", _BROKEN)
    return zipfile.ZipFile(io.BytesIO(rest)), rest


def _read_zip_entry(bundle: zipfile.ZipFile, info: zipfile.ZipInfo, found: _Collector) -> None:
    name = zip_name(info)
    is_folder = name.replace("\\", "/").endswith("/")
    found.say_name(name, is_folder)
    if info.comment.strip():
        found.pieces.append(Piece(_name(info.comment), BlockKind.PROPERTY, "压缩包内文件的注释"))
    if is_trick(name):
        found.gap(GapReason.DANGEROUS, name, _PATH)
    elif info.external_attr >> 16 & 0xF000 == 0xA000:
        found.gap(GapReason.DANGEROUS, name, _LINK)
    elif is_folder:
        if info.file_size:
            found.gap(GapReason.DANGEROUS, name, "压缩包内名为文件夹的条目带有内容，未检查。请重新压缩后提交。")
    elif info.flag_bits & 1:
        found.gap(GapReason.ENCRYPTED, name, _ENCRYPTED)
    else:
        found.add(name, info.file_size, info.compress_size, lambda: _read_bounded(bundle, info))


def _read_bounded(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Never more than the directory promises, whatever the packed data holds."""
    with bundle.open(info) as stream:
        return stream.read(info.file_size + 1)


def zip_name(info: zipfile.ZipInfo) -> str:
    """The entry's path as its maker meant it: the Unicode field, the UTF-8 flag, else UTF-8 or GB18030 bytes."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    return _unicode_path(info.extra, raw) or _name(raw)


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """Info-ZIP Unicode Path (APPNOTE 4.6.9), "" when there is none or it belongs to another name."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and len(field) > 5 and struct.unpack_from("<I", field, 1)[0] == zlib.crc32(raw):
            return field[5:].decode("utf-8", "replace")
        at += 4 + size
    return ""


def _name(raw: bytes) -> str:
    """A name of unknown character set; chardet guesses wrong on so few bytes, so the order is fixed."""
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("gb18030", "replace")


# --------------------------------------------------------------------------------------------------------- tar and gz


def _read_tar(data: bytes, found: _Collector) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as bundle:
            for member in bundle:
                if found.is_full():
                    return
                _read_tar_entry(bundle, member, found, len(data))
            end = bundle.offset
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError) as error:
        if not found.pieces:
            raise Unreadable(GapReason.CORRUPT, _BROKEN) from error
        found.gap(GapReason.CORRUPT, "", _BROKEN)
        return
    if data[end:].strip(b"\0"):  # tarfile stops quietly at a damaged header
        found.gap(GapReason.CORRUPT, "", _BROKEN)


def _read_tar_entry(bundle: tarfile.TarFile, member: tarfile.TarInfo, found: _Collector, size: int) -> None:
    name = _name(member.name.encode("utf-8", "surrogateescape"))
    found.say_name(name, member.isdir())
    if is_trick(name):
        found.gap(GapReason.DANGEROUS, name, _PATH)
    elif member.issym() or member.islnk():
        found.gap(GapReason.DANGEROUS, name, _LINK)
    elif member.isfile():
        packed = size if not member.issparse() else 0

        def read() -> bytes:
            stream = bundle.extractfile(member)
            content = stream.read() if stream else b""
            if len(content) < member.size:
                raise EOFError
            return content

        found.add(name, member.size, packed, read)
    elif not member.isdir():
        found.gap(GapReason.DANGEROUS, name, _SPECIAL)


def _read_gz(data: bytes, found: _Collector) -> None:
    name = _gz_name(data)
    if name:
        found.say_name(name, False)
    shown = name.replace("\\", "/").rpartition("/")[2] or _without_suffix(found.file_name) or "压缩的文件"
    _inflate(data, found, shown, _Gzip)


def _read_bz2(data: bytes, found: _Collector) -> None:
    _inflate(data, found, _without_suffix(found.file_name) or "压缩的文件", bz2.BZ2Decompressor)


def _read_xz(data: bytes, found: _Collector) -> None:
    limit = max(found.left, 1 << 20)
    name = _without_suffix(found.file_name) or "压缩的文件"
    _inflate(data, found, name, lambda: lzma.LZMADecompressor(memlimit=limit))


class _Gzip:
    """A gzip member with the interface of the other decompressors of the standard library."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    def decompress(self, data: bytes, size: int) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail or data, size)


def _inflate(data: bytes, found: _Collector, name: str, make: Callable[[], Any]) -> None:
    """The members of a compressed stream, one after another, within the limits."""
    content = bytearray()
    rest = data
    while rest.strip(b"\0"):
        inflater = make()
        waiting = rest
        try:
            while not inflater.eof and (waiting or not inflater.needs_input):
                content += inflater.decompress(waiting, _CHUNK)
                waiting = b""
                if len(content) > found.left or len(content) > max(_BOMB_BYTES, len(data) * _BOMB_RATIO):
                    raise Unreadable(GapReason.DANGEROUS, _BOMB)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
            found.gap(GapReason.CORRUPT, "", _BROKEN)
            break
        if not inflater.eof:
            found.gap(GapReason.CORRUPT, "", _BROKEN)
        rest = inflater.unused_data if inflater.eof else b""
    if content:
        found.embedded.append(Embedded(name, bytes(content)))


def _gz_name(data: bytes) -> str:
    """The original file name in the header (RFC 1952 2.3.1), "" when it has none."""
    if len(data) < 10 or not data[3] & 8:
        return ""
    at = 10
    if data[3] & 4 and len(data) >= 12:
        at += 2 + struct.unpack_from("<H", data, 10)[0]
    end = data.find(b"\0", at)
    return _name(data[at:end]) if end > at else ""


def _without_suffix(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    tar = {"tgz", "tbz", "tbz2", "txz"}
    return f"{stem}.tar" if suffix.lower() in tar else stem if suffix.lower() in ("gz", "bz2", "xz") else name


_READERS: dict[str, Callable[[bytes, _Collector], None]] = {
    "zip": _read_zip,
    "tar": _read_tar,
    "gz": _read_gz,
    "bz2": _read_bz2,
    "xz": _read_xz,
}
