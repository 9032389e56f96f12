"""YAML text → nodes that remember their line. Every scalar stays the string that was written; nothing is guessed.

Stock loading turns ``no`` into False, ``12:30:45`` into 45045, ``0123456`` into 42798 and keeps the second of two equal
keys. Here the first three are strings (or a problem, where the writer surely meant something else) and the last is a problem.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a rule file: where, what, and what to write instead; a warning does not hinder loading."""

    path: str
    line: int
    message: str
    remedy: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        remedy = f"应当：{self.remedy}" if self.remedy else ""
        return f"{self.path}:{self.line} {self.message}{remedy}"


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    line: int
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Items:
    values: "tuple[Node, ...]"
    line: int


@dataclass(frozen=True, slots=True)
class Fields:
    values: "dict[str, Node]"
    line: int
    lines: dict[str, int] = field(default_factory=dict)


Node = Text | Items | Fields

_TAB_INDENT = re.compile(r"^ *\t")
_WIDE_COLON = re.compile(r"^\s*(?:- +)?[{]?\s*[A-Za-z_]+\s*：")
_WIDE_BRACKET = re.compile(r":\s*[［｛]|[］｝]\s*$")
_CHANGED_BY_YAML = re.compile(r"0\d+|\d+(?::[0-5]?\d)+")


def read_text(path: Path, shown: str) -> tuple[str, list[Problem]]:
    """The text of a rule file or word list, and what is wrong with its bytes."""
    try:
        data = path.read_bytes()
    except OSError:
        return "", [Problem(shown, 1, "文件读不出来。", "检查文件是否存在、有没有读取权限")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return "", [Problem(shown, line, "文件不是 UTF-8 编码。", "在编辑器里“另存为”，编码选 UTF-8")]


def parse_yaml(text: str, shown: str) -> tuple[Node | None, list[Problem]]:
    """The tree of one YAML text, None when it cannot be read; all problems that do not depend on what the fields mean."""
    problems = list(_line_problems(text, shown))
    if problems:
        return None, problems
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        unpaired = _unpaired_quote(text, (mark.line if mark else 0) + 1)
        if unpaired:
            return None, [Problem(shown, unpaired, "引号没有配对。", "补上另一半引号；引号里的单引号写两个")]
        return None, [Problem(shown, (mark.line if mark else 0) + 1, _syntax_message(error), _syntax_remedy(error))]
    except yaml.YAMLError:
        return None, [Problem(shown, 1, "文件里有 YAML 不允许的字符。", "删去看不见的控制字符")]
    if root is None:
        return None, [Problem(shown, 1, "文件是空的。", "以 rules: 开头写规则，或者删掉这个文件")]
    return _convert(root, shown, problems, set()), problems


def _line_problems(text: str, shown: str) -> Iterator[Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        if _TAB_INDENT.match(line):
            yield Problem(shown, number, "缩进用了 Tab。", "改用空格，每层两个")
        if _WIDE_COLON.match(line):
            yield Problem(shown, number, "键后面是全角冒号“：”。", "改成半角冒号加一个空格，如 title: 标题")
        elif _WIDE_BRACKET.search(line) and "'" not in line and '"' not in line:
            yield Problem(shown, number, "列表或映射用了全角括号。", "改成半角的 [ ] { }")


def _unpaired_quote(text: str, last: int) -> int:
    """The last line, up to the one where reading failed, whose quoted value is not closed; 0: none."""
    for number, line in reversed(list(enumerate(text.split("\n")[:last], 1))):
        value = line.strip().removeprefix("- ").partition(": ")[2] or line.strip().removeprefix("- ")
        if value[:1] in "'\"" and value.count(value[0]) % 2:
            return number
    return 0


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or "")
    if "found character '\\t'" in problem or "\\t" in problem:
        return "这里有 Tab。"
    if "mapping values are not allowed" in problem:
        return "这一行有多余的冒号，或者上一行缩进不对。"
    if "escape" in problem:
        return "双引号里的反斜杠写法不对。"
    if "alias" in problem or "anchor" in problem:
        return "以 * 或 & 开头的字被当成了 YAML 的引用。"
    if "expected ',' or" in problem:
        return "方括号或花括号里缺少逗号，或者没有闭合。"
    return "YAML 格式不对。"


def _syntax_remedy(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or "")
    if "mapping values are not allowed" in problem:
        return "值里含冒号时整个用单引号括起来；同层的键左对齐"
    if "escape" in problem:
        return "正则放在单引号 '…' 里"
    if "alias" in problem or "anchor" in problem:
        return "把这个值用单引号括起来"
    return "检查这一行和上一行的缩进、引号、括号"


def _convert(node: yaml.Node, shown: str, problems: list[Problem], open_nodes: set[int]) -> Node:
    line = node.start_mark.line + 1
    if id(node) in open_nodes:
        problems.append(Problem(shown, line, "YAML 引用指向了自己。", "不要用 & 和 * 引用，照样写出来"))
        return Text("", line, True)
    if isinstance(node, yaml.ScalarNode):
        return _convert_scalar(node, shown, line, problems)
    inner = open_nodes | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(child, shown, problems, inner) for child in node.value), line)
    values: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if not key or key == "<<":
            problems.append(Problem(shown, key_line, "键不是一个名字。", "键写成英文字段名，值里有特殊字符时加引号"))
        elif key in values:
            problems.append(
                Problem(shown, key_line, f"键“{key}”写了两次（前一个在第{lines[key]}行）。", "删去或者合并其中一个")
            )
        else:
            values[key] = _convert(value_node, shown, problems, inner)
            lines[key] = key_line
    return Fields(values, line, lines)


def _convert_scalar(node: yaml.ScalarNode, shown: str, line: int, problems: list[Problem]) -> Text:
    is_plain = not node.style
    if node.tag and node.tag.startswith("!") and node.tag != "!":
        problems.append(Problem(shown, line, "不认识以 ! 开头的标签。", "用单引号把值括起来"))
    if is_plain and _CHANGED_BY_YAML.fullmatch(node.value):
        message = f"“{node.value}”没有加引号，别的程序会把它读成另一个数。"
        problems.append(Problem(shown, line, message, f"写成 '{node.value}'"))
    return Text(node.value, line, is_plain)
