"""What still stands between a draft and its publication, and which dispositions a new draft keeps. Pure functions."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from review.errors import WorkflowError
from review.types import Check, Disposition, DispositionCode, Document, Draft, Finding, Level, Severity

#: Findings from here on must be disposed before publication (domain.md §3.3).
_WEIGHTY = Severity.MEDIUM.rank


@dataclass(frozen=True, slots=True)
class RedactedCopy:
    """A redacted version and what the machine says of it, read and checked again from its bytes."""

    data: bytes = field(repr=False)
    file_name: str = field(repr=False)
    document: Document = field(repr=False)
    check: Check


def weighty_findings(check: Check) -> tuple[int, ...]:
    """Indices of the findings that must be disposed: MEDIUM or above, trial rules apart."""
    return tuple(index for index, finding in enumerate(check.findings) if _is_weighty(finding))


def count_undisposed(check: Check, disposed: Collection[int]) -> int:
    return sum(index not in disposed for index in weighty_findings(check))


def require_settled(check: Check, current: Sequence[Disposition]) -> None:
    """WorkflowError unless every weighty finding was found harmless: what must be dealt with is still in this draft."""
    _refuse_stop(check)
    codes = {item.finding: item.code for item in current}
    weighty = weighty_findings(check)
    if open_ones := sum(index not in codes for index in weighty):
        raise WorkflowError(f"还有 {open_ones} 处问题未处置，暂不能同意公开。", "请逐处处置后再作结论。")
    unsolved = sum(codes[index] in (DispositionCode.CONFIRMED, DispositionCode.REDACT) for index in weighty)
    if unsolved:
        raise WorkflowError(
            f"有 {unsolved} 处已认定应处理或脱敏，但仍在文稿中，不能同意公开。",
            "请退回经办人修改，或生成脱敏稿后选择“区分处理后公开”。",
        )
    if doubtful := sum(codes[index] is DispositionCode.DOUBTFUL for index in weighty):
        raise WorkflowError(
            f"有 {doubtful} 处存疑，不能同意公开。", "请查清后改作误报或应处理；难以确定的，征求意见或提请确定。"
        )


def require_redacted(draft: Draft, current: Sequence[Disposition], copy: RedactedCopy | None) -> None:
    """WorkflowError unless nothing that must be hidden is left: in the checked copy, or without one in the draft itself."""
    _refuse_stop(draft.check)
    if copy is None:
        try:
            require_settled(draft.check, current)
        except WorkflowError as error:
            raise WorkflowError(
                error.message_zh.replace("同意公开", "公开"), "请生成脱敏稿并重新检查，或退回经办人提交处理后的文稿。"
            ) from None
        return
    if count_undisposed(draft.check, {item.finding for item in current}):
        raise WorkflowError("还有问题未处置，暂不能公开。", "请逐处处置后再作结论。")
    if not hashlib.sha256(copy.data).hexdigest() == copy.document.sha256 == copy.check.document_sha256:
        raise WorkflowError("脱敏稿的检查结果与文件不对应。", "请重新生成脱敏稿并检查。")
    if copy.check.verdict.level is Level.STOP or not copy.check.verdict.complete:
        raise WorkflowError("脱敏稿未能完整检查，不能公开。", "请换一种格式重新生成，或人工处理后重新送审。")
    harmless = _harmless(draft.check, current)
    if left := sum(_is_weighty(f) and _identity(f) not in harmless for f in copy.check.findings):
        raise WorkflowError(f"脱敏稿中仍有 {left} 处问题。", "请补充脱敏后重新检查；确属误报的先在原稿上处置。")


def require_gaps_seen(check: Check, is_acknowledged: bool) -> None:
    """WorkflowError while something was not read and nobody said that a person looked at it (domain.md §8.2)."""
    if (check.gaps or not check.verdict.complete) and not is_acknowledged:
        raise WorkflowError(
            f"有 {max(1, len(check.gaps))} 处内容未能检查，暂不能公开。",
            "请人工逐页查看后，点“人工已逐页查看”并写明情况。",
        )


def carry_over(old: Draft, current: Sequence[Disposition], check: Check, number: int) -> tuple[Disposition, ...]:
    """Dispositions of the old draft that hold for the same matches of draft ``number``.

    The same match: same rule, same keyed fingerprint, equally hidden, not more severe, not in more places. Where the old
    draft disagrees with itself nothing is carried over. The person who said it stays the author.
    """
    said: dict[tuple, set[tuple[DispositionCode, str]]] = {}
    source: dict[tuple, tuple[Finding, Disposition]] = {}
    for item in current:
        finding = old.check.findings[item.finding]
        said.setdefault(_identity(finding), set()).add((item.code, item.note))
        source[_identity(finding)] = (finding, item)
    carried = []
    for index, finding in enumerate(check.findings):
        key = _identity(finding)
        if not finding.fingerprint or len(said.get(key, ())) != 1:
            continue
        before, item = source[key]
        if finding.severity.rank <= before.severity.rank and finding.count <= before.count:
            carried.append(
                Disposition(old.case_id, number, index, item.code, item.note, item.actor_id, item.at, old.number)
            )
    return tuple(carried)


def _harmless(check: Check, current: Sequence[Disposition]) -> set[tuple]:
    return {
        _identity(check.findings[item.finding])
        for item in current
        if item.code is DispositionCode.FALSE_ALARM and check.findings[item.finding].fingerprint
    }


def _identity(finding: Finding) -> tuple[str, str, bool]:
    return finding.rule_id, finding.fingerprint, finding.hidden


def _is_weighty(finding: Finding) -> bool:
    return finding.severity.rank >= _WEIGHTY and not finding.trial


def _refuse_stop(check: Check) -> None:
    if check.verdict.level is Level.STOP or any(f.severity is Severity.STOP and not f.trial for f in check.findings):
        raise WorkflowError("疑似含国家秘密标志，不能公开。", "请选择“停止处理”，并报告本单位保密工作机构。")
