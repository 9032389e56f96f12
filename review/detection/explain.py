"""Why: a rule in plain Chinese, and one match with the clause, layers, contexts and validators that made it.

Matched text appears only masked; the rule's own words and patterns are no document text and appear as written.
"""

from dataclasses import dataclass, field

from review.detection.engine import Engine
from review.detection.folding import fold
from review.detection.judging import Candidate
from review.detection.leaves import layer_names
from review.detection.places import first_zone
from review.detection.policy_values import fill_policy
from review.detection.text import DEFAULT_LAYERS, LAYER_NAMES
from review.types import Document, Finding, Leaf, Match, Policy, Rule, RuleSet
from review.wording import PLACE_NAMES, SEVERITY_NAMES

_BOUNDARY_NAMES = {"digit": "前后不是数字", "alnum": "前后不是字母数字", "han": "前后不是汉字", "line": "独占一行"}
_EFFECT_NAMES = {"raise": "升级", "lower": "降级", "require": "必须有", "forbid": "有则不算"}
_OUTCOME_NAMES = {"valid": "通过", "invalid": "不通过", "unknown": "无法判断"}
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one place counts: every line is plain Chinese; the matched text only masked."""

    rule_id: str
    title: str
    clause: str
    masked: str = field(repr=False)
    masked_normalised: str = field(repr=False)
    layers: tuple[str, ...]
    place: str
    severity: str
    notes: tuple[str, ...]
    validator: str
    legal_basis: tuple[str, ...]
    message: str
    remedy: str


def mask(text: str) -> str:
    """The text with only its first and last characters shown, as many as its length allows."""
    plain = " ".join(text.split())
    if len(plain) <= 2:
        return "*" * len(plain)
    shown = 1 if len(plain) < 8 else 3
    return plain[:shown] + "*" * (len(plain) - 2 * shown) + plain[-shown:]


def explain_rule(rule: Rule, policy: Policy) -> str:
    """Everything a rule does, in plain Chinese, several lines."""
    rule = fill_policy(RuleSet((rule,), ""), policy).rules[0]
    basis = "；".join(str(basis) for basis in rule.legal_basis)
    lines = [
        f"{rule.title}（{rule.id}，第 {rule.version} 版，{rule.status.value}，{rule.owner}）",
        f"类别 {rule.category}，级别 {_severity_line(rule)}，建议 {rule.suggest.value}",
        f"说明：{rule.message}",
    ]
    if rule.remedy:
        lines.append(f"处理：{rule.remedy}")
    lines.append(f"依据：{basis}")
    if rule.match is not None:
        lines += ["查找：", *_match_lines(rule.match, 1)]
        lines.append(f"位置：{'、'.join(PLACE_NAMES[zone] for zone in rule.zones)}")
        if rule.boundary != "none":
            lines.append(f"边界：{_BOUNDARY_NAMES[rule.boundary]}")
        layers = rule.layers if rule.layers is not None else DEFAULT_LAYERS
        lines.append(f"容许的写法：{'、'.join(LAYER_NAMES[name] for name in layers) or '无'}")
    else:
        lines.append(f"由程序判定：{rule.detector}")
    lines += _condition_lines(rule)
    if rule.effective_from or rule.effective_until:
        lines.append(f"有效期：{rule.effective_from or '不限'} 至 {rule.effective_until or '不限'}")
    return "\n".join(lines)


def _severity_line(rule: Rule) -> str:
    special = "，".join(f"{PLACE_NAMES[zone]} {SEVERITY_NAMES[severity]}" for zone, severity in rule.zone_severity)
    return SEVERITY_NAMES[rule.severity] + (f"（{special}）" if special else "")


def _match_lines(match: Match, depth: int) -> list[str]:
    pad = "  " * depth
    if match.mode == "any":
        lines = [f"{pad}下列之一："]
    elif match.within:
        lines = [f"{pad}下列各项都有，相距不超过 {match.within} 字："]
    else:
        lines = [f"{pad}下列各项在全文中都有："]
    for clause in match.clauses:
        lines += _match_lines(clause, depth + 1) if isinstance(clause, Match) else [f"{pad}  {clause_text(clause)}"]
    return lines


def clause_text(leaf: Leaf) -> str:
    """One leaf as it is written in the rule."""
    where = f"（{'、'.join(PLACE_NAMES[zone] for zone in leaf.zones)}）" if leaf.zones else ""
    edge = f"（{_BOUNDARY_NAMES[leaf.boundary]}）" if leaf.boundary in _BOUNDARY_NAMES else ""
    if leaf.regex:
        return f"正则 {leaf.regex}{where}{edge}"
    if leaf.words_from:
        return f"词表 {leaf.words_from}{where}{edge}"
    more = f"……共 {len(leaf.words)} 个" if len(leaf.words) > _MOST_WORDS else ""
    return f"词 {'、'.join(leaf.words[:_MOST_WORDS])}{more}{where}{edge}"


def _condition_lines(rule: Rule) -> list[str]:
    lines = []
    if rule.validators:
        lines.append(f"校验：{'、'.join(rule.validators)}；无法判断时 {rule.on_unknown}，不通过时 {rule.on_invalid}")
    for context in rule.context:
        cue = "、".join(context.words[:_MOST_WORDS]) or context.regex or context.words_from
        to = f"到{SEVERITY_NAMES[context.to]}" if context.to else ""
        lines.append(
            f"上下文：前 {context.before} 字、后 {context.after} 字内有“{cue}”：{_EFFECT_NAMES[context.effect]}{to}"
        )
    for exemption in rule.exceptions:
        cue = "、".join(exemption.near[:_MOST_WORDS]) or exemption.regex
        until = f"，至 {exemption.until}" if exemption.until else ""
        lines.append(f"例外：附近有“{cue}”（{exemption.reason}{until}）")
    if rule.allow:
        lines.append(f"放行：{'、'.join(allowance.phrase for allowance in rule.allow[:_MOST_WORDS])}")
    return lines


def explain_finding(engine: Engine, document: Document, policy: Policy, finding: Finding) -> tuple[Explanation, ...]:
    """Why each place of a finding counts (same document, rules and policy as when it was found); the first 20 places."""
    spans = set(finding.spans)
    explanations: list[Explanation] = []
    for candidate in engine.candidates(document, policy):
        rule = fill_policy(RuleSet((engine.rules[candidate.rule],), ""), policy).rules[0]
        is_meant = any(s.start == candidate.start and s.end == candidate.end for s in spans)
        if rule.id == finding.rule_id and is_meant and len(explanations) < 20:
            explanations.append(_explain(engine, rule, candidate, document))
    return tuple(explanations)


def _explain(engine: Engine, rule: Rule, candidate: Candidate, document: Document) -> Explanation:
    outcome = candidate.outcome.value if candidate.outcome else ""
    return Explanation(
        rule_id=rule.id,
        title=rule.title,
        clause=_clause(engine.leaves.sources[candidate.leaf], candidate.value),
        masked=mask(document.text[candidate.start : candidate.end]),
        masked_normalised=mask(candidate.value),
        layers=tuple(LAYER_NAMES[name] for name in layer_names(candidate.layers)),
        place=PLACE_NAMES[first_zone(candidate.zones)],
        severity=SEVERITY_NAMES[candidate.severity],
        notes=candidate.notes,
        validator=f"{'、'.join(rule.validators)}：{_OUTCOME_NAMES[outcome]}" if outcome else "",
        legal_basis=tuple(str(basis) for basis in rule.legal_basis),
        message=rule.message,
        remedy=rule.remedy,
    )


def _clause(leaf: Leaf, value: str) -> str:
    # of a long list only the word that matched is worth telling; it is the rule's word, not the document's
    same = [word for word in leaf.words if fold(word).replace(" ", "") in value]
    return f"词 {max(same, key=len)}" if same else clause_text(leaf)
