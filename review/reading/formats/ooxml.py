"""An Office Open XML package: zip opening with guards, relationships, content that every such file has.

Nothing is unpacked to disk and nothing outside the file is followed. A part that cannot be read becomes a Gap; the rest
of the file is still read. ISO/IEC 29500-2 (packages), 29500-1 §15 (parts).
"""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from review.reading.extraction import Options, Unreadable
from review.reading.formats import xml_events, zip_regions
from review.reading.formats.xml_events import H, Handler
from review.types import Gap, GapReason

#: A part of more than so many bytes that shrank to less than one in so many is no text anyone wrote.
_BOMB_BYTES = 20 * 1024 * 1024
_BOMB_RATIO = 250
_SALVAGED_TOTAL = 256 * 1024 * 1024
_XML_BYTES = 400 * 1024 * 1024

_BROKEN = "文件的压缩结构已损坏或不完整，未能完整读取。请用原程序打开确认，另存后重新提交。"
_PART_BROKEN = "文件的这一部分已损坏，只读出了其中一部分。请用原程序打开确认，另存后重新提交。"
_BOMB = "文件展开后异常膨胀（疑似压缩炸弹），已拒绝读取。请用原程序另存后重新提交。"
_DTD = "文件的这一部分含有 DTD 或实体声明（正常的办公文档没有），已拒绝读取。请用原程序另存后重新提交。"
_LARGE = "文件的这一部分过大，未检查。请拆分文件后重新提交。"
_FOLDER = "文件内部有名为文件夹却带有内容的部分，未检查。请用原程序另存后重新提交。"
_TWICE = "压缩包内有同名的部分，只有一个会显示，可能有内容未检查。请用原程序另存后重新提交。"


@dataclass(frozen=True, slots=True)
class Relationship:
    """One arrow of a part: its kind (last word of the type URI), its target part, or an outside target."""

    id: str
    kind: str
    target: str = field(repr=False)
    is_external: bool = False


class Package:
    """The parts of one OOXML file, by name without a leading slash; collects the Gaps met on the way."""

    def __init__(self, data: bytes, options: Options) -> None:
        """Unreadable when the zip cannot be opened or is a bomb as a whole."""
        self.gaps: list[Gap] = []
        self.seen: set[str] = set()  # parts that were read, in lower case
        self.limits = options.limits
        self._options = options
        self._relations: dict[str, dict[str, Relationship]] = {}
        self._zip = self._open(data)
        entries = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(entries) > options.limits.entries:
            raise Unreadable(GapReason.DANGEROUS, "文件内部的部分多得异常，已拒绝读取。请用原程序另存后重新提交。")
        if any(info.flag_bits & 1 for info in entries):
            raise Unreadable(GapReason.ENCRYPTED, "文件设有密码，无法检查。请去掉密码另存后重新提交。")
        if any(info.is_dir() and info.file_size for info in self._zip.infolist()):
            self.gaps.append(Gap(GapReason.DANGEROUS, "", _FOLDER))
        self.unlisted = zip_regions.unlisted(self._source, self._zip)  # bytes that belong to no part
        if self.unlisted:
            self.gaps.append(Gap(GapReason.DANGEROUS, "", zip_regions.WARNING))
        self._left = options.limits.expanded_bytes
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for info in entries:
            name = info.filename.replace("\\", "/").lstrip("/")
            if name.lower() in self._entries:
                self.gaps.append(Gap(GapReason.DANGEROUS, _label(name), _TWICE))
            self._entries[name.lower()] = info
        self.names = tuple(info.filename.replace("\\", "/").lstrip("/") for info in entries)

    def _open(self, data: bytes) -> zipfile.ZipFile:
        """The zip; one without its directory (cut off, damaged) is put together again from what is whole in it."""
        self._source = data
        try:
            return zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, struct.error):
            rest = zip_regions.salvage(
                data, self._options.limits.entries, min(_SALVAGED_TOTAL, self._options.limits.expanded_bytes)
            )
        if rest is None:
            raise Unreadable(GapReason.CORRUPT, _BROKEN)
        self.gaps.append(Gap(GapReason.CORRUPT, "", _BROKEN))
        self._source = rest
        return zipfile.ZipFile(io.BytesIO(rest))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def read(self, name: str, limit: int = _XML_BYTES) -> bytes | None:
        """The bytes of one part; None (and a Gap) when they cannot be read, None without one when there is no such part."""
        info = self._entries.get(name.lower())
        if info is None:
            return None
        self.seen.add(name.lower())
        is_bomb = info.file_size > _BOMB_BYTES and info.file_size > info.compress_size * _BOMB_RATIO
        if is_bomb or info.file_size > self._left:
            self._gap(GapReason.DANGEROUS, name, _BOMB)
            return None
        if info.file_size > limit:
            self._gap(GapReason.TOO_LARGE, name, _LARGE)
            return None
        self._left -= info.file_size
        try:
            with self._zip.open(info) as stream:
                return stream.read()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, struct.error):
            return self._read_what_is_left(info, name)

    def _read_what_is_left(self, info: zipfile.ZipInfo, name: str) -> bytes | None:
        """What can be inflated before the damage; always with a Gap."""
        self._gap(GapReason.CORRUPT, name, _PART_BROKEN)
        found = bytearray()
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(4096):
                    found += chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, struct.error):
            return bytes(found) or None
        return bytes(found)

    def walk(self, name: str, make: Callable[[], H]) -> H | None:
        """The handler after the XML of one part; None when there is no such part. What cannot be read becomes a Gap."""
        data = self.read(name)
        return None if data is None else self.walk_bytes(data, name, make)

    def walk_bytes(self, data: bytes, name: str, make: Callable[[], H]) -> H | None:
        """As ``walk``, for bytes already read."""
        try:
            handler, is_whole = xml_events.walk(data, make, self._options.limits.characters)
        except xml_events.ForbiddenXml:
            self._gap(GapReason.DANGEROUS, name, _DTD)
            return None
        except xml_events.TooMuchText:
            self._gap(GapReason.TOO_LARGE, name, _LARGE)
            return None
        if not is_whole:
            self._gap(GapReason.CORRUPT, name, _PART_BROKEN)
        return handler

    def relationships(self, part: str) -> dict[str, Relationship]:
        """The arrows that leave ``part`` ("" = the package), by id."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            table = posixpath.join(folder, "_rels", f"{name}.rels")
            found = self.walk(table, lambda: _Relationships(folder)) if table in self else None
            self._relations[part] = found.found if found else {}
        return self._relations[part]

    def targets(self, part: str, kind: str) -> list[str]:
        """The parts ``part`` points at with arrows of this kind, in file order, without repetition."""
        found = (r.target for r in self.relationships(part).values() if r.kind == kind and not r.is_external)
        return list(dict.fromkeys(found))

    def main_part(self, fallback: str) -> str:
        """The name of the main document part."""
        return next((t for t in self.targets("", "officeDocument") if t in self), fallback)

    def lose(self, reason: GapReason, name: str, detail: str) -> None:
        """Say once that a part was not read."""
        self._gap(reason, name, detail)

    def _gap(self, reason: GapReason, name: str, detail: str) -> None:
        gap = Gap(reason, _label(name), detail)
        if gap not in self.gaps:
            self.gaps.append(gap)


class _Relationships(Handler):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self.found: dict[str, Relationship] = {}
        self._folder = folder
        self.starts = {"rel:Relationship": self._relationship}

    def _relationship(self, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "")
        is_external = attributes.get("TargetMode") == "External"
        if not is_external:
            path = unquote(target.replace("\\", "/").split("#")[0])
            target = posixpath.normpath(posixpath.join("/", self._folder, path)).lstrip("/")
        kind = attributes.get("Type", "").rpartition("/")[2]
        relation = Relationship(attributes.get("Id", ""), kind, target, is_external)
        self.found[relation.id] = relation


def _label(name: str) -> str:
    return f"部分 {name[:200]}"
