"""The installation key: made once, kept outside the database with mode 0600, and the keys derived from it.

Each purpose has its own derived key (HKDF-SHA-256, RFC 5869), so that none of them reveals another.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from review.errors import StoreError

KEY_FILE = Path("keys") / "installation.key"


@dataclass(frozen=True, slots=True)
class Keys:
    """The derived keys of an installation, 32 bytes each."""

    fingerprints: bytes = field(repr=False)
    files: bytes = field(repr=False)
    file_names: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    names: bytes = field(repr=False)

    @property
    def check_value(self) -> str:
        """Stored in the database to recognise another installation's key; reveals nothing of it."""
        return self.keyed_hash("installation")

    def keyed_hash(self, value: str) -> str:
        """HMAC-SHA-256 of a value that must not be guessable from its hash: a file name, a login, an address."""
        return hmac.new(self.names, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def derive_keys(secret: bytes) -> Keys:
    """The keys derived from the 32 bytes of the installation key."""

    def derive(purpose: str) -> bytes:
        info = f"xianshen/{purpose}/1".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)

    return Keys(derive("fingerprints"), derive("files"), derive("file-names"), derive("audit"), derive("names"))


def load_keys(home: Path) -> Keys | None:
    """The keys of the installation, None where none was made; StoreError when the file is unusable or others can read it."""
    path = home / KEY_FILE
    try:
        mode = path.stat().st_mode
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError("安装密钥文件无法读取。", f"请从备份恢复 {path}，并确认运行本程序的账号可以读取。") from error
    if mode & 0o077:
        raise StoreError("安装密钥文件的权限过宽，其他账号可以读取。", f"请执行：chmod 600 {path}")
    if len(secret) != 32:
        raise StoreError("安装密钥文件内容不完整。", f"请从备份恢复 {path}；重新生成会使已存文稿无法解密。")
    return derive_keys(secret)


def create_keys(home: Path) -> Keys:
    """New keys, written once; if another process was faster, its keys."""
    path = home / KEY_FILE
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_bytes(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # then the other process's key is the key; a rename would replace it
            os.link(temporary, path)
        temporary.unlink()
    except OSError as error:
        raise StoreError("无法写入安装密钥。", f"请确认 {path.parent} 所在磁盘可写且未满。") from error
    keys = load_keys(home)
    if keys is None:
        raise StoreError("无法写入安装密钥。", f"请确认 {path.parent} 所在磁盘可写且未满。")
    return keys
