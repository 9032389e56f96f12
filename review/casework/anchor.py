"""The head of the audit chain as last written, kept in a file outside the database.

Cutting off the newest events leaves a chain that fits in itself; only a head kept elsewhere shows it. The file is the near
anchor, the head printed on every 审查表 is the far one. The file may lag behind the chain, never run ahead of it: it is
written after the commit.
"""

import fcntl
import hashlib
import hmac
import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the head is kept and the key that authenticates it."""

    path: Path
    key: bytes = field(repr=False)

    def read(self) -> tuple[int, str] | None:
        """(seq, hash) of the recorded head; None when the file is missing, altered or written with another key."""
        try:
            value = json.loads(self.path.read_text("ascii"))
            seq, link, mac = int(value["seq"]), str(value["hash"]), str(value["mac"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (seq, link) if hmac.compare_digest(mac, self._mac(seq, link)) else None

    def create(self, seq: int, link: str) -> None:
        """Makes the file where there is none; an existing one, even an unusable one, is evidence and stays."""
        if not self.path.exists():
            self._write(seq, link)

    def advance(self, seq: int, link: str) -> None:
        """Records a newer head; an older one changes nothing, nor does a newer one replace a file that was tampered with.

        A file that cannot be written is logged only: the act is saved, and the next act records its head again.
        """
        try:
            handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                known = self.read()
                if known is not None and known[0] < seq:
                    self._write(seq, link)
            finally:
                os.close(handle)
        except OSError as error:
            _log.warning("审计链头记录无法写入（%s），请检查 REVIEW_HOME 是否可写。", type(error).__name__)

    def _write(self, seq: int, link: str) -> None:
        temporary = self.path.with_suffix(".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({"seq": seq, "hash": link, "mac": self._mac(seq, link)}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def _mac(self, seq: int, link: str) -> str:
        return hmac.new(self.key, f"{seq}:{link}".encode(), hashlib.sha256).hexdigest()
