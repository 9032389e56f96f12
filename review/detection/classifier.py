"""Document → hints: paragraphs that read like something rules have no word for. Never stops, never clears.

A hint is a Finding of source ``classifier``: severity LOW, MEDIUM only at a high calibrated probability, whatever the rule
says. Its ``span`` is the paragraph (or the stretch of neighbouring ones) and ``spans[0]`` repeats it; ``spans[1:]`` are the
words and particulars that carried the score, for the screen to underline. Notes hold a plain grade and kinds, no text.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from review.detection import features
from review.detection.categories import group_of
from review.detection.features import PARTICULARS, PARTICULARS_ZH, Floats
from review.detection.model_files import load_weights, model_hash
from review.detection.scoring import (
    WINDOWS,
    Scored,
    Weights,
    add_context,
    lookup_of,
    probabilities,
    score_units,
    score_windows,
)
from review.types import Block, BlockKind, Document, Finding, Rule, RuleSet, RuleStatus, Severity, Source, Span

#: Characters of a paragraph at most; a longer block is read as several.
UNIT_LIMIT = 420
#: A shorter line without an end mark is read together with the next one (forms, lists, hard-wrapped text).
LINE_LIMIT = 44
#: Hints of one category shown for a document; the others are counted in the last one's notes.
HINTS_PER_CATEGORY = 4
#: Paragraphs of one stretch at most.
STRETCH_LIMIT = 4
#: Carrying words underlined in one paragraph at most.
WORDS_PER_PARAGRAPH = 8

#: Probability from which a hint reads 很像 instead of 较像.
LIKELY = 0.4

_PUNCTUATION = frozenset("，。、；：！？（）《》“”‘’,.;:!?()…—-|【】〔〕")
_FINAL = "。！？!?；;"


@dataclass(frozen=True, slots=True)
class Hit:
    """One paragraph that reads like one category."""

    unit: int
    column: int
    probability: float


class Classifier:
    """A loaded model; ``id`` names it exactly in a Check (name and the first digits of its hash)."""

    def __init__(self, weights: Weights, digest: str) -> None:
        self.weights = weights
        self.id = f"{weights.name}@{digest[:12]}"
        self._lookup: npt.NDArray[np.int32] = lookup_of(weights)
        self._mean: Floats = weights.table[:, :-1].mean(axis=1)

    def probabilities(self, text: str, units: Sequence[tuple[int, int]]) -> Floats:
        """Calibrated probability of every unit (an ordered range of the text) and category: (U, C)."""
        scored = score_units(self.weights, self._lookup, text, units)
        return probabilities(self.weights, add_context(self.weights, scored.best))

    def find_hints(self, document: Document, rules: RuleSet, key: bytes = b"") -> tuple[Finding, ...]:
        """The hints of the document, most likely first; at most HINTS_PER_CATEGORY of a category.

        A category without an active rule (``detector: classifier``) is not reported: switching it off is the maintainer's
        choice. ``key`` is the installation's key for fingerprints.
        """
        active = _active_rules(rules)
        columns = [column for column, name in enumerate(self.weights.categories) if name in active]
        units = paragraphs_of(document)
        if not units or not columns:
            return ()
        scored = score_units(self.weights, self._lookup, document.text, units)
        found = probabilities(self.weights, add_context(self.weights, scored.best))
        hits = choose_hits(self.weights, found, columns)
        findings = []
        for column in columns:
            stretches = join_stretches([hit for hit in hits if hit.column == column])
            shown = stretches[:HINTS_PER_CATEGORY]
            rule = active[self.weights.categories[column]]
            for stretch in shown:
                rest = len(stretches) - len(shown) if stretch is shown[-1] else 0
                findings.append(self._finding(document, units, scored, stretch, rule, rest, key))
        return tuple(sorted(findings, key=lambda f: (-(f.score or 0.0), f.span, f.rule_id)))

    def _finding(
        self,
        document: Document,
        units: Sequence[tuple[int, int]],
        scored: Scored,
        stretch: Sequence[Hit],
        rule: Rule,
        rest: int,
        key: bytes,
    ) -> Finding:
        column = stretch[0].column
        order = sorted(hit.unit for hit in stretch)
        whole = Span(units[order[0]][0], units[order[-1]][1])
        words: list[Span] = []
        kinds: set[str] = set()
        for unit in order:
            carried, seen = self._explain(document.text, scored, unit, column)
            words += carried
            kinds |= seen
        probability = max(hit.probability for hit in stretch)
        is_high = probability >= self.weights.medium[column]
        notes = [f"{_grade(probability, is_high)}“{rule.title.removesuffix('线索')}”一类内容"]
        if kinds:
            notes.append("含" + "、".join(PARTICULARS_ZH[kind] for kind in PARTICULARS if kind in kinds))
        if rest:
            notes.append(f"另有{rest}处同类线索，未逐一列出")
        return Finding(
            rule_id=rule.id,
            rule_version=rule.version,
            category=rule.category,
            severity=Severity.MEDIUM if is_high else Severity.LOW,
            source=Source.CLASSIFIER,
            span=whole,
            spans=(whole, *words),
            count=len(order),
            score=round(probability, 4),
            hidden=_is_hidden(document.blocks, whole),
            notes=tuple(notes),
            fingerprint=_fingerprint(key, rule.id, document.text[whole.start : whole.end]),
            trial=rule.status is RuleStatus.TRIAL,
        )

    def _explain(self, text: str, scored: Scored, unit: int, column: int) -> tuple[list[Span], set[str]]:
        """(words and particulars that carried the unit's best window, kinds of its particulars)."""
        begin, end = self._best_window(scored, unit, column, len(text))
        part = text[begin:end]
        starts = scored.starts[(scored.starts >= begin) & (scored.starts < end)] - begin
        shaped = features.shape(part)
        sentences = features.sentence_of(shaped, starts)
        carried = np.zeros(len(part) + 1, dtype=np.float32)
        weighed = self.weights.table[:, column] - self._mean + self.weights.table[:, -1]
        for size in self.weights.sizes:
            positions, buckets = features.bucket_ngrams(shaped, sentences, size)
            rows = self._lookup[buckets]
            for position, row in zip(positions[rows >= 0], rows[rows >= 0], strict=True):
                first, last = shaped.origins[position], shaped.origins[position + size - 1] + 1
                carried[first:last] += weighed[row] / (last - first)
        positions, kinds = features.find_particulars(shaped, sentences)
        speaks = self.weights.particulars[kinds, -1] > 0
        particular = np.zeros(len(part), dtype=bool)
        ends = np.append(shaped.origins, len(part))
        for position in positions[speaks].tolist():
            particular[shaped.origins[position] : ends[position + 1] + 1] = True  # the number and its unit
        touched = {PARTICULARS[kind] for kind in kinds[speaks].tolist()}
        words = _peaks(carried[:-1], particular, begin, part)
        return words, touched

    def _best_window(self, scored: Scored, unit: int, column: int, length: int) -> tuple[int, int]:
        """The offsets of the unit's window with the highest logit for the category."""
        inside = np.flatnonzero(scored.owners == unit)
        owners = scored.owners[inside]
        best = (-np.inf, 0, 1)
        for size in WINDOWS:
            first, logits = score_windows(
                self.weights, scored.sums[inside], scored.squares[inside], scored.particulars[inside], owners, size
            )
            if len(first) and logits[:, column].max() > best[0]:
                at = int(logits[:, column].argmax())
                best = (float(logits[at, column]), int(first[at]), size)
        last = int(inside[0]) + best[1] + best[2]
        end = int(scored.starts[last]) if last < len(scored.starts) else length
        return int(scored.starts[inside[0] + best[1]]), end


def load_model(folder: Path) -> Classifier:
    """The classifier of a model folder; ModelError if it is missing, altered, or made for another program version."""
    return Classifier(load_weights(folder), model_hash(folder))


def paragraphs_of(document: Document) -> list[tuple[int, int]]:
    """The document as units of at most UNIT_LIMIT characters: table rows as one, long blocks cut, short lines joined."""
    units: list[tuple[int, int]] = []
    row: tuple[int, int] | None = None
    open_line = False
    for block in document.blocks:
        here = (block.cell.table, block.cell.row) if block.cell else None
        for start, end in _lines(document.text, block.span):
            length = end - units[-1][0] if units else 0
            joins_row = here is not None and here == row
            joins_line = open_line and here is None and row is None and end - start <= UNIT_LIMIT // 2
            if units and length <= UNIT_LIMIT and (joins_row or joins_line):
                units[-1] = (units[-1][0], end)
            else:
                units.append((start, end))
            row = here
            is_short = end - start <= LINE_LIMIT and block.kind is BlockKind.PARAGRAPH
            open_line = is_short and document.text[end - 1] not in _FINAL
    return units


def _lines(text: str, span: Span) -> list[tuple[int, int]]:
    """The lines of a block that hold text; lines beyond UNIT_LIMIT cut after a sentence."""
    lines = []
    position = span.start
    while position < span.end:
        stop = text.find("\n", position, span.end)
        stop = span.end if stop < 0 else stop
        begin = position
        while stop - begin > UNIT_LIMIT:
            cut = max(text.rfind(mark, begin + UNIT_LIMIT // 2, begin + UNIT_LIMIT) for mark in "。！？；") + 1
            cut = cut if cut > begin else begin + UNIT_LIMIT
            lines.append((begin, cut))
            begin = cut
        lines.append((begin, stop))
        position = stop + 1
    return [(begin, end) for begin, end in lines if text[begin:end].strip()]


def choose_hits(weights: Weights, found: Floats, columns: Sequence[int]) -> list[Hit]:
    """The likeliest category of every top-level group whose probability is over the threshold; two groups at most.

    A group's probability is the sum over its categories: one can be sure that something is a bidding secret and still
    not sure which. It is the hit's probability.
    """
    groups: dict[str, list[int]] = {}
    for column in columns:
        groups.setdefault(group_of(weights.categories[column]), []).append(column)
    hits: dict[int, list[Hit]] = {}
    for members in groups.values():
        of_group = found[:, members]
        total = np.minimum(of_group.sum(axis=1), 0.9999)
        best = np.array(members)[of_group.argmax(axis=1)]
        for unit in np.flatnonzero(total >= weights.low[best]).tolist():
            hits.setdefault(unit, []).append(Hit(unit, int(best[unit]), float(total[unit])))
    return [hit for unit in sorted(hits) for hit in sorted(hits[unit], key=lambda h: -h.probability)[:2]]


def join_stretches(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Hits of one category joined where their paragraphs touch or leave one out; likeliest stretch first."""
    stretches: list[list[Hit]] = []
    for hit in sorted(hits, key=lambda hit: hit.unit):
        if stretches and hit.unit - stretches[-1][-1].unit <= 2 and len(stretches[-1]) < STRETCH_LIMIT:
            stretches[-1].append(hit)
        else:
            stretches.append([hit])
    return sorted(stretches, key=lambda s: (-max(hit.probability for hit in s), s[0].unit))


def _active_rules(rules: RuleSet) -> dict[str, Rule]:
    """Category → the rule that describes its hints."""
    shown = (RuleStatus.STABLE, RuleStatus.TRIAL)
    return {rule.category: rule for rule in rules.rules if rule.detector == "classifier" and rule.status in shown}


def _grade(probability: float, is_high: bool) -> str:
    if is_high:
        return "非常像"
    return "很像" if probability >= LIKELY else "较像"


def _peaks(carried: npt.NDArray[np.float32], particular: npt.NDArray[np.bool_], begin: int, part: str) -> list[Span]:
    """The strongest stretches of characters with positive weight or a particular, without punctuation, in reading order."""
    if not len(carried) or carried.max() <= 0:
        return []
    is_word = np.array([character not in _PUNCTUATION and not character.isspace() for character in part])
    strong = ((carried >= 0.2 * float(carried.max())) | particular) & is_word
    edges = np.diff(np.concatenate(([0], strong.view(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    ranked = sorted(
        (-float(carried[start:end].sum()), start, end)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        if end - start >= 2
    )
    chosen = sorted((start, end) for _, start, end in ranked[:WORDS_PER_PARAGRAPH])
    return [Span(begin + start, begin + end) for start, end in chosen]


def _is_hidden(blocks: Sequence[Block], span: Span) -> bool:
    touching = [block for block in blocks if block.span.is_overlapping(span)]
    return bool(touching) and all(block.is_unseen for block in touching)


def _fingerprint(key: bytes, rule_id: str, text: str) -> str:
    """HMAC over the rule and the text without white space, so that a re-wrapped draft keeps its dispositions."""
    if not key:
        return ""
    return hmac.new(key, f"{rule_id}\0{''.join(text.split())}".encode(), hashlib.sha256).hexdigest()
