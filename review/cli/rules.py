"""``review rules``: for rule maintainers. Each action is one function and one line in the table at the end."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from review.cli.corpus import read_corpus_documents
from review.cli.options import make_parser, settings_of
from review.detection.explain import explain_rule
from review.detection.lint import lint_rules
from review.detection.maintenance import diff_rules, measure_density, measure_variants, run_rule_examples
from review.detection.rules import load_policy, load_rules
from review.detection.schema import render_schema
from review.errors import ExitCode, RuleError, UsageError
from review.settings import Settings
from review.types import Severity
from review.wording import SEVERITY_NAMES


def run(arguments: Sequence[str]) -> int:
    """0, or 4 when the rules have problems."""
    options = _parser().parse_args(arguments)
    return int(_ACTIONS[options.action](settings_of(options), options))


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "rules",
        "规则：list 列出、lint 检查、test 运行例句、variants 各种写法的召回、explain 解释、schema、diff、density。",
    )
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument("names", nargs="*", metavar="NAME", help="explain：规则编号；diff：旧目录 新目录")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="diff、density：已公开的文稿")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="规则目录（默认随附的规则）")
    return parser


def _list(settings: Settings, options: argparse.Namespace) -> ExitCode:
    for rule in load_rules(settings.rules).rules:
        print(f"{rule.id}\t{rule.category}\t{SEVERITY_NAMES[rule.severity]}\t{rule.status.value}\t{rule.title}")
    return ExitCode.CLEAR


def _lint(settings: Settings, options: argparse.Namespace) -> ExitCode:
    problems = lint_rules(settings.rules, date.today())
    for problem in problems:
        print(f"{'提醒' if problem.is_warning else '错误'}：{problem}")
    errors = sum(not problem.is_warning for problem in problems)
    print(f"{errors} 个错误，{len(problems) - errors} 条提醒。")
    return ExitCode.RULES if errors else ExitCode.CLEAR


def _test(settings: Settings, options: argparse.Namespace) -> ExitCode:
    rules, policy = load_rules(settings.rules), load_policy(settings.rules)
    failures = run_rule_examples(rules, policy, date.today())
    for failure in failures:
        print(failure)
    examples = sum(len(rule.examples_hit) + len(rule.examples_miss) for rule in rules.rules)
    print(f"{len(rules.rules)} 条规则，{examples} 个例句，{len(failures)} 个不符。")
    return ExitCode.RULES if failures else ExitCode.CLEAR


def _variants(settings: Settings, options: argparse.Namespace) -> ExitCode:
    rules, policy = load_rules(settings.rules), load_policy(settings.rules)
    for recall in measure_variants(rules, policy, date.today()):
        missed = f"  漏：{'、'.join(recall.missed[:5])}" if recall.missed else ""
        print(f"{recall.rule_id}\t{recall.layer}\t{recall.found}/{recall.tried}{missed}")
    return ExitCode.CLEAR


def _explain(settings: Settings, options: argparse.Namespace) -> ExitCode:
    rules, policy = load_rules(settings.rules), load_policy(settings.rules)
    for name in options.names:
        rule = rules.rule(name)
        if rule is None:
            raise RuleError(f"没有编号为 {name} 的规则。", "用 review rules list 查看全部编号。")
        print(explain_rule(rule, policy), end="\n\n")
    return ExitCode.CLEAR


def _schema(settings: Settings, options: argparse.Namespace) -> ExitCode:
    print(render_schema(), end="")
    return ExitCode.CLEAR


def _diff(settings: Settings, options: argparse.Namespace) -> ExitCode:
    if len(options.names) != 2:
        raise UsageError(
            "diff 要写两个规则目录：旧的和新的。", "如：review rules diff 旧目录 rules --corpus 公开文稿目录。"
        )
    old, new = (load_rules(Path(name)) for name in options.names)
    documents = read_corpus_documents(_corpus(options), settings)
    changes = diff_rules(old, new, load_policy(Path(options.names[1])), documents, date.today())
    for change in changes:
        sign = "＋" if change.gained else "－"
        severity = SEVERITY_NAMES[Severity(change.severity)]
        place = f"{change.document} {change.start}-{change.end}"
        print(f"{sign} {change.rule_id} [{severity}] {place} …{change.excerpt}…")
    gained = sum(change.gained for change in changes)
    print(f"多命中 {gained} 处，少命中 {len(changes) - gained} 处。")
    return ExitCode.CLEAR


def _density(settings: Settings, options: argparse.Namespace) -> ExitCode:
    rules, policy = load_rules(settings.rules), load_policy(settings.rules)
    rows = measure_density(rules, policy, read_corpus_documents(_corpus(options), settings), date.today())
    print("规则\t级别\t每万字\t次数\t文稿数\t最常见")
    for row in rows:
        phrases = "、".join(f"{phrase}×{count}" for phrase, count in row.phrases[:5])
        name = SEVERITY_NAMES[Severity(row.severity)]
        print(f"{row.rule_id}\t{name}\t{row.per_10000:.3f}\t{row.hits}\t{row.documents}\t{phrases}")
    return ExitCode.CLEAR


def _corpus(options: argparse.Namespace) -> Path:
    if options.corpus is None:
        raise UsageError("没有写语料目录。", "请加 --corpus 目录，里面放已公开的文稿（任何格式，或带 text 的 jsonl）。")
    return options.corpus


_ACTIONS = {
    "list": _list,
    "lint": _lint,
    "test": _test,
    "variants": _variants,
    "explain": _explain,
    "schema": _schema,
    "diff": _diff,
    "density": _density,
}
