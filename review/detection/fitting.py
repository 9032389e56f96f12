"""Windows of text → fitted weights: vocabulary, design matrix, one logistic regression per category, mining."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from review.detection import features
from review.detection.categories import CATEGORIES
from review.detection.corpus import Passage, RealText, remove_giveaways
from review.detection.features import BUCKETS, Floats, Ints
from review.detection.scoring import WINDOWS, Scored, Weights, lookup_of, score_units, score_windows

#: Public sources whose rows often do disclose something about somebody (design/data.md: a genre is not a label).
AMBIGUOUS = frozenset(
    {
        "petition_letters",
        "judicial_facts",
        "case_examples_lawrefbook",
        "medical_records",
        "ops_network_docs",
        "meeting_transcripts",
        "resumes",
        "commercial_texts",
    }
)
#: Weight of the particulars beside the n-grams, whose values are small fractions.
_PARTICULARS_SCALE = 0.25
_LINE = re.compile(r"[^\n]*\S[^\n]*")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the choice among candidates was about; the values are the measured choice (card.md, “试过什么”)."""

    seed: int = 20261125
    sizes: tuple[int, ...] = (1, 2)
    fills: int = 3
    strength: float = 12.0  # inverse regularisation of the disclosure column
    topic_strength: float = 0.2
    topic_scale: float = 2.5
    bayes_share: float = 0.3
    plain_share: float = 0.6  # of the real prose, for the topic columns
    twin_weight: float = 2.0
    ambiguous_weight: float = 0.3  # of letters, case narratives, medical and operations text as negatives
    damping: float = 60.0
    context: float = 0.1
    families: int = 1  # an n-gram must stand in this many frame families …
    spread: int = 25  # … or in this many windows of real prose
    with_particulars: bool = True
    with_words: bool = False  # keep n-grams below `families` when jieba knows them as words
    mining_rounds: int = 1
    low_per_ten_pages: float = 0.6  # hints on published documents of unseen sources
    medium_documents: float = 0.02  # share of published documents with a MEDIUM hint
    low_floor: float = 0.03
    medium_floor: float = 0.8


@dataclass(frozen=True, slots=True)
class Window:
    """One to three neighbouring sentences; the unit the model is fitted on."""

    text: str = field(repr=False)
    source: str
    family: str  # "" for real prose
    labels: frozenset[str]
    topic: str = ""
    weight: float = 1.0


def windows_of_passage(passage: Passage, random: Random) -> list[Window]:
    """Up to four windows: those that hold the frame's sentence (its label) and one that holds none of it (no label)."""
    starts, _ = features.cut_sentences(passage.text, [(0, len(passage.text))])
    bounds = [*starts.tolist(), len(passage.text)]
    inside: list[Window] = []
    outside: list[Window] = []
    for size in (1, 2, 3):
        for first in range(len(starts) - size + 1):
            begin, end = bounds[first], bounds[first + size]
            text = passage.text[begin:end]
            overlap = 0
            if passage.frame:
                overlap = max(0, min(end, passage.frame.end) - max(begin, passage.frame.start))
                share = overlap / (passage.frame.end - passage.frame.start)
            if overlap == 0:
                outside.append(Window(text, passage.source, "", frozenset()))
            elif share >= 0.45:
                inside.append(Window(text, passage.source, passage.family, passage.labels, passage.topic))
    chosen = random.sample(inside, min(3, len(inside)))
    return chosen + random.sample(outside, min(1, len(outside)))


def windows_of_real(row: RealText, random: Random, count: int = 1) -> list[Window]:
    """``count`` windows of one to three sentences of published prose, without label."""
    text = remove_giveaways(row.text)
    starts, _ = features.cut_sentences(text, [(0, len(text))])
    bounds = [*starts.tolist(), len(text)]
    found = []
    for _ in range(count if len(starts) else 0):
        size = random.choice((1, 1, 2, 3))
        first = random.randrange(len(starts))
        found.append(Window(text[bounds[first] : bounds[min(first + size, len(starts))]], row.source, "", frozenset()))
    return [window for window in found if len(window.text) >= 8]


@dataclass(frozen=True, slots=True)
class Counts:
    """Windows as numbers: one (row, bucket) pair per n-gram and the particulars of every row."""

    rows: Ints
    buckets: Ints
    particulars: Floats  # (N, P) counts


def count_windows(texts: Sequence[str], sizes: Sequence[int]) -> Counts:
    """The n-grams and particulars of every text, through the same functions that read a draft."""
    rows, buckets, particulars = [], [], []
    for first in range(0, len(texts), 4000):
        part = texts[first : first + 4000]
        whole = "\n".join(part)
        ends = np.cumsum([len(text) + 1 for text in part])
        units = [(int(end) - len(text) - 1, int(end) - 1) for end, text in zip(ends, part, strict=True)]
        starts, owners = features.cut_sentences(whole, units)
        shaped = features.shape(whole)
        sentences = features.sentence_of(shaped, starts)
        for size in sizes:
            positions, found = features.bucket_ngrams(shaped, sentences, size)
            rows.append(owners[sentences[positions]] + first)
            buckets.append(found)
        counts = features.count_particulars(shaped, sentences, len(starts))
        summed = np.zeros((len(part), counts.shape[1]), dtype=np.float32)
        np.add.at(summed, owners, counts)
        particulars.append(summed)
    return Counts(np.concatenate(rows), np.concatenate(buckets), np.concatenate(particulars))


def choose_buckets(counts: Counts, windows: Sequence[Window], recipe: Recipe) -> tuple[Ints, Floats]:
    """(kept buckets ascending, idf of each): n-grams of several frame families or of much real prose.

    An n-gram of a single family is that family's wording, not the category's; it is kept only if it is a word.
    """
    total = len(windows)
    families = {name: index for index, name in enumerate(sorted({w.family for w in windows if w.family}))}
    of_row = np.array([families.get(w.family, -1) for w in windows])
    pairs = np.unique(counts.rows * BUCKETS + counts.buckets)
    row, bucket = pairs // BUCKETS, pairs % BUCKETS
    frequency = np.bincount(bucket, minlength=BUCKETS)
    real = np.bincount(bucket[of_row[row] < 0], minlength=BUCKETS)
    framed = of_row[row] >= 0
    spread = np.unique(of_row[row[framed]].astype(np.int64) * BUCKETS + bucket[framed]) % BUCKETS
    in_families = np.bincount(spread, minlength=BUCKETS)
    keep = (in_families >= recipe.families) | (real >= recipe.spread)
    if recipe.with_words:
        words = np.zeros(BUCKETS, dtype=bool)
        words[buckets_of_words(features.words_of(w.text for w in windows if w.family), recipe.sizes)] = True
        keep |= words & (in_families >= 1)
    chosen = np.flatnonzero(keep)
    idf = np.log((1 + total) / (1 + frequency[chosen])).clip(0.5, 7.0)
    return chosen, idf.astype(np.float32)


def buckets_of_words(words: Sequence[str] | dict[str, int], sizes: Sequence[int]) -> Ints:
    """The hash buckets of the words whose length is one of the n-gram sizes."""
    text = "\n".join(word for word in sorted(words) if len(word) in sizes)
    if not text:
        return np.zeros(0, dtype=np.int64)
    lines = text.split("\n")
    ends = np.cumsum([len(line) + 1 for line in lines])
    starts = ends - np.array([len(line) + 1 for line in lines])
    shaped = features.shape(text)
    sentences = features.sentence_of(shaped, starts.astype(np.int64))
    sizes_of = np.bincount(sentences, minlength=len(lines))
    found = []
    for size in sizes:
        positions, buckets = features.bucket_ngrams(shaped, sentences, size)
        found.append(buckets[sizes_of[sentences[positions]] == size])
    return np.unique(np.concatenate(found))


def design_matrix(counts: Counts, total: int, chosen: Ints, idf: Floats, recipe: Recipe) -> sparse.csr_matrix:
    """(N, K + P): n-gram counts × idf over the damped norm of the window, then the squashed particulars."""
    lookup = np.full(BUCKETS, -1, dtype=np.int64)
    lookup[chosen] = np.arange(len(chosen))
    column = lookup[counts.buckets]
    known = column >= 0
    rows, columns = counts.rows[known], column[known]
    norm = np.sqrt(np.bincount(rows, weights=idf[columns] ** 2, minlength=total) + recipe.damping)
    values = (idf[columns] / norm[rows]).astype(np.float32)
    ngrams = sparse.csr_matrix((values, (rows, columns)), shape=(total, len(chosen)), dtype=np.float32)
    extra = features.squash(counts.particulars) * (_PARTICULARS_SCALE if recipe.with_particulars else 0.0)
    return sparse.hstack([ngrams, sparse.csr_matrix(extra)], format="csr")


def fit(windows: Sequence[Window], recipe: Recipe, categories: Sequence[str] = tuple(CATEGORIES)) -> Weights:
    """Weights fitted on the windows: topic columns and the disclosure column; calibration is still neutral.

    Disclosures and their matched negatives share a topic, so both teach it; only the disclosure column tells them apart,
    and it learns that from all categories at once.
    """
    counts = count_windows([window.text for window in windows], recipe.sizes)
    chosen, idf = choose_buckets(counts, windows, recipe)
    matrix = design_matrix(counts, len(windows), chosen, idf, recipe)
    known, width = len(chosen), len(categories)
    columns = np.zeros((matrix.shape[1], width + 1), dtype=np.float32)
    bias = np.zeros(width + 1, dtype=np.float32)
    _fit_topics(matrix, windows, recipe, categories, columns, bias)
    _fit_disclosure(matrix, windows, recipe, columns, bias)
    neutral = np.ones(width, dtype=np.float32)
    return Weights(
        name="",
        categories=tuple(categories),
        sizes=recipe.sizes,
        buckets=chosen,
        table=columns[:known] * idf[:, None],
        squares=idf**2,
        particulars=columns[known:] * np.float32(_PARTICULARS_SCALE if recipe.with_particulars else 0.0),
        bias=bias,
        slope=neutral,
        offset=0 * neutral,
        low=0.3 * neutral,
        medium=0.9 * neutral,
        damping=recipe.damping,
        context=recipe.context,
    )


def _fit_topics(
    matrix: sparse.csr_matrix,
    windows: Sequence[Window],
    recipe: Recipe,
    categories: Sequence[str],
    columns: Floats,
    bias: Floats,
) -> None:
    """Fills the topic columns: one linear support vector machine per category, and a share of naive Bayes.

    Naive Bayes alone ranks unseen families better by group, the machines better by category; the sum does both.
    """
    place = {category: index for index, category in enumerate(categories)}
    topics = np.array([place.get(window.topic, -1) for window in windows])
    random = np.random.default_rng(recipe.seed)
    rows = np.flatnonzero((topics >= 0) | (random.random(len(topics)) < recipe.plain_share))
    part, topic = matrix[rows], topics[rows]
    for index in range(len(categories)):
        target = topic == index
        if not target.any():
            bias[index] = -9.0
            continue
        machine = LinearSVC(C=recipe.topic_strength, tol=0.1, random_state=recipe.seed)
        machine.fit(part, target, sample_weight=np.where(target, 3.0, 1.0))
        columns[:, index] = machine.coef_[0] * recipe.topic_scale
        bias[index] = machine.intercept_[0] * recipe.topic_scale
    present = np.unique(topic[topic >= 0])
    bayes = MultinomialNB(alpha=0.1, fit_prior=False).fit(part[topic >= 0], topic[topic >= 0])
    log_share = bayes.feature_log_prob_ - bayes.feature_log_prob_.mean(axis=0)
    columns[:, present] += (recipe.bayes_share * log_share.T).astype(np.float32)


def _fit_disclosure(
    matrix: sparse.csr_matrix, windows: Sequence[Window], recipe: Recipe, columns: Floats, bias: Floats
) -> None:
    """Fills the disclosure column: a logistic regression of all disclosures against matched negatives and real prose."""
    target = np.array([bool(window.labels) for window in windows])
    weight = np.array([w.weight * _negative_weight(w, recipe) if not w.labels else w.weight for w in windows])
    model = LogisticRegression(C=recipe.strength, solver="liblinear", dual=True, tol=0.05, random_state=recipe.seed)
    model.fit(matrix, target, sample_weight=weight)
    columns[:, -1] = model.coef_[0]
    bias[-1] = model.intercept_[0]


def _negative_weight(window: Window, recipe: Recipe) -> float:
    """Matched negatives count more; public text of genres that do hold private circumstances counts less."""
    if window.topic:
        return recipe.twin_weight
    return recipe.ambiguous_weight if window.source in AMBIGUOUS else 1.0


def mine(weights: Weights, rows: Sequence[RealText], most: int = 700, above: float = -3.0) -> list[Window]:
    """The published paragraphs the model is most wrong about, as windows without label; hard negatives for the next fit."""
    lookup = lookup_of(weights)
    rows = [row for row in rows if row.source not in AMBIGUOUS]
    texts = [row.text for row in rows]
    joined = "\n".join(texts)
    bounds = np.cumsum([len(text) + 1 for text in texts])
    units = [(m.start(), m.end()) for m in _LINE.finditer(joined)]
    scored = score_units(weights, lookup, joined, units)
    worst = scored.best.max(axis=1)
    found: list[Window] = []
    for unit in np.argsort(-worst)[:most].tolist():
        if worst[unit] > above:
            begin, end = units[unit]
            row = rows[int(np.searchsorted(bounds, begin, "right"))]
            found += _windows_over(weights, scored, unit, joined, end, row.source, above)
    unique = {window.text: window for window in found}
    return list(unique.values())


def _windows_over(
    weights: Weights, scored: Scored, unit: int, text: str, end: int, source: str, above: float
) -> list[Window]:
    """The one or two best windows of a unit as negatives."""
    inside = np.flatnonzero(scored.owners == unit)
    bounds = [*scored.starts[inside].tolist(), end]
    ranked = []
    for size in WINDOWS:
        first, logits = score_windows(
            weights,
            scored.sums[inside],
            scored.squares[inside],
            scored.particulars[inside],
            scored.owners[inside],
            size,
        )
        ranked += [(float(logits[k].max()), bounds[i], bounds[i + size]) for k, i in enumerate(first.tolist())]
    ranked.sort(reverse=True)
    return [
        Window(remove_giveaways(text[begin:stop]), source, "", frozenset(), weight=1.5)
        for logit, begin, stop in ranked[:2]
        if logit > above
    ]
