"""Lists of people: a table of 500 persons is one finding with a count, not 1,500 findings.

A list takes over the findings of its own cells (they become its ``spans``); findings that are more severe, or about
something else than personal information, stay. Lists that may be published as they are (姓名+准考证号, 姓名+村组+金额,
评审专家名单) give no finding.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from review.detection.columns import DUTY_WORDS, FIRM_WORDS, MINOR_WORDS, ColumnKind, is_open
from review.detection.finding_key import text_fingerprint
from review.detection.grids import Grid, GridCell, Row, find_grids
from review.detection.identifiers import parse_inner_id
from review.detection.people import Segment, is_anonymous, read_segments
from review.detection.validators import Outcome, check_resident_id_truncated
from review.types import Document, Finding, Policy, Rule, RuleSet, RuleStatus, Severity, Source, Span, Zone

K = ColumnKind

#: Columns that make a list of names a leak.
SENSITIVE = frozenset(
    {
        K.ID,
        K.PHONE,
        K.EMAIL,
        K.BANK,
        K.ADDRESS,
        K.BIRTH,
        K.AGE,
        K.HEALTH,
        K.SPECIAL,
        K.INCOME,
        K.MARRIAGE,
        K.FAITH,
        K.PLATE,
        K.PETITIONER,
    }
)
#: Columns that say who it is even without a name.
IDENTIFYING = frozenset({K.ID, K.PHONE, K.EMAIL, K.BANK, K.PETITIONER})
#: Columns of which three different ones on a row are worse than each alone.
_WEIGHTY = frozenset({K.ID, K.BANK, K.ADDRESS, K.HEALTH, K.SPECIAL, K.INCOME, K.PHONE})

#: How much one kind of column tells, 0..1; ``score`` sorts lists, it decides nothing.
_WEIGHTS = {
    K.ID: 0.6, K.BANK: 0.5, K.HEALTH: 0.5, K.SPECIAL: 0.5, K.FAITH: 0.4, K.MARRIAGE: 0.3, K.INCOME: 0.3, K.ADDRESS: 0.35,
    K.PHONE: 0.3, K.BIRTH: 0.2, K.PLATE: 0.15, K.EMAIL: 0.1, K.AGE: 0.1, K.PETITIONER: 0.5, K.VILLAGE: 0.05,
}  # fmt: skip

_RAISING_GRADE = 3
_CONTACTS_OF_A_LIST = 3
#: Two lines make a typed list; one line is a sentence.
_TYPED_ROWS = 2
_GRADE_NOTES = (
    "",
    "",
    "满{}人",
    "满{}人，属于批量名单",
    "满{}人，已是两高解释第五条所说健康、交易类信息“情节严重”的数量",
)


_Rows = list[list[tuple[ColumnKind, GridCell]]]


@dataclass(slots=True)
class _List:
    """One list while it is collected: the grids it is spread over, its rows and its open cells by kind."""

    segment: Segment
    part: int | None
    width: int
    is_typed: bool = False
    grids: int = 1
    rows: int = 0
    cells: dict[ColumnKind, list[GridCell]] = field(default_factory=dict)
    villages: int = 0


def find_lists(
    document: Document, engine_findings: Sequence[Finding], rules: RuleSet, policy: Policy, key: bytes = b""
) -> tuple[Finding, ...]:
    """The engine's findings and the lists of people of the document, each list one finding that has absorbed its cells.

    Numbers in columns that hold case numbers or credit codes are taken out of the engine's ID and account findings.
    Order: by first place, then rule id.
    """
    active = {rule.id: rule for rule in rules.rules if rule.detector == "table" and _is_active(rule)}
    lists: list[_List] = []
    case_cells: list[tuple[int, int]] = []
    for grid in find_grids(document):
        for segment in read_segments(grid):
            case_cells += _case_cells(segment)
            _collect(segment, grid, lists)
    findings = list(engine_findings)
    if case_cells:
        findings = _without_case_numbers(findings, case_cells)
    for found in lists:
        rule = active.get(
            judge_list(found.segment, {kind: len(cells) for kind, cells in found.cells.items()}, found.villages)
        )
        if rule is not None and found.rows >= (_TYPED_ROWS if found.is_typed else 1):
            findings = _absorbed(findings, _finding_of(found, rule, document, policy, key))
    return tuple(sorted(findings, key=_order))


def _is_active(rule: Rule) -> bool:
    return rule.status in (RuleStatus.STABLE, RuleStatus.TRIAL)


def _order(finding: Finding) -> tuple[int, int, str]:
    return (finding.span.start, finding.span.end, finding.rule_id) if finding.span else (-1, 0, finding.rule_id)


# --------------------------------------------------------------------------------------------------------- collecting


def _collect(segment: Segment, grid: Grid, lists: list[_List]) -> None:
    """Adds the persons of one segment to the list it continues, or as a new list."""
    target = next((known for known in reversed(lists) if _is_continued(known, segment, grid)), None)
    if target is not None and not segment.headers:
        segment = Segment(target.segment.kinds, target.segment.headers, segment.rows)
    rows = list(_persons(segment))
    if grid.is_loose:
        rows = _not_covered(rows, lists)
        if len(rows) < _CONTACTS_OF_A_LIST:
            return
    if target is None:
        if not rows and not (segment.headers and _is_list_head(segment)):
            return
        target = _List(segment, grid.part, grid.width, is_typed=grid.table < 0)
        lists.append(target)
    else:
        target.grids += 1
    target.rows += sum(_heads(row) for row in rows)
    for row in rows:
        for kind, cell in row:
            target.cells.setdefault(kind, []).append(cell)
    village = segment.columns(K.VILLAGE)
    target.villages += (
        sum(1 for row in segment.rows if any(column in row for column in village)) if village and rows else 0
    )


def _not_covered(rows: _Rows, lists: list[_List]) -> _Rows:
    """The loose rows no other list has; lists without header that have only some of them are given up for them."""
    left = _outside(rows, lists)
    if not left:
        return []
    loose = _Cover((cell.start, cell.end) for row in rows for _, cell in row)
    for known in [known for known in lists if known.is_typed and not known.segment.headers]:
        if all(loose.touches(cell.start, cell.end) for cells in known.cells.values() for cell in cells):
            lists.remove(known)
    return _outside(rows, lists)


def _outside(rows: _Rows, lists: list[_List]) -> _Rows:
    cover = _Cover((cell.start, cell.end) for known in lists for cells in known.cells.values() for cell in cells)
    return [row for row in rows if not any(cover.touches(cell.start, cell.end) for _, cell in row)]


def _is_list_head(segment: Segment) -> bool:
    """A header alone at the foot of a page: its rows stand in the next table."""
    return bool(segment.columns(K.NAME)) or bool(set(segment.kinds.values()) & SENSITIVE)


def _is_continued(known: _List, segment: Segment, grid: Grid) -> bool:
    """Whether a segment goes on with a list: the same header on the next page or sheet, or no header and the same columns."""
    if known.part != grid.part or grid.is_loose:
        return False
    if segment.headers:
        return list(segment.headers.values()) == list(known.segment.headers.values())
    if grid.width != known.width or not segment.kinds:
        return False
    return all(
        known.segment.kinds.get(column) in (kind, None) or kind not in SENSITIVE
        for column, kind in segment.kinds.items()
    )


def _persons(segment: Segment) -> Iterable[list[tuple[ColumnKind, GridCell]]]:
    """For every row that is a person: its open cells of sensitive columns."""
    sensitive = _sensitive_columns(segment)
    names = segment.columns(K.NAME, K.GUARDIAN)
    for row in segment.rows:
        cells = _open_cells(row, sensitive)
        if cells and (
            any(kind in IDENTIFYING for kind, _ in cells) or any(not is_anonymous(row.get(name)) for name in names)
        ):
            yield cells


def _heads(row: Sequence[tuple[ColumnKind, GridCell]]) -> int:
    """How many persons a row tells of: two groups of columns side by side (姓名、身份证号、姓名、身份证号) tell of two."""
    return max(1, sum(1 for kind, _ in row if kind is K.ID))


def _open_cells(row: Row, columns: Sequence[tuple[int, ColumnKind]]) -> list[tuple[ColumnKind, GridCell]]:
    found = []
    for column, kind in columns:
        cell = row.get(column)
        if cell is not None and is_open(kind, cell.text):
            found.append((kind, cell))
    return found


def _sensitive_columns(segment: Segment) -> list[tuple[int, ColumnKind]]:
    """The columns that may not be published next to a name, once the purpose of the list is read from its other columns."""
    kinds = set(segment.kinds.values())
    has_names = bool(kinds & {K.NAME, K.GUARDIAN})
    allowed = set(SENSITIVE) if has_names else set(IDENTIFYING)
    if K.POST in kinds:
        # 任前公示、拟聘公示 give birth month and age by rule (domain.md §5.3, 10)
        allowed -= {K.BIRTH, K.AGE}
    if kinds & {K.ORGANISATION, K.USCC} and not has_names:
        # accounts of organisations: 捐款、保证金、非税账户 (domain.md §5.3, 12)
        allowed.discard(K.BANK)
    if K.ID not in kinds and any(word in segment.header_text for word in FIRM_WORDS):
        allowed.discard(K.BANK)
    columns = [(column, kind) for column, kind in segment.kinds.items() if kind in allowed]
    if _is_headed_by_names(segment):
        columns += [(column, K.ADDRESS) for column in segment.columns(K.PLACE)]
    return columns


def _is_headed_by_names(segment: Segment) -> bool:
    """Whether persons are the subject of the list (姓名, 户主), not the contacts of offices and firms."""
    heads = [segment.headers.get(column, "") for column in segment.columns(K.NAME)]
    if any(word in segment.header_text for word in (*FIRM_WORDS, "单位", "联系人", "采购", "招标", "代理")):
        return False
    return any(word in head for head in heads for word in ("姓名", "户主", "名字"))


# ------------------------------------------------------------------------------------------------------------ judging


def judge_list(segment: Segment, counts: dict[ColumnKind, int], villages: int = 0) -> str:
    """The id of the rule a list falls under by the kinds of its open cells; "" for a list that may be published."""
    kinds = {kind for kind, count in counts.items() if count}
    if not kinds:
        return ""
    intimate = kinds & {K.HEALTH, K.SPECIAL}
    places = kinds & {K.ADDRESS, K.PHONE, K.ID, K.BANK, K.BIRTH, K.INCOME}
    if K.PETITIONER in kinds:
        return "list-petitioners"
    if is_about_minors(segment) and kinds - {K.AGE, K.EMAIL}:
        return "list-minors"
    if intimate and (places or villages) or len(kinds & _WEIGHTY) >= 3:
        return "list-combined"
    for kind, rule in _RULE_OF_KIND:
        if kind in kinds:
            if kind is K.PHONE and is_duty_list(segment):
                return "list-duty-contact"
            return rule
    return ""


_RULE_OF_KIND = (
    (K.ID, "list-resident-id"),
    (K.BANK, "list-bank-account"),
    (K.HEALTH, "list-health"),
    (K.SPECIAL, "list-special-identity"),
    (K.FAITH, "list-special-identity"),
    (K.MARRIAGE, "list-special-identity"),
    (K.INCOME, "list-income"),
    (K.ADDRESS, "list-address"),
    (K.PHONE, "list-contact"),
    (K.BIRTH, "list-birth"),
    (K.PLATE, "list-plate"),
    (K.EMAIL, "list-email"),
    (K.AGE, "list-age"),
)


def is_about_minors(segment: Segment) -> bool:
    """Whether the header speaks of pupils, guardians, kindergartens, or most ages are below 18."""
    text = segment.header_text
    if any(word in text for word in MINOR_WORDS) and not any(word in text for word in ("专业", "院系", "学院")):
        return True
    ages = [
        row[column].text.strip() for column in segment.columns(K.AGE) for row in segment.rows[:200] if column in row
    ]
    numbers = [int(age.rstrip("周岁")) for age in ages if age.rstrip("周岁").isdigit() and len(age) <= 5]
    return bool(numbers) and sum(1 for number in numbers if number < 18) * 2 > len(numbers)


def is_duty_list(segment: Segment) -> bool:
    """Whether phones are given for a duty or for a firm: publishable in principle, the mobile number must be confirmed."""
    if segment.columns(K.POST, K.USCC, K.OFFICE_PHONE):
        return True
    text = segment.header_text
    return any(word in text for word in (*DUTY_WORDS, *FIRM_WORDS))


def _severity(rule: Rule, rows: int, grades: Sequence[int]) -> Severity:
    """The rule's severity; one more from the third grade (50 rows) on, and for three or more contacts, up to HIGH."""
    severity = rule.severity
    is_large = len(grades) >= _RAISING_GRADE and rows >= grades[_RAISING_GRADE - 1]
    is_contact_list = rule.id == "list-contact" and rows >= _CONTACTS_OF_A_LIST
    if rule.id == "list-duty-contact" or not (is_large or is_contact_list):
        return severity
    raised = {Severity.INFO: Severity.LOW, Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}
    return raised.get(severity, severity)


# ----------------------------------------------------------------------------------------------------------- findings


def _finding_of(found: _List, rule: Rule, document: Document, policy: Policy, key: bytes) -> Finding:
    cells = sorted({(cell.start, cell.end) for kind in found.cells for cell in found.cells[kind]})
    spans = tuple(Span(start, end) for start, end in cells)
    score = 1.0
    for kind in set(found.cells) | ({K.VILLAGE} if found.villages else set()):
        score *= 1 - _WEIGHTS.get(kind, 0.0)
    return Finding(
        rule_id=rule.id,
        rule_version=rule.version,
        category=rule.category,
        severity=_severity(rule, found.rows, policy.list_grades),
        source=Source.TABLE,
        span=spans[0],
        spans=spans,
        place=Zone.TABLE,
        count=found.rows,
        score=round(1 - score, 3),
        hidden=any(cell.concealed for cells_of in found.cells.values() for cell in cells_of),
        notes=tuple(_notes(found, policy.list_grades)),
        fingerprint=text_fingerprint(key, rule.id, "\n".join(document.text[start:end] for start, end in cells)),
        trial=rule.status is RuleStatus.TRIAL,
    )


def _notes(found: _List, grades: Sequence[int]) -> Iterable[str]:
    """What a reviewer must know of a list, in our own vocabulary: columns, grade, what is hidden, what is odd."""
    others = [kind.value for kind in (K.VILLAGE, K.SCHOOL, K.GUARDIAN) if found.segment.columns(kind)]
    columns = "、".join([*(kind.value for kind in SENSITIVE_ORDER if kind in found.cells), *others])
    names = "姓名、" if found.segment.columns(K.NAME) else ""
    yield f"共{found.rows}人，同一行有：{names}{columns}"
    grade = sum(1 for limit in grades if found.rows >= limit)
    if 2 <= grade < len(_GRADE_NOTES):
        yield _GRADE_NOTES[grade].format(grades[grade - 1])
    for kind in SENSITIVE_ORDER:
        for reason, count in Counter(cell.concealed for cell in found.cells.get(kind, ()) if cell.concealed).items():
            yield f"{kind.value}列看不见但仍在文件里（{reason}），共{count}格"
    if found.grids > 1:
        yield f"名单分在{found.grids}个表格里（续表或者多张工作表），合为一条"
    yield from _oddities(found.cells.get(K.ID, ()))
    if is_about_minors(found.segment):
        yield "名单涉及未成年人"


SENSITIVE_ORDER = tuple(kind for kind in ColumnKind if kind in SENSITIVE)


def _oddities(cells: Sequence[GridCell]) -> Iterable[str]:
    mistyped = rounded = 0
    for cell in cells:
        identity = parse_inner_id(cell.text)
        if identity is not None and identity.has_check:
            continue
        if check_resident_id_truncated(cell.text) is not Outcome.INVALID:
            rounded += 1
        elif identity is not None:
            mistyped += 1
    if mistyped:
        yield f"其中{mistyped}个校验位不符，疑似录入错误的身份证号，同样不能公开"
    if rounded:
        yield f"其中{rounded}个被电子表格取整（末三位为000），前15位仍是真实号码"


# ------------------------------------------------------------------------------------------- the engine's findings


def _case_cells(segment: Segment) -> list[tuple[int, int]]:
    """Cells of columns that hold case numbers, credit codes or other numbers that only look like IDs."""
    columns = segment.columns(K.SERIAL, K.USCC, K.EXAM)
    if not columns:
        return []
    return [(row[column].start, row[column].end) for row in segment.rows for column in columns if column in row]


def _without_case_numbers(findings: Iterable[Finding], cells: list[tuple[int, int]]) -> list[Finding]:
    cover = _Cover(cells)
    kept = []
    for finding in findings:
        if finding.category in ("PII.ID", "PII.FIN") and finding.source is Source.RULE:
            reduced = _without_spans(finding, cover)
            if reduced is not None:
                kept.append(reduced)
        else:
            kept.append(finding)
    return kept


def _absorbed(findings: Iterable[Finding], found: Finding) -> list[Finding]:
    """The findings without those whose places all lie in cells of the list, and the list itself."""
    cover = _Cover([(span.start, span.end) for span in found.spans])
    kept = []
    for finding in findings:
        is_same_matter = finding.category.startswith("PII.") and finding.source is Source.RULE
        if is_same_matter and finding.severity.rank <= found.severity.rank:
            reduced = _without_spans(finding, cover)
            if reduced is not None:
                kept.append(reduced)
        else:
            kept.append(finding)
    return [*kept, found]


def _without_spans(finding: Finding, cover: "_Cover") -> Finding | None:
    """The finding without its covered places; ``None`` when none is left."""
    spans = finding.spans or ((finding.span,) if finding.span else ())
    left = tuple(span for span in spans if not cover.holds(span))
    if len(left) == len(spans):
        return finding
    return (
        replace(finding, span=left[0], spans=left, count=max(1, finding.count - (len(spans) - len(left))))
        if left
        else None
    )


class _Cover:
    """Sorted ranges; ``holds`` tells in logarithmic time whether one of them holds a span."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._ranges = sorted(ranges)
        self._starts = [start for start, _ in self._ranges]

    def holds(self, span: Span) -> bool:
        index = bisect_right(self._starts, span.start) - 1
        return index >= 0 and span.end <= self._ranges[index][1]

    def touches(self, start: int, end: int) -> bool:
        """Whether a range shares a character with one of them (ranges of one document do not overlap)."""
        index = bisect_right(self._starts, end - 1) - 1
        return index >= 0 and start < self._ranges[index][1]
