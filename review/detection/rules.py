"""YAML → RuleSet and Policy, strictly: all problems of all files at once, or the whole set. Format: docs/rules.md.

Here is what the fields mean; ``yaml_source`` reads the YAML, ``fields`` the values, ``lint`` judges what loads.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from review.detection import vocabulary as words_of
from review.detection.fields import Reader
from review.detection.rule_reader import RuleReader, read_allowance
from review.detection.yaml_source import Items, Node, Problem, Text, parse_yaml, read_text
from review.errors import RuleError
from review.types import Leaf, Match, Policy, Rule, RuleSet

_NOT_RULES = frozenset({"policy.yaml"})
_NO_ALLOWANCE = "删去；经保密员核实不属于国家秘密的，由保密员登记解除，普通词在规则里写 exceptions 和例子"


@dataclass(slots=True)
class Loaded:
    """What a rules folder holds, usable only where ``errors`` is empty."""

    rules: list[Rule] = field(default_factory=list)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    problems: list[Problem] = field(default_factory=list)
    content: list[object] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.is_warning]

    def rule_set(self) -> RuleSet:
        canonical = json.dumps([self.content, self.words], ensure_ascii=False, sort_keys=True)
        return RuleSet(tuple(self.rules), hashlib.sha256(canonical.encode()).hexdigest(), self.words)


def load_rules(folder: Path) -> RuleSet:
    """The rules of a folder; raises RuleError with every problem of every file when one of them is not right."""
    loaded = load_folder(folder)
    _raise_problems(loaded.errors)
    return loaded.rule_set()


def load_policy(folder: Path) -> Policy:
    """What the installation decided (``policy.yaml``; defaults where there is none); RuleError when it is not right."""
    loaded = Loaded()
    _load_policy(folder, loaded)
    _raise_problems(loaded.errors)
    return loaded.policy


def load_folder(folder: Path) -> Loaded:
    """Everything in a rules folder together with all problems; never raises for what a file holds."""
    loaded = Loaded()
    if not folder.is_dir():
        loaded.problems.append(Problem(str(folder), 1, "没有这个规则文件夹。", "检查 --rules 或设置里的路径"))
        return loaded
    for path in sorted(folder.glob("*.yaml")) + sorted(folder.glob("*.yml")):
        if path.name not in _NOT_RULES:
            _load_file(folder, path, loaded)
    _load_policy(folder, loaded)
    _check_ids(loaded)
    _check_allowances(loaded)
    if not loaded.rules and not loaded.problems:
        loaded.problems.append(Problem(str(folder), 1, "文件夹里没有规则。", "放入 .yaml 规则文件"))
    loaded.problems.sort()
    return loaded


def parse_rules(text: str, shown: str = "rules.yaml", folder: Path | None = None) -> Loaded:
    """The rules of one YAML text, as ``load_folder`` would read them; ``folder`` is where word lists lie."""
    loaded = Loaded()
    _load_text(text, shown, folder, loaded)
    _check_ids(loaded)
    _check_allowances(loaded)
    loaded.problems.sort()
    return loaded


def rule_set_of(rules: tuple[Rule, ...], rule_set: RuleSet) -> RuleSet:
    """The same set with only these rules (for testing rules alone)."""
    return replace(rule_set, rules=rules)


def rule_leaves(match: Match | None) -> Iterator[Leaf]:
    """The leaves of a match, however deep, in the order they are written."""
    for clause in match.clauses if match else ():
        if isinstance(clause, Match):
            yield from rule_leaves(clause)
        else:
            yield clause


def _raise_problems(errors: list[Problem]) -> None:
    if not errors:
        return
    first = errors[0]
    listing = "\n".join(str(problem) for problem in errors)
    raise RuleError(
        f"规则没有装载，共 {len(errors)} 处问题：\n{listing}",
        "按上面每一行改好后再装载；改好之前继续使用原来的规则。",
        first.path,
        first.line,
        tuple(errors),
    )


def _load_file(folder: Path, path: Path, loaded: Loaded) -> None:
    shown = path.relative_to(folder).as_posix()
    text, problems = read_text(path, shown)
    loaded.problems += problems
    if not problems:
        _load_text(text, shown, folder, loaded)


def _load_text(text: str, shown: str, folder: Path | None, loaded: Loaded) -> None:
    root, problems = parse_yaml(text, shown)
    loaded.problems += problems
    if root is None:
        return
    reader = Reader(shown, loaded.problems)
    top = reader.fields(root, "文件开头", ("rules",))
    if "rules" not in top.values:
        reader.report(root.line, "没有 rules:。", "文件以 rules: 开头，下面每条规则一个“- ”")
        return
    for node in reader.items(top.values["rules"], "rules"):
        rule = RuleReader(reader, folder, loaded.words).read(node)
        loaded.content.append(_plain(node, without=("examples", "note")))
        if rule is not None:
            loaded.rules.append(rule)


def _check_ids(loaded: Loaded) -> None:
    seen: dict[str, Rule] = {}
    for rule in loaded.rules:
        first = seen.setdefault(rule.id, rule)
        if first is not rule:
            message = f"编号 {rule.id} 已经用过（{first.path}:{first.line}）。"
            loaded.problems.append(Problem(rule.path, rule.line, message, "换一个没有用过的编号"))


def _check_allowances(loaded: Loaded) -> None:
    """A mark of a state secret (保守国家秘密法 22) is released by a person on record, never by a phrase in a file."""
    stopping = {rule.id for rule in loaded.rules if rule.can_stop}
    for rule in loaded.rules:
        if rule.id in stopping and rule.allow:
            message = f"规则 {rule.id} 会停止处理，不能写 allow。"
            loaded.problems.append(Problem(rule.path, rule.allow[0].line or rule.line, message, _NO_ALLOWANCE))
    for allowance in loaded.policy.allow:
        for name in sorted(stopping.intersection(allowance.rules)):
            message = f"放行短语不能用于会停止处理的规则 {name}。"
            loaded.problems.append(Problem("policy.yaml", allowance.line, message, _NO_ALLOWANCE))


def _plain(node: Node, without: tuple[str, ...] = ()) -> object:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [_plain(item) for item in node.values]
    return {key: _plain(value) for key, value in node.values.items() if key not in without}


def _load_policy(folder: Path, loaded: Loaded) -> None:
    path = folder / "policy.yaml"
    if not path.exists():
        return
    text, problems = read_text(path, path.name)
    loaded.problems += problems
    root, problems = (None, []) if problems else parse_yaml(text, path.name)
    loaded.problems += problems
    if root is None:
        return
    reader = Reader(path.name, loaded.problems)
    top = reader.fields(root, "文件开头", ("policy",))
    if "policy" not in top.values:
        reader.report(root.line, "没有 policy:。", "文件以 policy: 开头")
        return
    loaded.content.append(_plain(root))
    loaded.policy = _policy(reader, reader.fields(top.values["policy"], "policy", words_of.POLICY_FIELDS).values)


def _policy(reader: Reader, values: dict[str, Node]) -> Policy:
    base = Policy()
    masking = reader.fields(values["masking"], "masking", words_of.MASKING_FIELDS).values if "masking" in values else {}
    grades = tuple(
        reader.number(item, "list_grades", 1, 1, 1_000_000)
        for item in reader.items(values.get("list_grades"), "list_grades")
    )
    if list(grades) != sorted(set(grades)):
        reader.report(values["list_grades"].line, "list_grades 应当从小到大、不重复。", "写成 [1, 10, 50, 500]")
    allow = reader.items(values.get("allow"), "allow", may_be_empty=True)
    return Policy(
        work_secret_mode=reader.choice(
            values.get("work_secret_mode"), "work_secret_mode", words_of.WORK_SECRET_MODES, base.work_secret_mode
        ),
        list_grades=grades or base.list_grades,
        id_keep_head=reader.number(masking.get("id_keep_head"), "id_keep_head", base.id_keep_head, 0, 6),
        id_keep_tail=reader.number(masking.get("id_keep_tail"), "id_keep_tail", base.id_keep_tail, 0, 4),
        address_level=reader.text(values.get("address_level"), "address_level") or base.address_level,
        own_departments=reader.texts(values.get("own_departments"), "own_departments", may_be_empty=True),
        allow=tuple(read_allowance(reader, node, words_of.POLICY_ALLOW_FIELDS) for node in allow),
    )
