"""Leave-one-source-out: every passage judged by a model that saw neither its source nor (for new ones) its frame family.

One fold per group of genres; in each a quarter of the families of every category is left out as well. Calibration, thresholds
and the figures of the card all come from these judgements, never from rows the model was fitted on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from review.detection.corpus import Passage, RealText, build_passages, may_carry_frames
from review.detection.evaluation import lines_of
from review.detection.features import Floats, Ints
from review.detection.fitting import Recipe, Window, fit, mine, windows_of_passage, windows_of_real
from review.detection.frames import Frame
from review.detection.scoring import Weights, add_context, lookup_of, score_units

#: Sources that are one genre are left out together: two files of statutes are not two sources.
GENRES = {
    "gov_reports_national": "reports",
    "state_council_policy": "policy",
    "gongwen_templates": "policy",
    "laws": "laws",
    "laws_key": "laws",
    "laws_other": "laws",
    "local_regulations": "laws",
    "hard_negatives": "laws",
    "official_news_xwlb": "news",
    "petition_letters": "letters",
    "petition_replies": "replies",
    "judicial_facts": "judgments",
    "case_examples_lawrefbook": "judgments",
    "meeting_transcripts": "minutes",
    "commercial_texts": "contracts",
    "ops_network_docs": "contracts",
    "medical_records": "health",
    "resumes": "health",
}
#: Genres left out together, to fit six models instead of ten; a genre not named here is a fold of its own.
FOLDS = {
    "reports": "official",
    "policy": "official",
    "news": "news and replies",
    "replies": "news and replies",
    "letters": "letters and health",
    "health": "letters and health",
    "minutes": "minutes and contracts",
    "contracts": "minutes and contracts",
}
FAMILY_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Judgements:
    """Out-of-fold logits of passages: what was true, of which kind and genre each was."""

    logits: Floats  # (N, C), with context, before calibration
    truth: np.ndarray  # (N, C) bool
    kinds: np.ndarray  # new | known (family of the frame), twin-new | twin-known (matched negative), real
    genres: np.ndarray
    characters: np.ndarray


@dataclass(frozen=True, slots=True)
class PublishedScores:
    """Out-of-fold logits of every paragraph of the published documents."""

    logits: Floats  # (U, C)
    documents: Ints  # (U,) index of the document
    genres: tuple[str, ...]  # of every document
    characters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CrossFit:
    passages: Judgements
    published: PublishedScores


def genre_of(source: str) -> str:
    return GENRES.get(source, source)


def fold_of(source: str) -> str:
    return FOLDS.get(genre_of(source), genre_of(source))


def fold_of_family(frames: Sequence[Frame]) -> dict[str, int]:
    """Family → fold; the families of a category take turns, so that every fold leaves out a part of every category."""
    turns: dict[str, int] = {}
    folds: dict[str, int] = {}
    for frame in frames:
        if frame.family not in folds:
            folds[frame.family] = turns.get(frame.category, 0) % FAMILY_FOLDS
            turns[frame.category] = turns.get(frame.category, 0) + 1
    return folds


def cross_fit(
    frames: Sequence[Frame], rows: Sequence[RealText], recipe: Recipe, report: Callable[[str], None], fills: int = 2
) -> CrossFit:
    """The judgements of all folds; ``rows`` are published texts without labels, paragraphs and documents."""
    folds = fold_of_family(frames)
    documents = [row for row in rows if row.is_document]
    parts: list[Judgements] = []
    logits: dict[int, Floats] = {}
    for number, fold in enumerate(sorted({fold_of(row.source) for row in rows})):
        held = number % FAMILY_FOLDS
        seen = [frame for frame in frames if folds[frame.family] != held]
        inside = [row for row in rows if fold_of(row.source) != fold]
        weights = fit_with_mining(seen, inside, replace(recipe, mining_rounds=min(1, recipe.mining_rounds)), fills)
        for genre in sorted({genre_of(row.source) for row in rows if fold_of(row.source) == fold}):
            outside = [row for row in rows if genre_of(row.source) == genre]
            parts.append(_judge_passages(weights, frames, folds, held, genre, outside, recipe))
        for index, document in enumerate(documents):
            if fold_of(document.source) == fold:
                logits[index] = score_paragraphs(weights, [document.text])[0]
        report(f"留出 {fold}：词元 {len(weights.buckets)}")
    owners = [np.full(len(logits[index]), index, dtype=np.int64) for index in range(len(documents))]
    width = parts[0].logits.shape[1]
    published = PublishedScores(
        np.concatenate([logits[index] for index in range(len(documents))] or [np.zeros((0, width), np.float32)]),
        np.concatenate(owners or [np.zeros(0, np.int64)]),
        tuple(genre_of(document.source) for document in documents),
        tuple(len(document.text) for document in documents),
    )
    joined = (np.concatenate([getattr(part, name) for part in parts]) for name in Judgements.__slots__)
    return CrossFit(Judgements(*joined), published)


def fit_with_mining(
    frames: Sequence[Frame], rows: Sequence[RealText], recipe: Recipe, fills: int, more: Sequence[Window] = ()
) -> Weights:
    """Weights fitted on frames in prose of the rows, then again with the published paragraphs it was wrong about.

    ``more`` windows (reviewers' decisions) are fitted on as well.
    """
    random = Random(recipe.seed)
    carriers = [row for row in rows if may_carry_frames(row)] or [row for row in rows if not row.is_document]
    passages = build_passages(frames, carriers, fills, recipe.seed)
    windows = [window for passage in passages for window in windows_of_passage(passage, random)]
    windows += [window for row in rows if not row.is_document for window in windows_of_real(row, random)]
    windows += [window for row in rows if row.is_document for window in windows_of_real(row, random, 8)]
    windows += more
    weights = fit(windows, recipe)
    for _ in range(recipe.mining_rounds):
        windows += mine(weights, rows)
        weights = fit(windows, recipe)
    return weights


def score_paragraphs(weights: Weights, texts: Sequence[str]) -> list[Floats]:
    """Logits with context of the paragraphs of every text: one (U, C) array per text."""
    lookup = lookup_of(weights)
    scored = (score_units(weights, lookup, text, lines_of(text)).best for text in texts)
    return [add_context(weights, np.where(np.isfinite(best), best, np.float32(-30))) for best in scored]


def _judge_passages(
    weights: Weights,
    frames: Sequence[Frame],
    folds: dict[str, int],
    held: int,
    genre: str,
    outside: Sequence[RealText],
    recipe: Recipe,
) -> Judgements:
    """Judgements of all frames set into the genre that was left out, and of as much of its plain prose."""
    carriers = [row for row in outside if may_carry_frames(row)]
    passages: list[Passage] = build_passages(frames, carriers, 1, recipe.seed + 1) if carriers else []
    random = Random(recipe.seed + 2)
    plain = [row for row in outside if not row.is_document]
    chosen = random.sample(plain, min(1500, len(plain)))
    texts = [passage.text.replace("\n", " ") for passage in passages] + [row.text.replace("\n", " ") for row in chosen]
    width = len(weights.categories)
    truth = np.zeros((len(texts), width), dtype=bool)
    kinds = []
    for index, passage in enumerate(passages):
        truth[index] = [name in passage.labels for name in weights.categories]
        age = "new" if folds[passage.family] == held else "known"
        kinds.append(age if passage.labels else f"twin-{age}")
    kinds += ["real"] * len(chosen)
    joined = "\n".join(texts)
    logits = score_units(weights, lookup_of(weights), joined, lines_of(joined)).best
    logits = np.where(np.isfinite(logits), logits, np.float32(-30))
    genres = np.array([genre] * len(texts), dtype=object)
    return Judgements(logits, truth, np.array(kinds, dtype=object), genres, np.array([len(text) for text in texts]))
