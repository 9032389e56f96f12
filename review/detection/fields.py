"""Reading typed values out of YAML nodes, collecting every problem instead of stopping at the first."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from review.detection.yaml_source import Fields, Items, Node, Problem, Text

Choice = TypeVar("Choice", bound=StrEnum)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(slots=True)
class Reader:
    """Problems of one file, with the small readings that add to them. A failed reading gives a harmless value."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.path, line, message, remedy))

    def fields(self, node: Node, what: str, known: Iterable[str]) -> Fields:
        """The mapping, unknown keys reported and left out."""
        if not isinstance(node, Fields):
            self.report(node.line, f"{what}应当是“键: 值”的形式。", "参看 docs/rules.md 中的例子")
            return Fields({}, node.line)
        names = tuple(known)
        for key in node.values:
            if key not in names:
                near = get_close_matches(key, names, 1)
                hint = f"是不是想写 {near[0]}？" if near else f"可以写的有 {'、'.join(names)}"
                self.report(node.lines[key], f"{what}里没有“{key}”这个字段。", hint)
        return node

    def text(self, node: Node | None, what: str, line: int = 0) -> str:
        if node is None:
            return ""
        if not isinstance(node, Text):
            self.report(node.line, f"{what}应当是一段文字。", "写成一个值；含冒号、括号、# 时用单引号括起来")
            return ""
        value = node.value.strip()
        if not value:
            self.report(node.line, f"{what}是空的。", "写上内容，或者删去这一行")
        return value

    def number(self, node: Node | None, what: str, default: int, low: int, high: int) -> int:
        if node is None:
            return default
        value = self.text(node, what)
        if value and not re.fullmatch(r"[0-9]{1,9}", value) or value and not low <= int(value) <= high:
            self.report(node.line, f"{what}应当是 {low} 到 {high} 的整数，现在是“{value}”。", f"例如 {default}")
            return default
        return int(value) if value else default

    def day(self, node: Node | None, what: str) -> date | None:
        if node is None:
            return None
        value = self.text(node, what)
        if not value:
            return None
        try:
            if not _DATE.fullmatch(value):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            self.report(node.line, f"{what}不是日期：“{value}”。", "写成 2026-01-31 的样子")
            return None

    def choice(self, node: Node | None, what: str, known: Iterable[str], default: str) -> str:
        if node is None:
            return default
        value = self.text(node, what)
        names = tuple(known)
        if value and value not in names:
            near = get_close_matches(value, names, 1)
            hint = f"是不是想写 {near[0]}？" if near else f"可以写的有 {' '.join(names)}"
            self.report(node.line, f"{what}没有“{value}”这个值。", hint)
            return default
        return value or default

    def member(self, node: Node | None, what: str, kind: type[Choice], default: Choice) -> Choice:
        return kind(self.choice(node, what, [member.value for member in kind], default.value))

    def items(self, node: Node | None, what: str, may_be_empty: bool = False) -> tuple[Node, ...]:
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.report(node.line, f"{what}应当是一个列表。", "写成 [甲, 乙]，或者每行一个“- ”")
            return ()
        if not node.values and not may_be_empty:
            self.report(node.line, f"{what}是空的列表。", "写上至少一个，或者删去这一行")
        return node.values

    def texts(self, node: Node | None, what: str, may_be_empty: bool = False) -> tuple[str, ...]:
        return tuple(
            value for item in self.items(node, what, may_be_empty) if (value := self.text(item, f"{what}里的一项"))
        )

    def window(self, values: Mapping[str, Node], default: int, limit: int) -> tuple[int, int]:
        """(before, after) in characters from ``within`` or ``before`` and ``after``."""
        if "within" in values:
            for name in ("before", "after"):
                if name in values:
                    self.report(values[name].line, f"within 和 {name} 只能写一样。", "两边不同就写 before 和 after")
            both = self.number(values["within"], "within", default, 0, limit)
            return both, both
        if "before" in values or "after" in values:
            before = self.number(values.get("before"), "before", 0, 0, limit)
            return before, self.number(values.get("after"), "after", 0, 0, limit)
        return default, default
