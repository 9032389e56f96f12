"""Reviewers' dispositions → a retrained model, compared with the old one. Pure: paragraphs and folders in, figures out.

The paragraphs come from the installation's own store and stay there: a model folder holds weights, no text. Nothing here
promotes a model; a person does, with ``model_files.promote``, and ``roll_back`` takes it back.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from review.detection.calibration import threshold_for
from review.detection.categories import CATEGORIES, group_of
from review.detection.classifier import Classifier, choose_hits
from review.detection.corpus import RealText, read_corpus
from review.detection.crossfit import fit_with_mining
from review.detection.evaluation import lines_of
from review.detection.fitting import Recipe, Window
from review.detection.frames import FRAMES, load_frames
from review.detection.model_files import load_weights, model_hash, save_weights, seal
from review.detection.scoring import Weights
from review.detection.training import group_probabilities
from review.errors import ModelError

#: A decision counts as much as so many windows of the frames (design/data.md §8: 5–10).
DECISION_WEIGHT = 6.0
#: One decision in so many is kept for the comparison, by case: paragraphs of one case are alike.
HELD_OUT_SHARE = 4
#: Decisions below which a comparison would be chance.
FEWEST = 40


@dataclass(frozen=True, slots=True)
class LabelledParagraph:
    """What a reviewer said of one hint: ``confirmed`` or a false alarm; ``case`` keeps paragraphs of one case together."""

    text: str = field(repr=False)
    category: str
    confirmed: bool
    case: str


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """Held-out decisions of one category, and how many of them the old and the new model get right."""

    category: str
    decisions: int
    old_right: int
    new_right: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Old against new on decisions neither was fitted on, and hints on the published corpus."""

    changes: tuple[CategoryChange, ...]
    old_hints: int
    new_hints: int
    published_characters: int

    def worse(self, bound: float = 0.05) -> tuple[str, ...]:
        """The categories whose share of right answers falls by more than ``bound`` (and by more than one decision)."""
        return tuple(
            change.category
            for change in self.changes
            if change.old_right - change.new_right > max(1.0, bound * change.decisions)
        )

    def table(self) -> str:
        rows = ["| 类别 | 留出的处置 | 旧模型对 | 新模型对 |", "|---|---|---|---|"]
        rows += [f"| {c.category} | {c.decisions} | {c.old_right} | {c.new_right} |" for c in self.changes]
        rows.append(f"公开语料（{self.published_characters} 字）上的线索：旧 {self.old_hints}，新 {self.new_hints}。")
        worse = self.worse()
        rows.append("变差的类别：" + ("、".join(worse) if worse else "无") + "。是否启用新模型，由人决定。")
        return "\n".join(rows)

    def audit_payload(self, folder: Path) -> dict[str, str | int | None]:
        """What the audit event ``model.train`` should say: counts and hashes, no text."""
        return {
            "model": folder.name,
            "model_sha256": model_hash(folder),
            "decisions": sum(change.decisions for change in self.changes),
            "old_right": sum(change.old_right for change in self.changes),
            "new_right": sum(change.new_right for change in self.changes),
            "worse": "、".join(self.worse()),
        }


def split_by_case(paragraphs: Sequence[LabelledParagraph]) -> tuple[list[LabelledParagraph], list[LabelledParagraph]]:
    """(to learn from, held out): whole cases, by a hash of the case, so that the split never changes with more cases."""
    learned: list[LabelledParagraph] = []
    held: list[LabelledParagraph] = []
    for paragraph in paragraphs:
        digest = sha256(paragraph.case.encode("utf-8")).digest()
        (held if digest[0] % HELD_OUT_SHARE == 0 else learned).append(paragraph)
    return learned, held


def retrain(
    old: Path,
    paragraphs: Sequence[LabelledParagraph],
    corpus: Path,
    out: Path,
    recipe: Recipe | None = None,
    frames_folder: Path = FRAMES,
    report: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Fits a new model on frames, published ``corpus`` and three quarters of the decisions, writes it to ``out``, compares.

    Calibration stays that of the old model; the LOW threshold rises where the new model would otherwise hint more often on
    the published corpus than the old one. ModelError, with nothing written and the old model untouched,
    for unknown categories, empty texts, too few decisions, decisions of one kind only, or an ``out`` that exists.
    """
    recipe = recipe or Recipe()
    before = load_weights(old)
    _check(paragraphs, before, out)
    learned, held = split_by_case(paragraphs)
    rows = [row for row in read_corpus(corpus, CATEGORIES, 1500, recipe.seed) if not row.labels]
    report(f"处置 {len(paragraphs)} 条：学习 {len(learned)}，留出 {len(held)}")
    fitted = fit_with_mining(load_frames(frames_folder), rows, recipe, recipe.fills, decision_windows(learned))
    kept = {name: getattr(before, name) for name in ("slope", "offset", "low", "medium")}
    after = hold_to_budget(before, replace(fitted, name=out.name, **kept), rows)
    comparison = compare(before, after, held, rows)
    save_weights(after, out)
    about = {"recipe": asdict(recipe), "decisions": len(paragraphs), "changes": [asdict(c) for c in comparison.changes]}
    (out / "metrics.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (out / "card.md").write_text(f"# 线索模型 {out.name}：用本单位的处置重新训练\n\n{comparison.table()}\n", "utf-8")
    seal(out)
    load_weights(out)
    return comparison


def hold_to_budget(old: Weights, new: Weights, published: Sequence[RealText]) -> Weights:
    """The new weights with LOW thresholds at which they hint no more often on the published texts than the old ones."""
    text = "\n".join(row.text for row in published)
    units = lines_of(text)
    groups = [
        group_probabilities(weights, Classifier(weights, "").probabilities(text, units)) for weights in (old, new)
    ]
    allowed = int((groups[0] >= old.low[0]).sum())
    floor = float(old.low.max())
    low = threshold_for(groups[1].ravel(), np.arange(groups[1].size), allowed, floor)
    return replace(new, low=np.maximum(old.low, np.float32(low)), medium=np.maximum(old.medium, np.float32(low)))


def decision_windows(paragraphs: Sequence[LabelledParagraph]) -> list[Window]:
    """The decisions as windows to fit on: a confirmed hint is a disclosure, a false alarm a matched negative."""
    return [
        Window(
            paragraph.text,
            f"case:{paragraph.case}",
            f"case:{paragraph.case}",
            frozenset((paragraph.category,)) if paragraph.confirmed else frozenset[str](),
            paragraph.category,
            DECISION_WEIGHT,
        )
        for paragraph in paragraphs
    ]


def compare(old: Weights, new: Weights, held: Sequence[LabelledParagraph], published: Sequence[RealText]) -> Comparison:
    """How both models answer the held-out decisions; right: a confirmed one is hinted at in its group, a false alarm is not."""
    models = (Classifier(old, ""), Classifier(new, ""))
    changes = []
    for category in sorted({paragraph.category for paragraph in held}):
        of_category = [paragraph for paragraph in held if paragraph.category == category]
        right = [sum(_is_right(model, paragraph) for paragraph in of_category) for model in models]
        changes.append(CategoryChange(category, len(of_category), right[0], right[1]))
    hints = [sum(len(_groups_of(model, row.text)) for row in published) for model in models]
    return Comparison(tuple(changes), hints[0], hints[1], sum(len(row.text) for row in published))


def _is_right(model: Classifier, paragraph: LabelledParagraph) -> bool:
    return (group_of(paragraph.category) in _groups_of(model, paragraph.text)) == paragraph.confirmed


def _groups_of(model: Classifier, text: str) -> set[str]:
    """The top-level groups of the hints on a text."""
    found = model.probabilities(text, lines_of(text))
    hits = choose_hits(model.weights, found, range(len(model.weights.categories))) if len(found) else []
    return {group_of(model.weights.categories[hit.column]) for hit in hits}


def _check(paragraphs: Sequence[LabelledParagraph], weights: Weights, out: Path) -> None:
    unchanged = "原有模型继续使用。"
    if out.exists() and any(out.iterdir()):
        raise ModelError("输出文件夹里已有内容，没有覆盖。", f"请换一个新的模型名称；{unchanged}")
    unknown = {paragraph.category for paragraph in paragraphs} - set(weights.categories)
    if unknown:
        raise ModelError(
            f"处置里有模型不认识的类别 {'、'.join(sorted(unknown))}。", f"只有模型线索的处置可以用来训练；{unchanged}"
        )
    if any(not paragraph.text.strip() for paragraph in paragraphs):
        raise ModelError("处置里有空的段落。", f"请重新导出处置；{unchanged}")
    if len(paragraphs) < FEWEST:
        raise ModelError(f"处置只有 {len(paragraphs)} 条，不足 {FEWEST} 条。", f"请积累更多处置以后再训练；{unchanged}")
    if len({paragraph.confirmed for paragraph in paragraphs}) < 2:
        raise ModelError("处置只有一种（全是确认或全是误报）。", f"两种都有时才能训练；{unchanged}")
    learned, held = split_by_case(paragraphs)
    if not learned or not held:
        raise ModelError("处置来自的件太少，不能留出检验。", f"请积累更多件以后再训练；{unchanged}")
