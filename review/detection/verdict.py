"""Findings and gaps → the machine's advice. Never a decision, and never "clear" for what was not read."""

from collections.abc import Sequence

from review.types import Finding, Gap, Level, Policy, Severity, Verdict

_WORK_SECRETS = ("WRK.MARK", "WRK.RECALL")


def judge(findings: Sequence[Finding], gaps: Sequence[Gap], policy: Policy | None = None) -> Verdict:
    """The level of a document (contract.md): stop, block (HIGH), review (MEDIUM, LOW or anything unread), clear.

    Trial findings have no weight. ``policy.work_secret_mode`` ``stop`` makes a work-secret mark of HIGH a stop. ``reasons``
    are plain Chinese without document text, the most serious first.
    """
    weighty = [finding for finding in findings if not finding.trial]
    by_severity = {s: [f for f in weighty if f.severity is s] for s in Severity}
    reasons: list[str] = []
    level = Level.CLEAR
    work_secrets = [f for f in by_severity[Severity.HIGH] if f.category in _WORK_SECRETS]
    if by_severity[Severity.STOP]:
        level = Level.STOP
        reasons.append("疑似带有国家秘密标志，已停止处理")
    elif work_secrets and policy is not None and policy.work_secret_mode == "stop":
        level = Level.STOP
        reasons.append("带有工作秘密或内部标识，按本单位规定已停止处理")
    elif by_severity[Severity.HIGH]:
        level = Level.BLOCK
    elif by_severity[Severity.MEDIUM] or by_severity[Severity.LOW] or gaps:
        level = Level.REVIEW
    if level is not Level.STOP:
        reasons += _counts(by_severity)
    if gaps:
        reasons.append(f"有 {len(gaps)} 处内容没有读到，不能据此认为没有问题，须人工查看")
    trial = len(findings) - len(weighty)
    if trial:
        reasons.append(f"另有 {trial} 项来自试行规则，不影响结论")
    if level is Level.CLEAR:
        reasons.insert(0, "没有发现需要处理的内容；这是机器的提示，不代替人的审查")
    return Verdict(level, not gaps, tuple(reasons))


def _counts(by_severity: dict[Severity, list[Finding]]) -> list[str]:
    words = ((Severity.HIGH, "须处理后才能公开"), (Severity.MEDIUM, "须核实"), (Severity.LOW, "请留意"))
    return [f"{len(by_severity[severity])} 项{text}" for severity, text in words if by_severity[severity]]
