"""``review rules``: for rule maintainers. Each action is one function and one line in the table at the end."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from review.cli.options import make_parser, settings_of
from review.detection.lint import lint_rules
from review.detection.maintenance import run_rule_examples
from review.detection.policy_values import fill_policy
from review.detection.rules import load_policy, load_rules
from review.errors import ExitCode, RuleError
from review.outputs.wording import SEVERITY_NAMES
from review.settings import Settings


def run(arguments: Sequence[str]) -> int:
    """0, or 4 when the rules have problems."""
    options = _parser().parse_args(arguments)
    return int(_ACTIONS[options.action](settings_of(options), options))


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("rules", "规则：list 列出、lint 检查、test 运行例句、explain 解释一条。")
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument("names", nargs="*", metavar="NAME", help="explain：规则编号")
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


def _explain(settings: Settings, options: argparse.Namespace) -> ExitCode:
    rules = fill_policy(load_rules(settings.rules), load_policy(settings.rules))
    for name in options.names:
        rule = rules.rule(name)
        if rule is None:
            raise RuleError(f"没有编号为 {name} 的规则。", "用 review rules list 查看全部编号。")
        print(f"{rule.id}（第 {rule.version} 版，{rule.status.value}，{rule.owner}）")
    return ExitCode.CLEAR


_ACTIONS = {"list": _list, "lint": _lint, "test": _test, "explain": _explain}
