"""Is a masked number really hidden? What can be rebuilt from its row, from another table, or is only painted over.

Grades and verdicts: domain.md §5.2 (grounded in the published masking rules of §5.4); 个人信息保护法第七十三条 (去标识化 is not
匿名化). The number of remaining candidates is exact (``candidates.py``).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from review.detection.candidates import HIDDEN, LAST_BIRTH, NOTHING, Known, count_candidates
from review.detection.columns import MASK_CHARACTERS, ColumnKind
from review.detection.finding_key import text_fingerprint
from review.detection.grids import Row, find_grids
from review.detection.identifiers import parse_resident_id
from review.detection.masks import Grade, MaskedKind, MaskedNumber, find_masked, grade_id
from review.detection.painted import Place, find_painted
from review.detection.people import Segment, is_anonymous_name, read_segments
from review.types import Document, Finding, Policy, Rule, RuleSet, RuleStatus, Source, Span, Zone

K = ColumnKind

#: Up to so many candidates a masked number counts as rebuilt: they can be tried out on any query page.
_FEW = 50
#: The same for masks that show six digits in front and four behind: one per day of a year.
_ONE_YEAR = 366
#: Digits two masked numbers must share to be the same person's when the names are masked too.
_SHARED = 2
_PROSE_WINDOW = 60


@dataclass(frozen=True, slots=True)
class _Place:
    """A masked number with what its row says about the person."""

    number: MaskedNumber
    table: int
    known: Known = NOTHING
    known_from: str = ""
    name: str = field(default="", repr=False)
    is_name_masked: bool = False


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Which rule a masked number falls under and why, in plain Chinese."""

    rule_id: str
    reason: str
    candidates: int = 0


def find_masks(document: Document, rules: RuleSet, policy: Policy, key: bytes = b"") -> tuple[Finding, ...]:
    """Findings for masks that hide too little, can be undone within the document, or are only painted.

    One finding per rule, reason and table; ``count`` is the number of masked values, ``spans`` are all of them.
    """
    active = {rule.id: rule for rule in rules.rules if rule.detector == "mask" and _is_active(rule)}
    painted = find_painted(document)
    places: list[_Place] = []
    spliced: dict[int, _Verdict] = {}
    if _MASKED_DIGITS.search(document.text):
        tables = _read_tables(document)
        places = _places(document, tables)
        spliced = _spliced(places, _open_ids(tables))
    groups: dict[tuple[str, str, int], list[tuple[MaskedNumber, int]]] = defaultdict(list)
    for place in places:
        verdict = judge_mask(place, policy)
        if verdict is None or verdict.rule_id != "mask-too-little":
            verdict = spliced.get(place.number.start) or verdict
        if verdict is not None:
            groups[verdict.rule_id, verdict.reason, place.table].append((place.number, verdict.candidates))
    findings = [
        _finding(
            active[rule_id],
            [number for number, _ in found],
            _notes(reason, [count for _, count in found]),
            document,
            key,
        )
        for (rule_id, reason, _), found in groups.items()
        if rule_id in active
    ]
    if "mask-painted" in active:
        findings += [_finding(active["mask-painted"], one.places, (one.note,), document, key) for one in painted]
    return tuple(sorted(findings, key=lambda finding: (finding.spans[0], finding.rule_id)))


#: Digits beside mask characters; a document without any is done.
_MASKED_DIGITS = re.compile(
    rf"[0-9０-９Xx] ?[{re.escape(MASK_CHARACTERS)}]{{2}}|[{re.escape(MASK_CHARACTERS)}]{{2}} ?[0-9０-９]|"
    rf"[0-9]{{14}}[{re.escape(MASK_CHARACTERS)}]"
)

_Tables = Sequence[tuple[int, tuple[Segment, ...]]]


def _read_tables(document: Document) -> _Tables:
    """Number and segments of every table and typed list; typed lists have numbers below -1."""
    grids = [grid for grid in find_grids(document) if not grid.is_loose]
    return [
        (grid.table if grid.table >= 0 else -2 - position, read_segments(grid)) for position, grid in enumerate(grids)
    ]


def _is_active(rule: Rule) -> bool:
    return rule.status in (RuleStatus.STABLE, RuleStatus.TRIAL)


def _finding(
    rule: Rule, places: Sequence[MaskedNumber | Place], notes: tuple[str, ...], document: Document, key: bytes
) -> Finding:
    ranges = sorted({(place.start, place.end) for place in places})
    spans = tuple(Span(start, end) for start, end in ranges)
    return Finding(
        rule_id=rule.id,
        rule_version=rule.version,
        category=rule.category,
        severity=rule.severity,
        source=Source.MASK,
        span=spans[0],
        spans=spans,
        place=Zone.BODY,
        count=len(spans),
        hidden=rule.id == "mask-painted",
        notes=notes,
        fingerprint=text_fingerprint(key, rule.id, "\n".join(document.text[start:end] for start, end in ranges)),
        trial=rule.status is RuleStatus.TRIAL,
    )


def _notes(reason: str, counts: Sequence[int]) -> tuple[str, ...]:
    known = sorted(count for count in counts if count)
    if not known:
        return (reason,)
    if known[0] == known[-1]:
        left = f"剩余候选{known[0]}个"
    else:
        left = f"剩余候选{known[0]}至{known[-1]}个"
    each = "每个号码" if len(counts) > 1 else "按校验位推算，"
    tail = "，等于没有遮" if known[-1] == 1 else ""
    return (reason, f"{each}{left}{tail}")


# ------------------------------------------------------------------------------------------------------------- judging


def judge_mask(place: _Place, policy: Policy) -> _Verdict | None:
    """The verdict on one masked number by itself and its row; ``None`` where the mask is good enough."""
    number = place.number
    if number.kind is MaskedKind.PHONE:
        return (
            _Verdict("mask-phone", f"手机号只遮了{number.hidden}位", 10**number.hidden) if number.hidden <= 3 else None
        )
    if number.kind is MaskedKind.BANK:
        return _judge_bank(number)
    grade = grade_id(number.pattern)
    if grade is Grade.G5:
        return None
    candidates = count_candidates(number.pattern, place.known)
    if grade in (Grade.G1, Grade.G2):
        return _Verdict("mask-too-little", f"身份证号{grade.value}", candidates)
    if place.known.has_birth and 0 < candidates <= (_ONE_YEAR if grade is Grade.G3 else _FEW):
        return _Verdict("mask-rebuilt-from-row", f"可由{place.known_from}还原", candidates)
    if grade is Grade.G3:
        shows_year = HIDDEN not in number.pattern[6:10]
        reason = "号码里露出了出生年份" if shows_year else f"遮盖方式为{grade.value}"
        return _Verdict("mask-shows-much", reason, count_candidates(number.pattern))
    if number.head > policy.id_keep_head or number.tail > policy.id_keep_tail:
        return _Verdict("mask-style", f"保留位数多于本单位规定（前{policy.id_keep_head}位、后{policy.id_keep_tail}位）")
    return None


def _judge_bank(number: MaskedNumber) -> _Verdict | None:
    """Last four only passes; five digits hidden or less can be tried out, the last digit is a check digit (Luhn)."""
    if number.hidden <= 4:
        return _Verdict("mask-too-little", f"银行账号只遮了{number.hidden}位", 10 ** max(0, number.hidden - 1))
    if number.tail <= 4 and number.head <= 6:
        return None
    return _Verdict("mask-shows-much", "银行账号露出的位数过多")


# ------------------------------------------------------------------------------------------ what the row or line tells


def _places(document: Document, tables: _Tables) -> list[_Place]:
    """Every masked number once: those in tables with their row, the others with the line they stand in."""
    places: dict[int, _Place] = {}
    births: dict[str, Known] = {}
    for table, segments in tables:
        for segment in segments:
            for row in segment.rows:
                _read_row(row, segment, table, births, places)
    for number in find_masked(document.text):
        if number.start not in places:
            known, source = _known_from_prose(document.text, number)
            places[number.start] = _Place(number, -1, known, source)
    return [_with_births(place, births) for _, place in sorted(places.items())]


def _read_row(row: Row, segment: Segment, table: int, births: dict[str, Known], places: dict[int, _Place]) -> None:
    numbers = [
        MaskedNumber(cell.start + found.start, cell.start + found.end, found.kind, found.pattern)
        for column, cell in row.items()
        if not _MARKS.isdisjoint(cell.text)
        for found in find_masked(cell.text, header=segment.headers.get(column, "") or _kind_label(segment, column))
    ]
    name, known, source = "", NOTHING, ""
    columns = segment.kinds
    if numbers or _BIRTH_KINDS & set(columns.values()):
        name = next((_plain(row[column].text) for column in segment.columns(K.NAME) if column in row), "")
        known, source = _known_from_row(row, segment)
    if known.has_birth and name and not is_anonymous_name(name):
        # two persons of one name: nothing can be said about either
        births[name] = known if births.get(name, known) == known else NOTHING
    for number in numbers:
        places[number.start] = _Place(number, table, known, source, name, bool(name) and is_anonymous_name(name))


_MARKS = frozenset(MASK_CHARACTERS)
_BIRTH_KINDS = {K.BIRTH, K.AGE}


def _plain(text: str) -> str:
    return "".join(text.split())


def _kind_label(segment: Segment, column: int) -> str:
    kind = segment.kinds.get(column)
    return {K.ID: "身份证", K.PHONE: "电话", K.BANK: "账号"}.get(kind, "") if kind else ""


_DATE = re.compile(r"((?:19|20)\d{2})\s?[年./\-]?\s?(1[0-2]|0?[1-9])(?:\s?[月./\-]?\s?(3[01]|[12]\d|0?[1-9]))?")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_AGE = re.compile(r"(\d{1,3})\s?(?:周?岁)?")


def _known_from_row(row: Row, segment: Segment) -> tuple[Known, str]:
    """What the row tells about birth and sex, and the columns it is told by."""
    is_male = None
    for column in segment.columns(K.SEX):
        sex = row[column].text.strip()[:1] if column in row else ""
        is_male = {"男": True, "女": False}.get(sex)
    suffix = "和性别列" if is_male is not None else ""
    for column in segment.columns(K.BIRTH):
        if column in row:
            known = _parse_birth(row[column].text, is_male)
            if known.has_birth:
                return known, "同一行的出生日期列" + suffix
    for column in segment.columns(K.AGE):
        age = _AGE.fullmatch(row[column].text.strip()) if column in row else None
        if age and int(age.group(1)) <= 120:
            return Known(year=_TYPICAL_YEAR - int(age.group(1)), is_male=is_male), "同一行的年龄列" + suffix
    return Known(is_male=is_male), ""


#: An age says the birth year up to one; the count is given for one year of the age.
_TYPICAL_YEAR = LAST_BIRTH.year


def _parse_birth(text: str, is_male: bool | None = None) -> Known:
    """Year, month and day as far as the text gives them."""
    found = _DATE.search(text)
    if found:
        year, month, day = found.groups()
        return Known(int(year), int(month), int(day) if day else None, is_male)
    only_year = _YEAR.search(text)
    return Known(int(only_year.group()), is_male=is_male) if only_year else Known(is_male=is_male)


_BIRTH_AFTER = re.compile(r"((?:19|20)\d{2}年(?:\d{1,2}月(?:\d{1,2}日)?)?)\s?(?:出?生)")
_BIRTH_BEFORE = re.compile(
    r"(?:出生(?:日期|年月|于)?|生于|生日)\s?[:：为]?\s?((?:19|20)\d{2}[年./\-]?\d{1,2}(?:[月./\-]?\d{1,2})?)"
)


def _known_from_prose(text: str, number: MaskedNumber) -> tuple[Known, str]:
    """What the same sentence tells: 1990年3月7日出生, 出生日期：1990-03-07."""
    left = max(0, text.rfind("\n", 0, number.start) + 1, number.start - _PROSE_WINDOW)
    end = text.find("\n", number.end)
    window = text[left : min(len(text) if end < 0 else end, number.end + _PROSE_WINDOW)]
    found = _BIRTH_AFTER.search(window) or _BIRTH_BEFORE.search(window)
    if found is None:
        return NOTHING, ""
    before = text[left : number.start]
    is_male = True if "，男" in before or "男，" in before else False if "，女" in before or "女，" in before else None
    return _parse_birth(found.group(1), is_male), "前后文中的出生日期" + ("和性别" if is_male is not None else "")


def _with_births(place: _Place, births: Mapping[str, Known]) -> _Place:
    """The place with the birth date that another table of the document gives for the same full name."""
    elsewhere = births.get(place.name)
    if place.known.has_birth or elsewhere is None or not elsewhere.has_birth or place.number.kind is not MaskedKind.ID:
        return place
    return _Place(place.number, place.table, elsewhere, "同一文件另一表格的出生日期", place.name, place.is_name_masked)


# ------------------------------------------------------------------------------------------------------------ splicing


def _open_ids(tables: _Tables) -> dict[str, set[str]]:
    """Full IDs of the tables by the name of their row."""
    found: dict[str, set[str]] = defaultdict(set)
    for segment in (segment for _, segments in tables for segment in segments):
        names = segment.columns(K.NAME)
        for row in segment.rows if names else ():
            for column in segment.columns(K.ID):
                if column in row and names[0] in row and parse_resident_id(row[column].text):
                    found[_plain(row[names[0]].text)].add("".join(row[column].text.split()).upper())
    return found


def _spliced(places: Sequence[_Place], open_ids: Mapping[str, set[str]]) -> dict[int, _Verdict]:
    """Verdicts for IDs of which another place of the document shows what is hidden here, by start of the number."""
    by_name: dict[str, list[_Place]] = defaultdict(list)
    for place in places:
        if place.number.kind is MaskedKind.ID and place.name:
            by_name[place.name].append(place)
    verdicts: dict[int, _Verdict] = {}
    for name, group in by_name.items():
        shown = {place.number.pattern for place in group} | open_ids.get(name, set())
        namesakes = _Namesakes(shown)
        if namesakes.has_several_shapes:
            verdicts |= {place.number.start: found for place in group if (found := _splice_of(place, namesakes))}
    return verdicts


def _splice_of(place: _Place, namesakes: "_Namesakes") -> _Verdict | None:
    pattern = place.number.pattern
    hidden = pattern.count(HIDDEN)
    for other in namesakes.fitting(pattern, _SHARED if place.is_name_masked else 0):
        merged = _merged(pattern, other)
        if HIDDEN not in other:
            return _Verdict("mask-spliced", "同一文件其他位置有同一人的完整号码", 1)
        if hidden - merged.count(HIDDEN) >= 2 and (
            HIDDEN not in merged or grade_id(merged) not in (Grade.G4, Grade.G5)
        ):
            return _Verdict(
                "mask-spliced", "与同一文件其他位置同一人的遮盖号码拼接可还原", count_candidates(merged, place.known)
            )
    return None


class _Namesakes:
    """The ID patterns of one name, found by the characters they share with another pattern, without comparing all pairs.

    Patterns of one shape (the same hidden positions) add nothing to each other.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_shape: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for pattern in sorted(patterns):
            self._by_shape[_shape(pattern)].append(pattern)
        self._index: dict[tuple[tuple[int, ...], tuple[int, ...]], dict[str, list[str]]] = {}

    @property
    def has_several_shapes(self) -> bool:
        return len(self._by_shape) > 1

    def fitting(self, pattern: str, least_shared: int) -> Iterator[str]:
        """The patterns of other shapes that contradict this one nowhere and share so many shown characters with it."""
        shape = _shape(pattern)
        for other, patterns in self._by_shape.items():
            common = tuple(sorted(set(shape) & set(other)))
            if other == shape or len(common) < least_shared:
                continue
            index = self._index.get((other, common))
            if index is None:
                index = self._index[other, common] = defaultdict(list)
                for candidate in patterns:
                    index["".join(candidate[position] for position in common)].append(candidate)
            yield from index.get("".join(pattern[position] for position in common), ())[:_NAMESAKES]


#: Persons of one name that are compared with one number.
_NAMESAKES = 50


def _shape(pattern: str) -> tuple[int, ...]:
    """The shown positions."""
    return tuple(position for position, character in enumerate(pattern) if character != HIDDEN)


def _merged(left: str, right: str) -> str:
    return "".join(other if one == HIDDEN else one for one, other in zip(left, right, strict=True))
