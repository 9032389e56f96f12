"""The candidates of the model card, measured side by side: one fold, two sources and a quarter of the families left out.

    python benchmarks/classifier_candidates.py CORPUS

Prints one line per candidate: shares of disclosures whose top-level group and category are right, at a threshold of one
false hint per ten pages of the published text that was left out.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

from review.detection.calibration import PAGE
from review.detection.categories import CATEGORIES, group_of
from review.detection.corpus import build_passages, may_carry_frames, read_corpus
from review.detection.crossfit import fold_of_family, genre_of
from review.detection.evaluation import lines_of
from review.detection.fitting import Recipe, fit, windows_of_passage, windows_of_real
from review.detection.frames import load_frames
from review.detection.scoring import lookup_of, probabilities, score_units
from review.detection.training import group_probabilities

LEFT_OUT = ("letters", "policy")
HELD_FAMILIES = 1
CANDIDATES: dict[str, dict[str, object]] = {
    "adopted": {},
    "2-3-grams": {"sizes": (2, 3)},
    "1-2-grams": {"sizes": (1, 2)},
    "1-4-grams": {"sizes": (1, 2, 3, 4)},
    "no particulars": {"with_particulars": False},
    "n-grams of two families": {"families": 2},
    "n-grams of two families or jieba words": {"families": 2, "with_words": True},
    "no naive Bayes": {"bayes_share": 0.0},
    "little plain prose for topics": {"plain_share": 0.15},
}


def main(corpus: Path) -> None:
    frames = load_frames()
    rows = read_corpus(corpus, cap=800)
    folds = fold_of_family(frames)
    inside = [row for row in rows if genre_of(row.source) not in LEFT_OUT]
    outside = [row for row in rows if genre_of(row.source) in LEFT_OUT]
    random = Random(1)
    seen = [frame for frame in frames if folds[frame.family] != HELD_FAMILIES]
    carriers = [row for row in inside if may_carry_frames(row)]
    windows = [w for p in build_passages(seen, carriers, 3, 1) for w in windows_of_passage(p, random)]
    windows += [w for row in inside for w in windows_of_real(row, random, 6 if row.is_document else 1)]
    tests = build_passages(frames, [row for row in outside if may_carry_frames(row)], 1, 7)
    plain = [line for row in outside for line in row.text.split("\n") if len(line) > 20]
    plain = random.sample(plain, min(6000, len(plain)))
    texts = [passage.text.replace("\n", " ") for passage in tests] + plain
    joined = "\n".join(texts)
    groups = sorted({group_of(category) for category in CATEGORIES})
    allowed = int(sum(map(len, plain)) / PAGE / 10)
    for name, change in CANDIDATES.items():
        began = time.perf_counter()
        weights = fit(windows, replace(Recipe(), **change))  # type: ignore[arg-type]
        found = probabilities(weights, score_units(weights, lookup_of(weights), joined, lines_of(joined)).best)
        of_group = group_probabilities(weights, found)
        threshold = max(0.1, float(np.sort(of_group[len(tests) :].ravel())[-allowed - 1]))
        shares: dict[str, list[tuple[bool, bool]]] = {"new": [], "known": [], "twin": []}
        for passage, of, group in zip(tests, found, of_group, strict=False):
            over = group > threshold
            if not passage.labels:
                shares["twin"].append((bool(over.any()), False))
                continue
            right = bool(over[groups.index(group_of(passage.topic))])
            exact = right and list(CATEGORIES)[int(of.argmax())] == passage.topic
            shares["new" if folds[passage.family] == HELD_FAMILIES else "known"].append((right, exact))
        means = {kind: np.mean(values, axis=0).round(3).tolist() for kind, values in shares.items()}
        print(f"{name:40s} {len(weights.buckets):7d} n-grams {time.perf_counter() - began:5.1f} s  {means}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
