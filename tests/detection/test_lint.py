"""Lint: what loading cannot see is still said before a rule is used; examples are tests."""

import json
from datetime import date
from pathlib import Path

import pytest

from review.detection.lint import lint_rules
from review.detection.rules import load_folder
from review.detection.schema import render_schema, rule_schema
from review.detection.vocabulary import RULE_FIELDS
from tests.detection.rule_builders import TODAY
from tests.detection.test_rules import GOOD

ROOT = Path(__file__).resolve().parents[2]


def lint(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    return [str(problem) for problem in lint_rules(tmp_path, TODAY)]


def test_a_good_rule_has_no_problem(tmp_path: Path) -> None:
    assert lint(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hit: ['<<内部资料>>']", "hit: ['<<内部>>资料']", "标出的是“内部”，命中的是“内部资料”"),
        ("hit: ['<<内部资料>>']", "hit: ['<<机密资料>>']", "应当命中的例子没有命中"),
        ("hit: ['<<内部资料>>']", "hit: [{text: '<<内部资料>>', severity: low}]", "例子写的级别是 low，实际是 high"),
        ("miss: ['内部审计']", "miss: ['这是内部资料']", "不应命中的例子命中了“内部资料”"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内部[\\d{1,3}'", "线性时间"),
        ("words: [内部资料]", "words: [内部资料, 內部資料]", "是同一个词"),
        ("    examples:", "    allow: [外部文件]\n    examples:", ""),
        (
            "    examples:",
            "    exceptions:\n      - {near: [甲], reason: 乙, until: 2026-12-01}\n    examples:",
            "快要到期",
        ),
        ("    examples:", "    effective: {until: 2020-01-01}\n    examples:", "已过有效期"),
    ],
)
def test_what_lint_says(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    found = lint(tmp_path, GOOD.replace(old, new))
    if says:
        assert any(says in problem for problem in found), found
        assert all(problem.startswith("a.yaml:") and "应当：" in problem for problem in found)


def test_an_allowed_phrase_without_a_word_of_its_rule_is_mentioned(tmp_path: Path) -> None:
    text = GOOD.replace("        - regex: '内部[（(]\\d{1,3}[)）]'\n", "")
    found = lint(tmp_path, text.replace("    examples:", "    allow: [外部文件]\n    examples:"))
    assert any("不会起作用" in problem for problem in found)
    assert all(problem.is_warning for problem in lint_rules(tmp_path, TODAY))


def test_every_shipped_rule_passes_alone_and_together() -> None:
    problems = lint_rules(ROOT / "rules", date.today())
    assert [str(problem) for problem in problems if not problem.is_warning] == []


def test_the_shipped_schema_is_current() -> None:
    assert (ROOT / "rules/schema.json").read_text("utf-8") == render_schema()


def test_the_schema_knows_every_field_of_the_loader() -> None:
    rule = rule_schema()["$defs"]["rule"]
    assert set(rule["properties"]) == set(RULE_FIELDS)
    assert json.loads(render_schema())["required"] == ["rules"]


def test_every_field_and_value_is_in_the_documentation() -> None:
    text = (ROOT / "docs/rules.md").read_text("utf-8")
    definitions = rule_schema()["$defs"]
    names = {name for d in definitions.values() for name in d.get("properties", {})}
    assert sorted(name for name in names if f"`{name}`" not in text and f"{name}:" not in text) == []


def test_shipped_rules_have_unique_ids_and_owners() -> None:
    rules = load_folder(ROOT / "rules").rules
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.owner and rule.legal_basis for rule in rules)
