"""Frames + published prose → a model folder: fit, leave-one-source-out, calibrate, choose thresholds, write, seal.

Reproducible by seed: the same frames, corpus and recipe give the same bytes. Corpus text is read, never copied.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from review.detection.calibration import PAGE, fit_sigmoid, threshold_for
from review.detection.categories import CATEGORIES, group_of
from review.detection.corpus import read_corpus
from review.detection.crossfit import CrossFit, cross_fit, fit_with_mining
from review.detection.features import Floats
from review.detection.figures import Figures, figures_of
from review.detection.fitting import Recipe
from review.detection.frames import FRAMES, load_frames
from review.detection.model_files import load_weights, save_weights, seal
from review.detection.scoring import Weights, probabilities
from review.errors import ModelError

#: Rows of one corpus file the fit reads at most.
ROWS_PER_FILE = 1500


def train(
    corpus: Path,
    out: Path,
    recipe: Recipe | None = None,
    report: Callable[[str], None] = lambda line: None,
    frames_folder: Path = FRAMES,
) -> Figures:
    """Trains on the frames and the published texts of ``corpus``, writes the sealed model folder ``out``, returns its figures.

    ``report`` gets one plain line per step. ModelError for a corpus that cannot be used or an ``out`` that exists; nothing
    is written then.
    """
    recipe = recipe or Recipe()
    if out.exists() and any(out.iterdir()):
        raise ModelError("输出文件夹里已有内容，没有覆盖。", "请换一个新的模型名称；原有模型不受影响。")
    frames = load_frames(frames_folder)
    rows = [row for row in read_corpus(corpus, CATEGORIES, ROWS_PER_FILE, recipe.seed) if not row.labels]
    if not frames:
        raise ModelError("没有内容框架，无法训练。", "请检查安装是否完整。")
    if len({row.source for row in rows}) < 2:
        raise ModelError(
            "语料只有一个来源，无法按来源留出检验。", "请放入至少两种来源的公开文本（两个以上的 jsonl 文件）。"
        )
    report(f"框架 {len(frames)} 条，语料 {len(rows)} 条")
    crossed = cross_fit(frames, rows, recipe, report)
    weights = fit_with_mining(frames, rows, recipe, recipe.fills)
    weights = calibrate(replace(weights, name=out.name), crossed, recipe)
    figures = figures_of(weights, crossed, rows)
    write_model(weights, figures, recipe, out)
    report(f"模型写入 {out.name}")
    return figures


def calibrate(weights: Weights, crossed: CrossFit, recipe: Recipe) -> Weights:
    """The weights with slopes, offsets and thresholds taken from the out-of-fold judgements."""
    passages = crossed.passages
    used = np.isin(passages.kinds, ("new", "known", "twin-new", "twin-known", "real"))
    slope, offset = fit_sigmoid(passages.logits[used].ravel(), passages.truth[used].ravel())
    ones = np.ones(len(weights.categories), dtype=np.float32)
    weights = replace(weights, slope=slope * ones, offset=offset * ones)
    low, medium = choose_thresholds(weights, crossed, recipe)
    return replace(weights, low=low * ones, medium=medium * ones)


def choose_thresholds(weights: Weights, crossed: CrossFit, recipe: Recipe) -> tuple[float, float]:
    """(low, medium): the lowest that keep the published documents of unseen sources within the recipe's budget."""
    published = crossed.published
    groups = group_probabilities(weights, probabilities(weights, published.logits))
    pages = sum(published.characters) / PAGE
    allowed = int(recipe.low_per_ten_pages * pages / 10)
    low = threshold_for(groups.ravel(), np.arange(groups.size), allowed, recipe.low_floor)
    medium_allowed = int(recipe.medium_documents * len(published.genres))
    medium = threshold_for(groups.max(axis=1), published.documents, medium_allowed, recipe.medium_floor)
    return low, max(low, medium)


def group_probabilities(weights: Weights, found: Floats) -> Floats:
    """(U, G) probabilities of the top-level groups: sums over their categories."""
    names = [group_of(category) for category in weights.categories]
    return np.stack([found[:, [n == name for n in names]].sum(axis=1) for name in sorted(set(names))], axis=1)


def write_model(weights: Weights, figures: Figures, recipe: Recipe, out: Path) -> None:
    """The sealed model folder; it is loaded once again, so that a folder that was written is a folder that loads."""
    save_weights(weights, out)
    metrics = {"recipe": asdict(recipe), **figures.as_json()}
    (out / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (out / "card.md").write_text(figures.card(weights), "utf-8")
    seal(out)
    load_weights(out)
