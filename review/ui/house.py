"""What the screens share in one server process: settings, store, detectors, the sandbox pool, the desk of private checks.

Opened once per installation; pages and routes ask ``open_house()`` and keep nothing themselves.
"""

import functools
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from threading import Lock

from review.casework import store as casework_store
from review.check import Detectors, load_detectors
from review.reading.sandbox import Pool
from review.settings import Settings, load_settings
from review.ui.clock import today
from review.ui.desk import Desk
from review.ui.ledger import Ledger

_PICTURE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class House:
    """One installation as the screens see it."""

    settings: Settings
    store: casework_store.Store
    pool: Pool
    desk: Desk
    pictures: "Pictures"
    ledger: Ledger

    def forget_stopped(self, hashes: Collection[str] = ()) -> None:
        """Let go of what the screens hold of a stopped case: pictures, private checks of the same files, the reading children.

        ``hashes``: of the drafts, as they were before the purge.
        """
        self.desk.wipe_contents(hashes)
        self.pictures.clear()
        self.pool.forget()

    @property
    def detectors(self) -> Detectors:
        """The detectors in force today; loaded again on the first check of a new day."""
        return _detectors(self.settings, today())


class Pictures:
    """Rendered pages, newest kept, at most 64 MB, in memory only."""

    def __init__(self, limit: int = _PICTURE_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._lock = Lock()
        self._pages: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def get(self, owner: str, page: int) -> bytes | None:
        """The picture, if it was rendered before; ``owner`` names one draft or one private check."""
        with self._lock:
            picture = self._pages.get((owner, page))
            if picture is not None:
                self._pages.move_to_end((owner, page))
            return picture

    def put(self, owner: str, page: int, picture: bytes) -> None:
        with self._lock:
            self._size += len(picture) - len(self._pages.pop((owner, page), b""))
            self._pages[owner, page] = picture
            while self._size > self._limit and self._pages:
                self._size -= len(self._pages.popitem(last=False)[1])

    def drop(self, owner: str) -> None:
        """Forget every page of this owner."""
        self._drop(lambda other: other == owner)

    def clear(self) -> None:
        """Forget everything: after a stop, because the same file may be shown in other cases too."""
        self._drop(lambda _: True)

    def _drop(self, is_doomed: Callable[[str], bool]) -> None:
        with self._lock:
            for key in [key for key in self._pages if is_doomed(key[0])]:
                self._size -= len(self._pages.pop(key))


def case_owner(case_id: int, draft: int | str) -> str:
    """What the pages of one draft are kept under."""
    return f"case-{case_id}-{draft}"


def open_house() -> House:
    """The installation the environment names; StoreError or RuleError in plain Chinese when it cannot be opened."""
    return _open(load_settings())


@functools.cache
def _open(settings: Settings) -> House:
    store = casework_store.open_store(settings)
    pool = Pool(settings.limits, workers=2, ocr=settings.ocr)
    pictures = Pictures()
    desk = Desk(pool, store, lambda: _detectors(settings, today()), settings.limits.file_bytes, pictures.drop)
    return House(settings, store, pool, desk, pictures, Ledger())


@functools.lru_cache(maxsize=2)
def _detectors(settings: Settings, day: date) -> Detectors:
    return load_detectors(settings, day)
