"""Plain words for a finding: the place down to the line, and what to write instead.

第3页第2行：居民身份证号码，未脱敏，请改为 34*************512
"""

from review.outputs.places import Places
from review.types import Block, Document, Finding, Policy, Rule, Span, Suggestion
from review.wording import SUGGESTION_NAMES

#: Longer matches are passages, not values: no replacement is written for them.
_LONGEST_VALUE = 32
_SHORTEST_VALUE = 6


class Lines:
    """Where findings of one document stand, with line numbers where a page has boxes."""

    def __init__(self, document: Document) -> None:
        self._places = Places(document)
        self._lines: dict[tuple[int | None, int], list[float]] = {}
        for block in document.blocks:
            for run in block.runs:
                self._lines.setdefault((block.part, run.page), []).append((run.bbox.top + run.bbox.bottom) / 2)
        self._lines = {page: _merged(middles) for page, middles in self._lines.items()}

    def location(self, finding: Finding) -> str:
        """第3页第2行, 表2 第5行 C列, 文件名 …"""
        where = self._places.location(finding)
        if finding.span is None or finding.count > 1:
            return where
        block = self._places.block_at(finding.span.start)
        line = self._line(block, finding.span) if block else None
        return f"{where}第{line}行" if line and "行" not in where else where

    def _line(self, block: Block, span: Span) -> int | None:
        run = next((run for run in block.runs if run.span.end > span.start), None)
        if run is None:
            return None
        middle = (run.bbox.top + run.bbox.bottom) / 2
        lines = self._lines[block.part, run.page]
        return 1 + min(range(len(lines)), key=lambda i: abs(lines[i] - middle))


def advice(finding: Finding, rule: Rule | None, where: str, document: Document, policy: Policy) -> str:
    """One sentence for the person who must change the draft."""
    title = rule.title if rule else "须核实的内容"
    many = f"（共{finding.count}处）" if finding.count > 1 else ""
    if rule is not None and rule.suggest is Suggestion.REDACT and finding.span is not None and finding.count == 1:
        value = document.text[finding.span.start : finding.span.end]
        if is_number(value):
            return f"{where}：{title}，未脱敏，请改为 {masked(value, finding.category, policy)}"
    action = (rule.remedy or SUGGESTION_NAMES[rule.suggest]) if rule else SUGGESTION_NAMES[Suggestion.CONFIRM]
    return f"{where}：{title}{many}，{action}"


def is_number(value: str) -> bool:
    """Whether a replacement can be written down: one number of a person, not yet masked, not a passage."""
    digits = sum(character.isdigit() for character in value)
    return _SHORTEST_VALUE <= len(value) <= _LONGEST_VALUE and digits >= 0.7 * len(value) and "\n" not in value


def masked(value: str, category: str, policy: Policy) -> str:
    """The number with its middle starred, as the installation's policy has it (domain.md §5.2: grade G4, accounts only ends)."""
    if category == "PII.ID" and len(value) >= 15:
        head, tail = policy.id_keep_head, policy.id_keep_tail
    elif category == "PII.FIN":
        head, tail = 0, 4
    else:
        head, tail = (3, 4) if len(value) >= 11 else (1, 1)
    return value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :]


def _merged(middles: list[float]) -> list[float]:
    """Vertical positions of the lines of a page; runs less than 4 units apart stand in one line."""
    merged: list[float] = []
    for middle in sorted(middles):
        if not merged or middle - merged[-1] > 4:
            merged.append(middle)
    return merged
