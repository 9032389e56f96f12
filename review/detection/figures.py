"""Out-of-fold judgements → the figures of a model: metrics.json and the measured part of its card."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from review.detection.calibration import Bin, expected_calibration_error, fit_sigmoid, reliability, wilson
from review.detection.categories import group_of
from review.detection.classifier import choose_hits, join_stretches
from review.detection.crossfit import CrossFit, Judgements
from review.detection.evaluation import (
    FalseAlarms,
    Line,
    count_lines,
    diagram,
    table_of_alarms,
    table_of_lines,
)
from review.detection.features import Floats
from review.detection.scoring import Weights, probabilities


@dataclass(frozen=True, slots=True)
class Figures:
    """What leave-one-source-out showed; every figure is on sources (and, for ``new``, frame families) not seen."""

    new: tuple[Line, ...]
    known: tuple[Line, ...]
    pairs: tuple[tuple[str, int, int, int], ...]  # kind, disclosures in the right group, in the right category, of
    twins: tuple[tuple[str, int, int], ...]  # kind, matched negatives hinted at, of
    bins: tuple[Bin, ...]
    alarms: tuple[FalseAlarms, ...]
    paragraph_alarms: tuple[FalseAlarms, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "new_families": [asdict(line) | {"f1": round(line.f1, 4)} for line in self.new],
            "known_families": [asdict(line) | {"f1": round(line.f1, 4)} for line in self.known],
            "right_group": [dict(zip(("kind", "group", "category", "of"), row, strict=True)) for row in self.pairs],
            "twins_hinted": [dict(zip(("kind", "hinted", "of"), row, strict=True)) for row in self.twins],
            "ece": round(expected_calibration_error(self.bins), 4),
            "reliability": [asdict(b) for b in self.bins],
            "published_documents": [asdict(a) for a in self.alarms],
            "published_paragraphs": [asdict(a) for a in self.paragraph_alarms],
        }

    def card(self, weights: Weights) -> str:
        """The measured part of card.md."""
        rows = ["| 框架家族 | 披露句 | 一级类对 | 二级类对 | 对照句误报 |", "|---|---|---|---|---|"]
        twins = {kind.removeprefix("twin-"): (hinted, of) for kind, hinted, of in self.twins}
        for kind, group, category, of in self.pairs:
            hinted, total = twins.get(kind, (0, 0))
            name = "没见过" if kind == "new" else "见过"
            rows.append(
                f"| {name} | {of} | {_percent(group, of)} | {_percent(category, of)} | {_percent(hinted, total)} |"
            )
        return "\n".join(
            [
                f"# 线索模型 {weights.name}：实测",
                "",
                "以下数字都来自“留出来源”检验：每一段都由没见过它的来源的模型判断。",
                "",
                *rows,
                "",
                "## 没见过的框架家族（同时也没见过的来源）",
                "",
                table_of_lines(self.new),
                "",
                "## 见过的框架家族，没见过的来源",
                "",
                table_of_lines(self.known),
                "",
                "## 可靠性图（没见过的来源和家族；交叉校准）",
                "",
                diagram(self.bins),
                "",
                "## 公开文件上的误报（没见过的来源；一页按 1500 字）",
                "",
                table_of_alarms(self.alarms),
                "",
                "## 公开段落上的误报（没见过的来源）",
                "",
                table_of_alarms(self.paragraph_alarms),
                "",
            ]
        )


def _percent(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{hits / total:.1%} [{low:.0%}–{high:.0%}]" if total else "—"


def figures_of(weights: Weights, crossed: CrossFit) -> Figures:
    """The figures at the weights' calibration and thresholds; the reliability diagram is calibrated crosswise."""
    judged = crossed.passages
    found = probabilities(weights, judged.logits)
    lines = {}
    for kind in ("new", "known"):
        rows = np.isin(judged.kinds, (kind, f"twin-{kind}", "real"))
        lines[kind] = count_lines(weights, found[rows], judged.truth[rows])
    return Figures(
        new=lines["new"],
        known=lines["known"],
        pairs=tuple(_groups(weights, found, judged, kind) for kind in ("new", "known")),
        twins=tuple(_twins(weights, found, judged, kind) for kind in ("twin-new", "twin-known")),
        bins=reliability(*_crosswise(judged)),
        alarms=_document_alarms(weights, crossed),
        paragraph_alarms=_paragraph_alarms(weights, found, judged),
    )


def _shown(weights: Weights, row: Floats) -> list[str]:
    """The categories a reviewer would be shown for one paragraph."""
    return [weights.categories[hit.column] for hit in choose_hits(weights, row[None, :], range(len(row)))]


def _groups(weights: Weights, found: Floats, judged: Judgements, kind: str) -> tuple[str, int, int, int]:
    group = category = 0
    rows = np.flatnonzero(judged.kinds == kind)
    for row in rows.tolist():
        wanted = weights.categories[int(judged.truth[row].argmax())]
        shown = _shown(weights, found[row])
        group += any(group_of(name) == group_of(wanted) for name in shown)
        category += wanted in shown
    return kind, group, category, len(rows)


def _twins(weights: Weights, found: Floats, judged: Judgements, kind: str) -> tuple[str, int, int]:
    rows = found[judged.kinds == kind]
    return kind, int((rows >= weights.low).any(axis=1).sum()), len(rows)


def _crosswise(judged: Judgements) -> tuple[Floats, np.ndarray]:
    """(probability, truth) of passages with new families or real prose, each genre calibrated on all the others."""
    used = np.isin(judged.kinds, ("new", "twin-new", "real"))
    logits, truth, genres = judged.logits[used], judged.truth[used], judged.genres[used]
    found = np.zeros_like(logits)
    for genre in sorted(set(genres.tolist())):
        here = genres == genre
        for column in range(logits.shape[1]):
            slope, offset = fit_sigmoid(logits[:, column], truth[:, column], here)
            found[here, column] = 1 / (1 + np.exp(-(np.clip(logits[here, column], -30, 30) * slope + offset)))
    return found, truth


def _document_alarms(weights: Weights, crossed: CrossFit) -> tuple[FalseAlarms, ...]:
    published = crossed.published
    found = probabilities(weights, published.logits)
    per_document = [
        choose_hits(weights, found[published.documents == index], range(found.shape[1]))
        for index in range(len(published.genres))
    ]
    rows = []
    for genre in [*sorted(set(published.genres)), "全部"]:
        chosen = [i for i, name in enumerate(published.genres) if genre in (name, "全部")]
        hints = sum(_stretches(per_document[i], found.shape[1]) for i in chosen)
        rows.append(
            FalseAlarms(
                genre,
                len(chosen),
                sum(published.characters[i] for i in chosen),
                hints,
                sum(bool(per_document[i]) for i in chosen),
                sum(any(h.probability >= weights.medium[h.column] for h in per_document[i]) for i in chosen),
            )
        )
    return tuple(rows)


def _stretches(hits: Sequence, width: int) -> int:
    return sum(len(join_stretches([hit for hit in hits if hit.column == column])) for column in range(width))


def _paragraph_alarms(weights: Weights, found: Floats, judged: Judgements) -> tuple[FalseAlarms, ...]:
    rows = []
    for genre in sorted(set(judged.genres.tolist())):
        here = (judged.genres == genre) & (judged.kinds == "real")
        over, high = found[here] >= weights.low, found[here] >= weights.medium
        hinted = int(over.any(axis=1).sum())
        characters = int(judged.characters[here].sum())
        rows.append(
            FalseAlarms(genre, int(here.sum()), characters, hinted, hinted, int((over & high).any(axis=1).sum()))
        )
    return tuple(rows)
