"""Loading rule files: strict, everything at once, with file, line and what to write instead."""

import re
from pathlib import Path

import pytest

from review.detection.rules import load_folder, load_policy, load_rules, parse_rules
from review.errors import RuleError
from review.types import Severity, Zone

ROOT = Path(__file__).resolve().parents[2]

GOOD = """rules:
  - id: internal-mark
    title: 内部标识
    message: 出现内部标识。
    status: stable
    version: 1
    owner: 规则组
    category: WRK.MARK
    severity: high
    suggest: confirm
    legal_basis:
      - {law: 保守国家秘密法, article: 第六十四条}
    match:
      any:
        - words: [内部资料]
        - regex: '内部[（(]\\d{1,3}[)）]'
      boundary: none
      zones: [any]
    examples:
      hit: ['<<内部资料>>']
      miss: ['内部审计']
"""


def problems(text: str) -> list[str]:
    return [str(problem) for problem in parse_rules(text).problems]


def test_the_example_of_the_documentation_loads() -> None:
    text = (ROOT / "docs/rules.md").read_text("utf-8")
    example = re.search(r"```yaml\n(rules:.*?)```", text, re.DOTALL)
    assert example and problems(example.group(1)) == []


def test_a_good_rule_loads() -> None:
    loaded = parse_rules(GOOD)
    assert loaded.problems == []
    (rule,) = loaded.rules
    assert (rule.id, rule.line, rule.severity) == ("internal-mark", 2, Severity.HIGH)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("    title: 内部标识", "\ttitle: 内部标识", 3, "Tab"),
        ("    title: 内部标识", "    title： 内部标识", 3, "全角冒号"),
        ("    title: 内部标识", "    title: 甲\n    title: 乙", 4, "写了两次"),
        ("    title: 内部标识", "    titel: 内部标识", 3, "是不是想写 title"),
        ("    title: 内部标识\n", "", 2, "缺少 title"),
        ("    title: 内部标识", "    title: 0123", 3, "没有加引号"),
        ("    title: 内部标识", "    title: 12:30:45", 3, "没有加引号"),
        ("    title: 内部标识", "    title: '没有配对", 3, "引号没有配对"),
        ("    title: 内部标识", "    title: [甲", 0, "YAML|括号|缺少逗号"),
        ("    title: 内部标识", "    title: &x 甲\n    note: *y", 4, "引用"),
        ("id: internal-mark", "id: Internal_Mark", 2, "不合规定"),
        ("version: 1", "version: 一", 6, "整数"),
        ("status: stable", "status: stabel", 5, "是不是想写 stable"),
        ("category: WRK.MARK", "category: WRK.MARKS", 8, "是不是想写 WRK.MARK"),
        ("severity: high", "severity: stop", 9, "不能用 stop"),
        ("severity: high", "severity: {header: high}", 9, "缺少 default"),
        ("severity: high", "severity: {default: high, footnote: low}", 9, "footnote"),
        ("suggest: confirm", "suggest: delete", 10, "suggest"),
        ("    legal_basis:\n      - {law: 保守国家秘密法, article: 第六十四条}", "    legal_basis: []", 11, "空的列表"),
        ("words: [内部资料]", "words: []", 15, "空的列表"),
        ("words: [内部资料]", "words: [密]", 15, "只有一个字"),
        ("words: [内部资料]", "words_from: lists/none.txt", 15, "找不到词表"),
        ("words: [内部资料]", "words_from: ../secret.txt", 15, "不合规定"),
        ("words: [内部资料]", "words: [内部资料]\n          regex: 内部", 15, "一样"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '(?<=内部)资料'", 16, "环视"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内部(?!审计)'", 16, "环视"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '(内)\\1'", 16, "反向引用"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '\\b内部'", 16, "boundary"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内部\\W'", 16, "boundary"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内部.*'", 16, "没有上限"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内部\\d{3,}'", 16, "没有上限"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '^内部'", 16, "独占一行"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '(?:内部)?'", 16, "空文字"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内\u200b部'", 16, "看不见"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '(内部'", 16, "没有配对"),
        ("regex: '内部[（(]\\d{1,3}[)）]'", "regex: '内部)'", 16, "没有配对"),
        ("boundary: none", "boundary: word", 17, "boundary"),
        ("zones: [any]", "zones: [top]", 18, "zones"),
        ("zones: [any]", "zones: []", 18, "空的列表"),
        ("    examples:", "    validators: [idcard]\n    examples:", 19, "validators"),
        ("    examples:", "    layers: [spaces, magic]\n    examples:", 19, "layers"),
        ("    examples:", "    context: {words: [甲]}\n    examples:", 19, "effect"),
        (
            "    examples:",
            "    context: {words: [甲], effect: raise, within: 5, before: 3}\n    examples:",
            19,
            "只能写一样",
        ),
        ("    examples:", "    exceptions:\n      - {near: [甲]}\n    examples:", 20, "reason"),
        ("    examples:", "    effective: {from: 2024-13-01}\n    examples:", 19, "日期"),
        ("    examples:", "    remedy: 留{{keep}}位\n    examples:", 19, "不是本单位的值"),
        ("    examples:", "    remedy: '留{{ address_level }}'\n    examples:", 19, "不是本单位的值"),
        ("hit: ['<<内部资料>>']", "hit: ['内部资料']", 20, "标出"),
        ("hit: ['<<内部资料>>']", "hit: ['<<内部资料']", 20, "没有配对"),
        ("miss: ['内部审计']", "miss: ['<<内部>>审计']", 21, "不应有"),
        ("      miss: ['内部审计']\n", "", 20, "缺少 miss"),
        ("    examples:\n      hit: ['<<内部资料>>']\n      miss: ['内部审计']\n", "", 2, "没有例子"),
    ],
)
def test_every_mistake_gets_one_clear_line(old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new))
    assert any(re.search(says, problem) for problem in found), found
    if line:
        assert any(problem.startswith(f"rules.yaml:{line} ") for problem in found), found
    assert all("应当：" in problem for problem in found)
    assert len(found) <= 2, found


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("title: 内部标识", "titel: 甲"), "utf-8")
    (tmp_path / "b.yaml").write_bytes("rules:\n  - 甲\n".encode("gb18030"))
    (tmp_path / "c.yaml").write_text(
        GOOD.replace("version: 1", "version: x").replace("l-mark", "l").replace("high", "up"), "utf-8"
    )
    with pytest.raises(RuleError) as caught:
        load_rules(tmp_path)
    listing = [str(problem) for problem in caught.value.problems]
    assert sum(problem.startswith("a.yaml") for problem in listing) == 2
    assert any(problem.startswith("b.yaml:2") and "UTF-8" in problem for problem in listing)
    assert sum(problem.startswith("c.yaml") for problem in listing) == 2
    assert all(problem in caught.value.message_zh for problem in listing)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "b.yaml").write_text(GOOD, "utf-8")
    assert ["已经用过" in str(p) for p in load_folder(tmp_path).problems] == [True]


def test_word_lists_are_read_and_checked(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/own.txt").write_text("# 注释\n\n内部文件\n密\n内部文件\n", "utf-8")
    (tmp_path / "a.yaml").write_text(GOOD.replace("words: [内部资料]", "words_from: lists/own.txt"), "utf-8")
    loaded = load_folder(tmp_path)
    assert [str(p)[:15] for p in loaded.problems] == ["lists/own.txt:4"]
    assert loaded.words == {"lists/own.txt": ("内部文件",)}


def test_the_hash_follows_the_content_and_not_the_layout(tmp_path: Path) -> None:
    def sha(text: str) -> str:
        return parse_rules(text).rule_set().sha256

    assert sha(GOOD) == sha("# 注释\n" + GOOD.replace("[内部资料]", "\n          - 内部资料"))
    assert sha(GOOD) == sha(GOOD.replace("<<内部资料>>", "这是<<内部资料>>"))
    assert sha(GOOD) != sha(GOOD.replace("severity: high", "severity: medium"))


def test_severity_by_zone() -> None:
    text = GOOD.replace("WRK.MARK", "SEC.MARK").replace("severity: high", "severity: {default: high, header: stop}")
    (rule,) = parse_rules(text).rules
    assert rule.zone_severity == ((Zone.HEADER, Severity.STOP),)


def test_scalars_stay_what_was_written() -> None:
    (rule,) = parse_rules(GOOD.replace("owner: 规则组", "owner: no")).rules
    assert rule.owner == "no"


def test_policy_is_strict_too(tmp_path: Path) -> None:
    assert load_policy(tmp_path).list_grades == (1, 10, 50, 500)
    (tmp_path / "policy.yaml").write_text("policy:\n  work_secret_mode: stop\n  allow:\n    - 路口交通\n", "utf-8")
    policy = load_policy(tmp_path)
    assert policy.work_secret_mode == "stop"
    assert policy.allow[0].phrase == "路口交通"
    (tmp_path / "policy.yaml").write_text("policy:\n  work_secret_mode: block\n  list_grades: [10, 1]\n", "utf-8")
    with pytest.raises(RuleError) as caught:
        load_policy(tmp_path)
    assert len(caught.value.problems) == 2


def test_the_shipped_folder_loads() -> None:
    assert load_rules(ROOT / "rules").rules
    assert load_policy(ROOT / "rules").list_grades == (1, 10, 50, 500)
