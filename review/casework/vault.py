"""The file store: encrypted, content-addressed, write-once files under ``REVIEW_HOME/files/ab/``.

A file's name is a keyed hash of its content: the bare SHA-256 would tell anyone who lists the folder whether a document
they know is among the drafts. Nothing here knows what a file means; the database does.
"""

import errno
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from review.casework.keys import Keys
from review.errors import StoreError

_MAGIC = b"XSV1"
_NONCE = 12
_TEMPORARY = ".tmp-"


class Vault:
    """Encrypted files by the keyed hash of their content."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.folder = folder
        self._name_key = keys.file_names
        self._cipher = AESGCM(keys.files)

    def name_of(self, data: bytes) -> str:
        """The name under which these bytes are kept: 64 hex digits."""
        return hmac.new(self._name_key, data, hashlib.sha256).hexdigest()

    def put(self, data: bytes) -> str:
        """The name of the file that now holds these bytes on disk (fsynced); StoreError when it cannot be written."""
        name = self.name_of(data)
        path = self._path(name)
        try:
            if self._holds(name, data):
                os.utime(
                    path
                )  # young again: a sweep leaves it alone until the transaction that refers to it is through
                return name
            self._write(path, data, name)
        except OSError as error:
            raise _cannot_write(error) from None
        return name

    def get(self, name: str) -> bytes:
        """The bytes of a file; StoreError when it is missing, altered or encrypted with another key."""
        try:
            blob = self._path(name).read_bytes()
        except FileNotFoundError:
            raise StoreError("文稿文件不在文件库中。", "请从备份恢复 files 目录；该事项的记录仍在。") from None
        except OSError:
            raise StoreError("文稿文件无法读取。", "请检查 files 目录的权限和磁盘状态。") from None
        data = self._decrypt(blob, name)
        if data is None:
            raise StoreError("文稿文件已损坏或被改动，不能使用。", "请从备份恢复 files 目录，并报告系统管理员。")
        return data

    def holds(self, name: str) -> bool:
        return self._path(name).is_file()

    def remove(self, name: str) -> None:
        """Overwrites and removes a file; absent is fine. Whether the disk keeps old blocks is beyond a program."""
        path = self._path(name)
        try:
            size = path.stat().st_size
            with open(path, "r+b") as file:
                file.write(b"\0" * size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise _cannot_write(error) from None

    def names(self, older_than: float = 0.0) -> Iterator[str]:
        """Names of the files, and of temporary leftovers, that were last touched ``older_than`` seconds ago or earlier."""
        limit = time.time() - older_than
        for path in sorted(self.folder.glob("??/*")):
            if path.stat().st_mtime <= limit:
                yield path.name

    def _path(self, name: str) -> Path:
        key = name.removeprefix(_TEMPORARY)
        return self.folder / key[:2] / name

    def _holds(self, name: str, data: bytes) -> bool:
        path = self._path(name)
        return path.is_file() and self._decrypt(path.read_bytes(), name) == data

    def _decrypt(self, blob: bytes, name: str) -> bytes | None:
        head = len(_MAGIC) + _NONCE
        if len(blob) < head or not blob.startswith(_MAGIC):
            return None
        try:
            return self._cipher.decrypt(blob[len(_MAGIC) : head], blob[head:], name.encode())
        except InvalidTag:
            return None

    def _write(self, path: Path, data: bytes, name: str) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        nonce = secrets.token_bytes(_NONCE)
        temporary = path.with_name(f"{_TEMPORARY}{path.parent.name}{secrets.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + nonce)
                file.write(self._cipher.encrypt(nonce, data, name.encode()))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name itself must survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_write(error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError("磁盘空间已满，没有保存任何内容。", "请联系系统管理员清理磁盘后重新提交。")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreError("文件库不可写，没有保存任何内容。", "请系统管理员检查 files 目录的权限和磁盘是否只读。")
    return StoreError("文件库写入失败，没有保存任何内容。", "请系统管理员检查磁盘状态后重新提交。")
