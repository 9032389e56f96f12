"""Model × labelled text → figures: per category with intervals, reliability, false alarms on published text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from review.detection.calibration import PAGE, Bin, expected_calibration_error, reliability, wilson
from review.detection.categories import CATEGORIES
from review.detection.classifier import Classifier, choose_hits, join_stretches
from review.detection.corpus import read_corpus
from review.detection.features import Floats
from review.detection.scoring import Weights
from review.errors import ModelError

#: Tokens that give a corpus away, and something else of the same meaning.
_SWAPS = (
    (re.compile(r"网友“UU\d+”|网友"), "市民"),
    (re.compile(r"央视网消息（新闻联播）|央视网消息"), "本台消息"),
    (re.compile(r"A0{2,}\d+"), "B7"),
    (re.compile(r"A(\d*)(?=[市县区])"), r"K\1"),
    (re.compile(r"索引号|主题分类|发文机关"), "项目"),
    (re.compile(r"某某|某"), "甲"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One category: found and right, found, to be found."""

    category: str
    right: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        both = self.found + self.wanted
        return 2 * self.right / both if both else 0.0


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Hints on published text of one genre; rates per page of PAGE characters."""

    genre: str
    documents: int
    characters: int
    hints: int
    documents_with_hint: int
    documents_with_medium: int

    @property
    def per_ten_pages(self) -> float:
        return self.hints / (self.characters / PAGE / 10) if self.characters else 0.0

    @property
    def medium_share(self) -> float:
        return self.documents_with_medium / self.documents if self.documents else 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one model on one corpus; ``table()`` prints them."""

    lines: tuple[Line, ...]
    bins: tuple[Bin, ...]
    alarms: tuple[FalseAlarms, ...]

    @property
    def macro_f1(self) -> float:
        wanted = [line.f1 for line in self.lines if line.wanted]
        return sum(wanted) / len(wanted) if wanted else 0.0

    @property
    def error(self) -> float:
        return expected_calibration_error(self.bins)

    def table(self) -> str:
        """Per category P, R, F1 with 95 % intervals, the reliability diagram, false alarms per genre; plain text."""
        parts = [table_of_lines(self.lines), "", diagram(self.bins)]
        if self.alarms:
            parts += ["", table_of_alarms(self.alarms)]
        return "\n".join(parts)


def evaluate(model: Classifier, corpus: Path) -> Evaluation:
    """The figures on any folder of JSONL rows with ``text`` and ``label``/``labels``; ModelError for an unusable one.

    Rows without a label are published text: every hint on them is a false alarm.
    """
    rows = read_corpus(corpus, CATEGORIES)
    labelled = [row for row in rows if row.labels]
    published = [row for row in rows if not row.labels]
    strange = {label for row in labelled for label in row.labels} - set(model.weights.categories)
    if strange:
        raise ModelError(
            f"这个模型没有学过 {'、'.join(sorted(strange))}。", "请换用学过这些类别的模型，或从语料中去掉它们。"
        )
    found = np.stack([score_text(model, row.text) for row in rows])
    truth = np.array([[name in row.labels for name in model.weights.categories] for row in rows])
    alarms = tuple(
        count_alarms(model, genre, [row.text for row in published if row.source == genre])
        for genre in sorted({row.source for row in published})
    )
    return Evaluation(count_shown(model.weights, found, truth), reliability(found, truth), alarms)


def score_text(model: Classifier, text: str) -> Floats:
    """The highest calibrated probability of any paragraph of the text, per category."""
    found = model.probabilities(text, lines_of(text))
    return found.max(axis=0) if len(found) else np.zeros(len(model.weights.categories), dtype=np.float32)


def lines_of(text: str) -> list[tuple[int, int]]:
    """The lines of a text as units, as the reading of a plain text file would give them."""
    units, position = [], 0
    for line in text.split("\n"):
        if line.strip():
            units.append((position, position + len(line)))
        position += len(line) + 1
    return units


def count_shown(weights: Weights, found: Floats, truth: np.ndarray) -> tuple[Line, ...]:
    """Right, found and wanted per category, counting what a reviewer would be shown (``choose_hits``)."""
    shown = np.zeros_like(truth)
    for hit in choose_hits(weights, found, range(found.shape[1])):
        shown[hit.unit, hit.column] = True
    return tuple(
        Line(name, int((shown[:, c] & truth[:, c]).sum()), int(shown[:, c].sum()), int(truth[:, c].sum()))
        for c, name in enumerate(weights.categories)
    )


def count_alarms(model: Classifier, genre: str, texts: Sequence[str]) -> FalseAlarms:
    """Hints a reviewer would see on these published texts (stretches, as ``find_hints`` joins them, without its bound)."""
    hints = with_hint = with_medium = 0
    columns = range(len(model.weights.categories))
    for text in texts:
        hits = choose_hits(model.weights, model.probabilities(text, lines_of(text)), columns)
        hints += sum(len(join_stretches([hit for hit in hits if hit.column == column])) for column in columns)
        with_hint += bool(hits)
        with_medium += any(hit.probability >= model.weights.medium[hit.column] for hit in hits)
    return FalseAlarms(genre, len(texts), sum(map(len, texts)), hints, with_hint, with_medium)


def table_of_lines(lines: Sequence[Line]) -> str:
    """类别 | 应找 | 准确率 [区间] | 召回率 [区间] | F1, one row per category that was to be found or was found."""
    rows = ["| 类别 | 应找 | 找到 | 准确率 | 召回率 | F1 |", "|---|---|---|---|---|---|"]
    for line in lines:
        if line.wanted or line.found:
            precision, recall = _share(line.right, line.found), _share(line.right, line.wanted)
            rows.append(f"| {line.category} | {line.wanted} | {line.found} | {precision} | {recall} | {line.f1:.2f} |")
    wanted = [line.f1 for line in lines if line.wanted]
    if wanted:
        rows.append(f"| 宏平均 | {sum(line.wanted for line in lines)} | | | | {sum(wanted) / len(wanted):.2f} |")
    return "\n".join(rows)


def _share(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{hits / total:.2f} [{low:.2f}–{high:.2f}]" if total else "—"


def diagram(bins: Sequence[Bin]) -> str:
    """The reliability diagram as text: what the model said, what was true, how often."""
    rows = [f"ECE {expected_calibration_error(bins):.3f}", "| 模型说 | 平均 | 实际 | 次数 | |", "|---|---|---|---|---|"]
    for b in bins:
        if b.count:
            bar = "█" * round(b.observed * 20)
            rows.append(f"| {b.low:.1f}–{b.high:.1f} | {b.predicted:.3f} | {b.observed:.3f} | {b.count} | {bar} |")
    return "\n".join(rows)


def table_of_alarms(alarms: Sequence[FalseAlarms]) -> str:
    """体裁 | 件 | 字 | 线索 | 每十页 | 有线索的件 | 有 MEDIUM 的件."""
    rows = ["| 体裁 | 件 | 字 | 线索 | 每十页 | 有线索的件 | 有 MEDIUM 的件 |", "|---|---|---|---|---|---|---|"]
    for a in alarms:
        medium = f"{a.documents_with_medium}（{a.medium_share:.1%}）"
        rows.append(
            f"| {a.genre} | {a.documents} | {a.characters} | {a.hints} | {a.per_ten_pages:.2f} "
            f"| {a.documents_with_hint} | {medium} |"
        )
    return "\n".join(rows)


def count_giveaways(model: Classifier, texts: Sequence[str]) -> tuple[int, int]:
    """(texts that hold a token of their source, those of them whose hints change when the tokens are replaced)."""
    touched = changed = 0
    for text in texts:
        swapped = text
        for pattern, other in _SWAPS:
            swapped = pattern.sub(other, swapped)
        if swapped != text:
            touched += 1
            changed += _shown_on(model, text) != _shown_on(model, swapped)
    return touched, changed


def _shown_on(model: Classifier, text: str) -> set[tuple[int, int]]:
    """(paragraph, category column) of the hints on a text."""
    found = model.probabilities(text, lines_of(text))
    return {(hit.unit, hit.column) for hit in choose_hits(model.weights, found, range(found.shape[1]))}
