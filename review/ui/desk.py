"""Private checks in progress: bytes, text and findings of one person's draft, in memory only, for a short time.

Nothing here is written anywhere; only ``workflow.submit`` (asked for by the person) makes a case of it. A stopped draft is
dropped the moment it is recognised: what stays of it is the event number and the kinds of place.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePath

from review.casework import store as casework_store
from review.casework import workflow
from review.casework.releases import refuse_stopped
from review.check import Detectors, check_document
from review.errors import NotAllowed, ReviewError, StoppedBySecrecyMark
from review.reading.sandbox import Pool
from review.types import Actor, Check, Document, Level
from review.ui.clock import now
from review.ui.faults import log_fault

#: Seconds after the last look at a check until it is forgotten.
LIFETIME = 20 * 60
_WORKERS = 2


class Stage(StrEnum):
    """Where a private check stands; the value is what the person reads."""

    WAITING = "排队等候"
    READING = "读取文件"
    CHECKING = "逐条检查"
    DONE = "检查完成"
    STOPPED = "已停止处理"
    FAILED = "未能检查"

    @property
    def is_final(self) -> bool:
        return self in (Stage.DONE, Stage.STOPPED, Stage.FAILED)


@dataclass(frozen=True, slots=True)
class PrivateCheck:
    """One draft on the desk. After a stop ``data``, ``name`` and ``document`` are empty."""

    id: str
    owner_id: str
    session: str = field(repr=False)
    name: str = field(repr=False)
    data: bytes = field(repr=False)
    stage: Stage = Stage.WAITING
    pages_read: int = 0
    pages_total: int = 0
    document: Document | None = field(default=None, repr=False)
    check: Check | None = None
    event_number: str = ""
    message: str = ""


class Desk:
    """All private checks of this process. Safe to use from several threads."""

    def __init__(
        self,
        pool: Pool,
        store: casework_store.Store,
        detectors: Callable[[], Detectors],
        file_bytes: int,
        forget: Callable[[str], None],
        lifetime: float = LIFETIME,
    ) -> None:
        self._pool = pool
        self._store = store
        self._detectors = detectors
        self._forget = forget
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._checks: dict[str, PrivateCheck] = {}
        self._seen: dict[str, float] = {}
        self._cancel: dict[str, threading.Event] = {}
        self._taken: set[str] = set()
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="review-check")
        self.file_bytes = file_bytes

    def lay(self, actor: Actor, session: str, client: str, name: str, data: bytes) -> str:
        """The id of a new private check, which starts at once in a worker; an older one of this session is forgotten."""
        self.wipe_session(session)
        check_id = secrets.token_urlsafe(16)
        with self._lock:
            self._checks[check_id] = PrivateCheck(check_id, actor.id, session, name, data)
            self._seen[check_id] = time.monotonic()
            self._cancel[check_id] = threading.Event()
        self._workers.submit(self._run, check_id, actor, client)
        return check_id

    def look(self, check_id: str, actor: Actor) -> PrivateCheck | None:
        """The check if it is this person's and still there; looking prolongs its life."""
        self.reap()
        with self._lock:
            found = self._checks.get(check_id)
            if found is None or found.owner_id != actor.id:
                return None
            self._seen[check_id] = time.monotonic()
            return found

    def take(self, check_id: str, actor: Actor) -> PrivateCheck:
        """The check, to be submitted, once: a second click on the same button finds it taken (NotAllowed)."""
        found = self.look(check_id, actor)
        with self._lock:
            if found is None or check_id in self._taken:
                raise NotAllowed("这次自查已经提交，或者结果已清除。", "请在“我的送审”中查看；没有提交的请重新上传。")
            self._taken.add(check_id)
        return found

    def give_back(self, check_id: str) -> None:
        """After a refused submission: it may be tried again."""
        with self._lock:
            self._taken.discard(check_id)

    def wipe(self, check_id: str) -> None:
        """Forget everything of this check."""
        with self._lock:
            self._checks.pop(check_id, None)
            self._seen.pop(check_id, None)
            self._taken.discard(check_id)
            cancel = self._cancel.pop(check_id, None)
        if cancel is not None:
            cancel.set()
        self._forget(check_id)

    def wipe_session(self, session: str) -> None:
        """Forget every check of this sign-in."""
        with self._lock:
            ids = [check.id for check in self._checks.values() if check.session == session]
        for check_id in ids:
            self.wipe(check_id)

    def wipe_contents(self, hashes: Collection[str]) -> None:
        """Forget every check, of whoever, of a file that a person has just stopped."""
        with self._lock:
            ids = [check.id for check in self._checks.values() if check.document and check.document.sha256 in hashes]
        for check_id in ids:
            self.wipe(check_id)

    def reap(self) -> None:
        """Forget what nobody has looked at for ``lifetime`` seconds."""
        limit = time.monotonic() - self._lifetime
        with self._lock:
            ids = [check_id for check_id, seen in self._seen.items() if seen < limit]
        for check_id in ids:
            self.wipe(check_id)

    def _update(self, check_id: str, **changes: object) -> None:
        with self._lock:
            found = self._checks.get(check_id)
            if found is not None:
                self._checks[check_id] = replace(found, **changes)  # type: ignore[arg-type]

    def _run(self, check_id: str, actor: Actor, client: str) -> None:
        try:
            self._examine(check_id, actor, client)
        except ReviewError as error:
            self._update(check_id, stage=Stage.FAILED, data=b"", message=f"{error.message_zh}{error.remedy_zh}")
        except Exception as error:  # noqa: BLE001 - a worker must never leave the person waiting; the text may hold the draft
            log_fault("private check", error)
            message = "程序在检查时出错，本次没有检查结果，不能视为没有问题。请重试；仍然出错时请联系系统管理员。"
            self._update(check_id, stage=Stage.FAILED, data=b"", message=message)

    def _examine(self, check_id: str, actor: Actor, client: str) -> None:
        with self._lock:
            found = self._checks.get(check_id)
            cancel = self._cancel.get(check_id)
        if found is None:
            return

        def progress(done: int, total: int) -> None:
            self._update(check_id, pages_read=done, pages_total=total)

        sha256, size = hashlib.sha256(found.data).hexdigest(), len(found.data)
        try:
            refuse_stopped(self._store, actor, sha256, size, found.name, now(), client)
        except StoppedBySecrecyMark:
            self._update(check_id, name="")
            raise
        self._update(check_id, stage=Stage.READING)
        document = self._pool.read(found.data, found.name, progress, cancel)
        self._update(check_id, stage=Stage.CHECKING)
        check = check_document(document, self._detectors(), self._store.key)
        if check.verdict.level is not Level.STOP:
            self._update(check_id, stage=Stage.DONE, document=document, check=check)
            return
        # from here on only the kind of file, its size and its name's keyed hash; the stage is shown once all else is gone
        suffix, name, size = PurePath(found.name).suffix.lower()[:12], found.name, len(found.data)
        self._update(check_id, data=b"", name="")
        del found, document
        self._pool.forget()
        self._record(check_id, check, actor, client, suffix, name, size)

    def _record(
        self, check_id: str, check: Check, actor: Actor, client: str, suffix: str, name: str, size: int
    ) -> None:
        number, message = "", ""
        try:
            number = workflow.record_stop(
                self._store, actor, check=check, size=size, suffix=suffix, file_name=name, client=client, now=now()
            )
        except ReviewError as error:
            message = f"事件没有登记成功，请把发生时间告诉保密工作机构。{error.message_zh}"
        self._update(check_id, stage=Stage.STOPPED, check=check, event_number=number, message=message)
