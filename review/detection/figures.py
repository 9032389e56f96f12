"""Out-of-fold judgements → the figures of a model: metrics.json and the measured part of its card."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from review.detection.calibration import Bin, expected_calibration_error, fit_sigmoid, reliability, wilson
from review.detection.categories import group_of
from review.detection.classifier import Classifier, choose_hits, join_stretches
from review.detection.corpus import RealText
from review.detection.crossfit import CrossFit, Judgements, genre_of
from review.detection.evaluation import (
    FalseAlarms,
    Line,
    count_alarms,
    count_giveaways,
    count_shown,
    diagram,
    table_of_alarms,
    table_of_lines,
)
from review.detection.features import Floats
from review.detection.scoring import Weights, probabilities

#: The part of the card that is the same for every training.
_CARD = Path(__file__).with_name("card.txt")


@dataclass(frozen=True, slots=True)
class Figures:
    """What leave-one-source-out showed; every figure is on sources (and, for ``new``, frame families) not seen."""

    new: tuple[Line, ...]
    known: tuple[Line, ...]
    pairs: tuple[tuple[str, int, int, int], ...]  # kind, disclosures in the right group, in the right category, of
    twins: tuple[tuple[str, int, int], ...]  # kind, matched negatives hinted at, of
    bins: tuple[Bin, ...]  # all frame families
    bins_new: tuple[Bin, ...]  # families not seen only
    alarms: tuple[FalseAlarms, ...]
    paragraph_alarms: tuple[FalseAlarms, ...]
    shipped_alarms: tuple[FalseAlarms, ...]  # of the model itself, which saw these texts as negatives
    giveaways: tuple[tuple[int, int], tuple[int, int]]  # documents, paragraphs: with tokens of their source, changed

    def as_json(self) -> dict[str, object]:
        return {
            "new_families": [asdict(line) | {"f1": round(line.f1, 4)} for line in self.new],
            "known_families": [asdict(line) | {"f1": round(line.f1, 4)} for line in self.known],
            "right_group": [dict(zip(("kind", "group", "category", "of"), row, strict=True)) for row in self.pairs],
            "twins_hinted": [dict(zip(("kind", "hinted", "of"), row, strict=True)) for row in self.twins],
            "ece": round(expected_calibration_error(self.bins), 4),
            "ece_new_families": round(expected_calibration_error(self.bins_new), 4),
            "ece_new_families_from_0.1": round(expected_calibration_error(self.bins_new[1:]), 4),
            "reliability_new_families": [asdict(b) for b in self.bins_new],
            "reliability": [asdict(b) for b in self.bins],
            "ece_from_0.1": round(expected_calibration_error(self.bins[1:]), 4),
            "published_documents": [asdict(a) for a in self.alarms],
            "published_paragraphs": [asdict(a) for a in self.paragraph_alarms],
            "shipped_model_on_seen_text": [asdict(a) for a in self.shipped_alarms],
            "giveaways": [
                {"unit": unit, "with_tokens": touched, "changed": changed}
                for unit, (touched, changed) in zip(("document", "paragraph"), self.giveaways, strict=True)
            ],
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
                _CARD.read_text("utf-8").format(name=weights.name),
                "## 实测",
                "",
                f"门槛：同一大类的概率 ≥ {weights.low[0]:.2f} 提示（low），≥ {weights.medium[0]:.2f} 为 medium。",
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
                "## 可靠性图（没见过的来源，家族见过和没见过的都算；交叉校准）",
                "",
                diagram(self.bins),
                "",
                f"绝大多数（段，类别）的概率接近零；只看说 0.1 以上的，ECE {expected_calibration_error(self.bins[1:]):.3f}。",
                "",
                "## 可靠性图（来源和家族都没见过）",
                "",
                diagram(self.bins_new),
                "",
                f"只看说 0.1 以上的，ECE {expected_calibration_error(self.bins_new[1:]):.3f}："
                "题目从没见过时，模型说得比实际有把握。",
                "",
                "## 公开文件上的误报（没见过的来源；一页按 1500 字）",
                "",
                table_of_alarms(self.alarms),
                "",
                "## 公开段落上的误报（没见过的来源）",
                "",
                table_of_alarms(self.paragraph_alarms),
                "",
                "## 公开文本上的误报（发布的这个模型；这些文本它训练时当反例见过，只作参考）",
                "",
                table_of_alarms(self.shipped_alarms),
                "",
                "## 来源字样检查",
                "",
                f"换掉来源字样（A市、网友、索引号、央视网消息、某某……）以后，{self.giveaways[0][0]} 件含有这些字样的公开文件中，"
                f"线索有变化的 {self.giveaways[0][1]} 件；{self.giveaways[1][0]} 个段落中有变化的 {self.giveaways[1][1]} 个。",
                "",
            ]
        )


def _percent(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{hits / total:.1%} [{low:.0%}–{high:.0%}]" if total else "—"


def figures_of(weights: Weights, crossed: CrossFit, rows: Sequence[RealText]) -> Figures:
    """The figures at the weights' calibration and thresholds; the reliability diagram is calibrated crosswise.

    ``rows`` are the published texts the weights were fitted on.
    """
    model = Classifier(weights, "")
    judged = crossed.passages
    found = probabilities(weights, judged.logits)
    lines = {}
    for kind in ("new", "known"):
        used = np.isin(judged.kinds, (kind, f"twin-{kind}", "real"))
        lines[kind] = count_shown(weights, found[used], judged.truth[used])
    return Figures(
        new=lines["new"],
        known=lines["known"],
        pairs=tuple(_groups(weights, found, judged, kind) for kind in ("new", "known")),
        twins=tuple(_twins(weights, found, judged, kind) for kind in ("twin-new", "twin-known")),
        bins=reliability(*_crosswise(judged, ("new", "known", "twin-new", "twin-known", "real"))),
        bins_new=reliability(*_crosswise(judged, ("new", "twin-new", "real"))),
        alarms=_document_alarms(weights, crossed),
        paragraph_alarms=_paragraph_alarms(weights, found, judged),
        shipped_alarms=_shipped_alarms(model, rows),
        giveaways=(
            count_giveaways(model, [row.text for row in rows if row.is_document]),
            count_giveaways(model, [row.text for row in rows if not row.is_document]),
        ),
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
    rows = np.flatnonzero(judged.kinds == kind).tolist()
    return kind, sum(bool(_shown(weights, found[row])) for row in rows), len(rows)


def _crosswise(judged: Judgements, kinds: Sequence[str]) -> tuple[Floats, np.ndarray]:
    """(probability, truth) of the passages of these kinds, each genre calibrated on all passages of the other genres."""
    found = np.zeros_like(judged.logits)
    for genre in sorted(set(judged.genres.tolist())):
        here = judged.genres == genre
        slope, offset = fit_sigmoid(judged.logits[~here].ravel(), judged.truth[~here].ravel())
        found[here] = 1 / (1 + np.exp(-(np.clip(judged.logits[here], -30, 30) * slope + offset)))
    chosen = np.isin(judged.kinds, kinds)
    return found[chosen], judged.truth[chosen]


def _shipped_alarms(model: Classifier, rows: Sequence[RealText]) -> tuple[FalseAlarms, ...]:
    kinds = {(genre_of(row.source), row.is_document) for row in rows}
    return tuple(
        count_alarms(
            model,
            f"{genre}（{'文件' if whole else '段落'}）",
            [row.text for row in rows if genre_of(row.source) == genre and row.is_document == whole],
        )
        for genre, whole in sorted(kinds)
    )


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
        hits = choose_hits(weights, found[here], range(found.shape[1]))
        hinted = {hit.unit for hit in hits}
        medium = {hit.unit for hit in hits if hit.probability >= weights.medium[hit.column]}
        characters = int(judged.characters[here].sum())
        rows.append(FalseAlarms(genre, int(here.sum()), characters, len(hits), len(hinted), len(medium)))
    return tuple(rows)
