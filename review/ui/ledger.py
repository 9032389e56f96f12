"""How far the numbered events of every opened review page are dealt with, for all threads of this process."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from review.types import Actor

_MOST_PAGES = 2000


@dataclass(slots=True)
class Page:
    """One opened page of one person: up to which event it is dealt with, and what was refused."""

    lock: Lock = field(default_factory=Lock)
    last: int = 0
    refused: list[dict[str, object]] = field(default_factory=list)


class Ledger:
    """How far every opened page is dealt with; the oldest of very many pages are forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pages: OrderedDict[tuple[str, str], Page] = OrderedDict()

    def page(self, actor: Actor, run: str) -> Page:
        """The page that calls itself ``run``; one person cannot answer for another's."""
        with self._lock:
            page = self._pages.setdefault((actor.id, run), Page())
            self._pages.move_to_end((actor.id, run))
            while len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
            return page
