"""One rule out of its YAML mapping, every field checked, every problem told with its line (docs/rules.md)."""

import re
from datetime import date
from pathlib import Path

from review.detection import vocabulary as words_of
from review.detection.fields import Reader
from review.detection.folding import fold
from review.detection.patterns import check_pattern
from review.detection.text import DEFAULT_LAYERS, LAYER_NAMES
from review.detection.validators import VALIDATORS
from review.detection.yaml_source import Fields, Node, Problem, Text, read_text
from review.types import (
    Allowance,
    Context,
    Example,
    Exemption,
    Leaf,
    LegalBasis,
    Match,
    Rule,
    RuleStatus,
    Severity,
    Suggestion,
    Zone,
)

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_VARIABLE = re.compile(r"\{\{([^}]*)\}\}")


class RuleReader:
    """One rule out of its mapping."""

    def __init__(self, reader: Reader, folder: Path | None, lists: dict[str, tuple[str, ...]]) -> None:
        self.reader = reader
        self.folder = folder
        self.lists = lists

    def read(self, node: Node) -> Rule | None:
        reader = self.reader
        if not isinstance(node, Fields):
            reader.report(node.line, "规则应当是“键: 值”的形式。", "以“- id: …”开始一条规则")
            return None
        values = reader.fields(node, "规则", words_of.RULE_FIELDS).values
        for name, is_required in words_of.RULE_FIELDS.items():
            if is_required and name not in values:
                reader.report(node.line, f"规则缺少 {name}。", f"加上一行“{name}: …”（docs/rules.md）")
        rule_id = reader.text(values.get("id"), "id")
        if rule_id and not _ID.fullmatch(rule_id):
            reader.report(values["id"].line, f"编号“{rule_id}”不合规定。", "只用小写字母、数字和连字符，如 bank-card")
        match, boundary, zones = self._match(values, node.line)
        detector = reader.choice(values.get("detector"), "detector", words_of.DETECTORS, "")
        hits, misses = self._examples(values.get("examples"), node.line, bool(detector))
        since, until = self._effective(values.get("effective"))
        severity, by_zone = self._severity(values)
        return Rule(
            id=rule_id,
            title=reader.text(values.get("title"), "title"),
            message=self._message(values.get("message"), "message"),
            status=reader.member(values.get("status"), "status", RuleStatus, RuleStatus.DRAFT),
            version=reader.number(values.get("version"), "version", 1, 1, 999_999),
            owner=reader.text(values.get("owner"), "owner"),
            category=reader.choice(values.get("category"), "category", words_of.CATEGORIES, ""),
            severity=severity,
            suggest=reader.member(values.get("suggest"), "suggest", Suggestion, Suggestion.CONFIRM),
            legal_basis=self._legal_basis(values.get("legal_basis")),
            match=match,
            remedy=self._message(values.get("remedy"), "remedy"),
            boundary=boundary,
            zones=zones,
            zone_severity=by_zone,
            validators=self._validators(values.get("validators")),
            on_invalid=reader.choice(values.get("on_invalid"), "on_invalid", words_of.ON_INVALID, "drop"),
            on_unknown=reader.choice(values.get("on_unknown"), "on_unknown", words_of.ON_INVALID, "lower"),
            layers=self._layers(values.get("layers")),
            context=self._contexts(values.get("context")),
            exceptions=tuple(self._exception(n) for n in reader.items(values.get("exceptions"), "exceptions")),
            allow=tuple(
                read_allowance(reader, n, words_of.ALLOW_FIELDS) for n in reader.items(values.get("allow"), "allow")
            ),
            effective_from=since,
            effective_until=until,
            detector=detector,
            examples_hit=hits,
            examples_miss=misses,
            path=reader.path,
            line=node.line,
        )

    def _message(self, node: Node | None, what: str) -> str:
        text = self.reader.text(node, what)
        for name in _VARIABLE.findall(text):
            if node is not None and name not in words_of.POLICY_VARIABLES:
                known = "、".join(words_of.POLICY_VARIABLES)
                self.reader.report(node.line, f"{what} 里的 {{{{{name}}}}} 不是本单位的值。", f"可以写的有 {known}")
        return text

    def _severity(self, values: dict[str, Node]) -> tuple[Severity, tuple[tuple[Zone, Severity], ...]]:
        node, reader = values.get("severity"), self.reader
        by_zone: dict[Zone, Severity] = {}
        if isinstance(node, Fields):
            names = ("default", *(zone.value for zone in Zone if zone is not Zone.ANY))
            known = reader.fields(node, "severity", names).values
            if "default" not in known:
                reader.report(node.line, "按位置写的 severity 缺少 default。", "加上 default: high")
            default = reader.member(known.get("default"), "severity", Severity, Severity.MEDIUM)
            by_zone = {
                Zone(name): reader.member(value, "severity", Severity, default)
                for name, value in known.items()
                if name != "default" and name in names
            }
        else:
            default = reader.member(node, "severity", Severity, Severity.MEDIUM)
        category = values.get("category")
        if node is not None and isinstance(category, Text) and Severity.STOP in (default, *by_zone.values()):
            if category.value not in words_of.STOP_CATEGORIES:
                allowed = " ".join(words_of.STOP_CATEGORIES)
                reader.report(node.line, f"类别 {category.value} 不能用 stop。", f"写 high；stop 只给 {allowed}")
        return default, tuple(by_zone.items())

    def _legal_basis(self, node: Node | None) -> tuple[LegalBasis, ...]:
        found = []
        for item in self.reader.items(node, "legal_basis"):
            values = self.reader.fields(item, "legal_basis", ("law", "article")).values
            if "law" not in values:
                self.reader.report(item.line, "legal_basis 缺少 law。", "写成 {law: 法律名称, article: 第几条}")
            law = self.reader.text(values.get("law"), "law")
            found.append(LegalBasis(law, self.reader.text(values.get("article"), "article")))
        return tuple(found)

    def _effective(self, node: Node | None) -> tuple[date | None, date | None]:
        if node is None:
            return None, None
        values = self.reader.fields(node, "effective", ("from", "until")).values
        since, until = self.reader.day(values.get("from"), "from"), self.reader.day(values.get("until"), "until")
        if since and until and until < since:
            self.reader.report(node.line, "effective 的 until 早于 from。", "把两个日期对调或改正")
        return since, until

    def _validators(self, node: Node | None) -> tuple[str, ...]:
        return tuple(
            name
            for item in self.reader.items(node, "validators")
            if (name := self.reader.choice(item, "validators", VALIDATORS, ""))
        )

    def _layers(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        names = [
            self.reader.choice(item, "layers", ("default", "none", *LAYER_NAMES), "")
            for item in self.reader.items(node, "layers")
        ]
        if "none" in names and len(names) > 1:
            self.reader.report(node.line, "layers 里 none 不能和别的同写。", "只写 [none]，或者去掉 none")
        if names == ["default"]:
            return None
        chosen = {name for name in names if name not in ("", "none", "default")}
        chosen |= set(DEFAULT_LAYERS) if "default" in names else set()
        return tuple(name for name in LAYER_NAMES if name in chosen)

    def zones(self, node: Node | None, default: tuple[Zone, ...] = (Zone.ANY,)) -> tuple[Zone, ...]:
        if node is None:
            return default
        return (
            tuple(self.reader.member(item, "zones", Zone, Zone.ANY) for item in self.reader.items(node, "zones"))
            or default
        )

    def _match(self, values: dict[str, Node], line: int) -> tuple[Match | None, str, tuple[Zone, ...]]:
        node, reader = values.get("match"), self.reader
        if node is None:
            if "detector" not in values:
                reader.report(line, "规则既没有 match 也没有 detector。", "文字规则写 match，由程序判定的写 detector")
            return None, "none", (Zone.ANY,)
        if "detector" in values:
            reader.report(node.line, "match 和 detector 只能写一样。", "删去其中一个")
        fields = reader.fields(node, "match", words_of.MATCH_FIELDS)
        boundary = reader.choice(fields.values.get("boundary"), "boundary", words_of.BOUNDARIES, "none")
        if not ("any" in fields.values or "all" in fields.values):
            reader.report(node.line, "match 里没有 any 也没有 all。", "写 any: 再列出 regex 或 words")
            return None, boundary, self.zones(fields.values.get("zones"))
        return self._group(fields), boundary, self.zones(fields.values.get("zones"))

    def _group(self, node: Fields) -> Match:
        values, reader = node.values, self.reader
        if "any" in values and "all" in values:
            reader.report(node.line, "any 和 all 只能写一样。", "把其中一个嵌在另一个里面")
        mode = "all" if "all" in values else "any"
        if mode == "all" and "within" not in values:
            reader.report(node.line, "all 没有写 within。", "写 within: 字数；全文任何地方写 within: 0")
        if mode == "any" and "within" in values:
            reader.report(values["within"].line, "any 用不着 within。", "删去 within，或者把 any 改成 all")
        within = reader.number(values.get("within"), "within", 0, 0, words_of.MAX_WITHIN)
        clauses = tuple(self._clause(item) for item in reader.items(values.get(mode), mode))
        return Match(mode, clauses, within)

    def _clause(self, node: Node) -> Leaf | Match:
        reader = self.reader
        if isinstance(node, Fields) and ("any" in node.values or "all" in node.values):
            return self._group(reader.fields(node, "any/all", words_of.CLAUSE_FIELDS))
        values = reader.fields(node, "match 的一项", words_of.LEAF_FIELDS).values
        kinds = [name for name in ("regex", "words", "words_from") if name in values]
        if len(kinds) != 1:
            reader.report(node.line, "每一项写 regex、words、words_from 中的一样。", "几样都要就各写一项")
        boundary = reader.choice(values.get("boundary"), "boundary", words_of.BOUNDARIES, "")
        return Leaf(
            words=self._words(values.get("words"), 2),
            regex=self._pattern(values.get("regex")),
            words_from=self.word_list(values.get("words_from")),
            boundary=boundary,
            zones=self.zones(values.get("zones"), ()),
            line=node.line,
        )

    def _words(self, node: Node | None, shortest: int) -> tuple[str, ...]:
        found = []
        for item in self.reader.items(node, "words"):
            word = self.reader.text(item, "words 里的一个词")
            folded = fold(word).replace(" ", "")
            if word and len(folded) < shortest:
                self.reader.report(
                    item.line, f"“{word}”只有一个字，会到处命中。", "写两个字以上的词，或者用 regex 加 boundary"
                )
            elif "\n" in word:
                self.reader.report(item.line, "词里有换行。", "写成一个不换行的词；跨行由程序处理")
            elif word:
                found.append(word)
        return tuple(found)

    def _pattern(self, node: Node | None) -> str:
        if node is None:
            return ""
        pattern = self.reader.text(node, "regex")
        for message, remedy in check_pattern(pattern) if pattern else ():
            self.reader.report(node.line, f"正则不能用：{message}", remedy)
        return pattern

    def word_list(self, node: Node | None) -> str:
        name = self.reader.text(node, "words_from") if node is not None else ""
        if not name or node is None or name in self.lists:
            return name
        if not re.fullmatch(r"lists/[^/\\]+\.txt", name):
            self.reader.report(node.line, f"词表路径“{name}”不合规定。", "写成 lists/文件名.txt")
            return ""
        path = self.folder / name if self.folder else None
        if path is None or not path.is_file():
            self.reader.report(node.line, f"找不到词表 {name}。", "检查文件名，或者先建好这个文件")
            return ""
        self.lists[name] = read_words(path, name, self.reader.problems)
        return name

    def _contexts(self, node: Node | None) -> tuple[Context, ...]:
        if node is None:
            return ()
        nodes = (node,) if isinstance(node, Fields) else self.reader.items(node, "context")
        return tuple(self._context(item) for item in nodes)

    def _context(self, node: Node) -> Context:
        reader = self.reader
        values = reader.fields(node, "context", words_of.CONTEXT_FIELDS).values
        if not {"words", "words_from", "regex"} & set(values):
            reader.report(node.line, "context 里没有 words、words_from 或 regex。", "写 words: [甲, 乙]")
        if "effect" not in values:
            reader.report(node.line, "context 缺少 effect。", f"可以写的有 {' '.join(words_of.EFFECTS)}")
        effect = reader.choice(values.get("effect"), "effect", words_of.EFFECTS, "raise")
        to = reader.member(values["to"], "to", Severity, Severity.HIGH) if "to" in values else None
        if to is not None and effect not in ("raise", "lower"):
            reader.report(values["to"].line, "to 只和 raise、lower 一起用。", "删去 to")
        before, after = reader.window(values, words_of.DEFAULT_CONTEXT, words_of.MAX_WINDOW)
        return Context(
            words=self._words(values.get("words"), 1),
            effect=effect,
            before=before,
            after=after,
            regex=self._pattern(values.get("regex")),
            to=to,
            zones=self.zones(values.get("zones")),
            note=reader.text(values.get("note"), "note"),
            words_from=self.word_list(values.get("words_from")),
        )

    def _exception(self, node: Node) -> Exemption:
        reader = self.reader
        values = reader.fields(node, "exceptions", words_of.EXCEPTION_FIELDS).values
        if not {"near", "regex"} & set(values):
            reader.report(node.line, "例外里没有 near 或 regex。", "写 near: [甲, 乙]")
        if "reason" not in values:
            reader.report(node.line, "例外没有写 reason。", "写明为什么不算")
        before, after = reader.window(values, words_of.DEFAULT_EXCEPTION, words_of.MAX_WINDOW)
        return Exemption(
            near=self._words(values.get("near"), 1),
            reason=reader.text(values.get("reason"), "reason"),
            before=before,
            after=after,
            owner=reader.text(values.get("owner"), "owner"),
            until=reader.day(values.get("until"), "until"),
            regex=self._pattern(values.get("regex")),
            zones=self.zones(values.get("zones")),
        )

    def _examples(
        self, node: Node | None, line: int, is_detector: bool
    ) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
        reader = self.reader
        if node is None:
            if not is_detector:
                reader.report(line, "规则没有例子（examples）。", "hit 和 miss 各写至少一个，用 << >> 标出应命中的字")
            return (), ()
        values = reader.fields(node, "examples", ("hit", "miss")).values
        for name in ("hit", "miss"):
            if name not in values and not is_detector:
                reader.report(node.line, f"examples 缺少 {name}。", f"加上 {name}: ['…']")
        hits = tuple(self._example(item, True) for item in reader.items(values.get("hit"), "hit"))
        return hits, tuple(self._example(item, False) for item in reader.items(values.get("miss"), "miss"))

    def _example(self, node: Node, is_hit: bool) -> Example:
        reader = self.reader
        if isinstance(node, Text):
            example = Example(text=node.value, line=node.line)
        else:
            values = reader.fields(node, "例子", words_of.EXAMPLE_FIELDS).values
            if len({"text", "table", "file_name"} & set(values)) != 1:
                reader.report(
                    node.line, "例子写 text、table、file_name 中的一样。", "例如 {zone: header, text: '<<秘密>>'}"
                )
            text_node = values.get("text")
            example = Example(
                text=text_node.value if isinstance(text_node, Text) else reader.text(text_node, "text"),
                table=self._table(values.get("table")),
                file_name=reader.text(values.get("file_name"), "file_name"),
                zone=reader.member(values.get("zone"), "zone", Zone, Zone.BODY),
                hidden=reader.text(values.get("hidden"), "hidden"),
                severity=reader.member(values["severity"], "severity", Severity, Severity.LOW)
                if "severity" in values
                else None,
                label=reader.text(values.get("label"), "label"),
                line=node.line,
            )
        _check_marks(reader, example, is_hit)
        return example

    def _table(self, node: Node | None) -> tuple[tuple[str, ...], ...]:
        rows = self.reader.items(node, "table")
        return tuple(
            tuple(cell.value if isinstance(cell, Text) else "" for cell in self.reader.items(row, "table 的一行"))
            for row in rows
        )


def _check_marks(reader: Reader, example: Example, is_hit: bool) -> None:
    content = example.text + "".join(cell for row in example.table for cell in row)
    opened, closed = content.count("<<"), content.count(">>")
    if opened != closed or re.search(r"<<(?:>>|[^>]*<<)", content):
        reader.report(example.line, "例子里的 << 和 >> 没有配对，或者里面是空的。", "写成 前文<<应命中的字>>后文")
    elif is_hit and not opened and not example.file_name and not example.table:
        reader.report(example.line, "hit 例子没有用 << >> 标出应命中的字。", "写成 前文<<应命中的字>>后文")
    elif not is_hit and opened:
        reader.report(example.line, "miss 例子里不应有 << >>。", "去掉标记，或者移到 hit")


def read_words(path: Path, shown: str, problems: list[Problem]) -> tuple[str, ...]:
    """The words of a list file, in order, without repeats; problems of its bytes and words are added to ``problems``."""
    text, found = read_text(path, shown)
    problems += found
    words: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        if len(fold(word).replace(" ", "")) < 2:
            problems.append(Problem(shown, number, f"“{word}”只有一个字，会到处命中。", "写两个字以上的词"))
            continue
        words[word] = None
    return tuple(words)


def read_allowance(reader: Reader, node: Node, known: tuple[str, ...]) -> Allowance:
    """A phrase that covers matches inside it, written as a word or as a mapping."""
    if isinstance(node, Text):
        return Allowance(reader.text(node, "allow 里的一项"), line=node.line)
    values = reader.fields(node, "allow", known).values
    if "phrase" not in values:
        reader.report(node.line, "allow 的一项缺少 phrase。", "写成 {phrase: 路口交通, reason: 普通词}")
    return Allowance(
        phrase=reader.text(values.get("phrase"), "phrase"),
        reason=reader.text(values.get("reason"), "reason"),
        owner=reader.text(values.get("owner"), "owner"),
        until=reader.day(values.get("until"), "until"),
        rules=reader.texts(values.get("rules"), "rules"),
        line=node.line,
    )
