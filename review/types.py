"""Every value that crosses a room's wall. Frozen, standard library only, no behaviour beyond small look-ups.

Units, said once, here:
- *offsets* are half-open ``[start, end)`` in Unicode code points of ``Document.text``;
- *pages* are 1-based, ``None`` where the format has none;
- *boxes* have their origin top-left and use pdfplumber's names ``x0 top x1 bottom``, in the unit of their page;
- *times* are aware UTC (shown in Asia/Shanghai only by ``ui/`` and ``outputs/``); *dates* are local calendar dates;
- *hashes* are lower-case hex SHA-256.

Fields that hold document text are ``repr=False``: a value in a log line or a traceback must not leak a draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

# --------------------------------------------------------------------------------------------------- places in a text


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open, never empty range of code points of ``Document.text``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError("a span is never empty")

    def is_overlapping(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class BBox:
    """A box on a page: top-left origin, in the unit of its page."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that stands in one box of one page."""

    span: Span
    page: int
    bbox: BBox


class PageReading(StrEnum):
    """How the text of a page was obtained."""

    TEXT = "text"
    OCR = "ocr"
    MIXED = "mixed"
    BLANK = "blank"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the document, or of one of its parts."""

    number: int
    width: float
    height: float
    unit: str = "pt"  # pt | px
    reading: PageReading = PageReading.TEXT
    part: int | None = None  # index into Document.parts; None: the document itself


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet and its state as the program shows it."""

    name: str = field(repr=False)
    state: str  # visible | hidden | veryHidden
    rows: int
    columns: int
    part: int | None = None


class BlockKind(StrEnum):
    """What a block of text is. A draft leaks in comments, tracked changes and properties: they are text like any other."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CELL = "cell"
    HEADER = "header"
    FOOTER = "footer"
    NOTE = "note"  # foot- and endnotes, speaker notes
    TEXT_BOX = "text_box"
    COMMENT = "comment"  # annotations of every format, with their authors
    DELETION = "deletion"
    INSERTION = "insertion"
    HIDDEN = "hidden"  # there, but a reader does not see it; Block.concealed says why
    IMAGE = "image"  # read by OCR from a picture inside the document
    PROPERTY = "property"
    FIELD = "field"  # form fields and field instructions
    ALT_TEXT = "alt_text"
    LINK = "link"
    NAME = "name"  # sheet names, defined names, bookmarks, layers
    ATTACHMENT = "attachment"
    OTHER = "other"


#: Kinds a reader of the printed page does not see.
UNSEEN_KINDS = frozenset(
    {
        BlockKind.COMMENT,
        BlockKind.DELETION,
        BlockKind.HIDDEN,
        BlockKind.PROPERTY,
        BlockKind.FIELD,
        BlockKind.ALT_TEXT,
        BlockKind.LINK,
        BlockKind.NAME,
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a table cell stands. Rows and columns are 0-based positions of the grid; table is unique in the document."""

    table: int
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    number_format: str = field(default="", repr=False)  # spreadsheets: a format that masks is a painted mask


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text with its kind and place; blocks are ordered, do not overlap and are joined by one ``\\n``.

    ``locator`` says the place as a person would: 第3页, 表2 第5行 C列, 工作表“名单”(隐藏) B7.
    ``concealed`` is empty for text a reader sees, else the reason in Chinese (白色文字, 隐藏工作表, 被色块遮盖 …).
    """

    span: Span
    kind: BlockKind
    locator: str = field(repr=False)
    page: int | None = None
    runs: tuple[Run, ...] = ()
    ocr_confidence: float | None = None  # 0..1
    concealed: str = ""
    cell: Cell | None = None
    part: int | None = None
    top_of_first_page: bool = False  # stands in the mark area of a first page (GB/T 9704-2012: upper part, left)

    @property
    def is_unseen(self) -> bool:
        return bool(self.concealed) or self.kind in UNSEEN_KINDS


class GapReason(StrEnum):
    """Why something was not read."""

    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    NO_TEXT = "no_text"
    LOW_CONFIDENCE = "low_confidence"  # OCR read it, but not reliably
    NO_OCR = "no_ocr"  # a picture of text and no OCR engine at hand
    DANGEROUS = "dangerous"  # entity bombs, path tricks, loops: refused on purpose
    ENCODING = "encoding"  # some bytes fit no character set
    EMPTY = "empty"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not read. Travels to the screen and the form; a gap never ends as "clear"."""

    reason: GapReason
    locator: str = field(repr=False)  # "" = the whole file
    detail: str = ""  # plain Chinese, what the person can do; never document text


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside the file (bundle entry, attachment, embedded object), read into the same text."""

    name: str = field(repr=False)  # as a person would say it: 附件2.zip › 名单.xls
    format: str
    sha256: str
    size: int
    span: Span | None  # its text; None when nothing could be read
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that was read of one file, and what was not."""

    sha256: str
    name: str = field(repr=False)
    format: str
    size: int
    text: str = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    pages: tuple[Page, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    parts: tuple[Part, ...] = field(default=(), repr=False)
    gaps: tuple[Gap, ...] = ()
    remarks: tuple[str, ...] = ()  # plain Chinese: "后缀是 doc，内容实为 docx"; never document text


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost in the sandbox."""

    file_bytes: int = 100 * 1024 * 1024
    memory_bytes: int = 2 * 1024 * 1024 * 1024
    seconds: float = 120.0
    pages: int = 3000
    characters: int = 30_000_000
    depth: int = 3  # files inside files
    entries: int = 5000  # of one archive
    expanded_bytes: int = 1024 * 1024 * 1024
    image_pixels: int = 60_000_000
    output_bytes: int = 512 * 1024 * 1024
    ocr_pages: int = 200


# ------------------------------------------------------------------------------------------------------------- rules


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    STOP = "stop"

    @property
    def rank(self) -> int:
        return _SEVERITY_ORDER.index(self)


_SEVERITY_ORDER = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.STOP)


class RuleStatus(StrEnum):
    DRAFT = "draft"  # runs only in tests
    TRIAL = "trial"  # shown, without weight in the verdict
    STABLE = "stable"
    RETIRED = "retired"  # kept: old checks refer to it


class Suggestion(StrEnum):
    REDACT = "redact"
    CONFIRM = "confirm"
    REMOVE = "remove"
    REFER = "refer"


class Zone(StrEnum):
    """Where a rule looks. The value is also the content-free ``Finding.place``."""

    ANY = "any"
    FIRST_PAGE_TOP = "first_page_top"
    HEADER = "header"
    FOOTER = "footer"
    TEXT_BOX = "text_box"
    FILE_NAME = "file_name"
    PROPERTY = "property"
    SHEET_NAME = "sheet_name"
    TABLE_HEADER = "table_header"
    TABLE = "table"
    COMMENT = "comment"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class LegalBasis:
    law: str
    article: str

    def __str__(self) -> str:
        return f"{self.law}{self.article}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """Words or one regular expression, exactly one of both is set; ``boundary`` and ``zones`` override those of the rule."""

    words: tuple[str, ...] = ()
    regex: str = ""
    words_from: str = ""  # lists/x.txt; its words are in RuleSet.words
    boundary: str = ""
    zones: tuple[Zone, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """``any``: one of the clauses; ``all``: every clause, at most ``within`` characters apart (0: anywhere in the document)."""

    mode: str  # any | all
    clauses: "tuple[Leaf | Match, ...]"
    within: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """Words or a pattern near a match that change its severity, or without (with) which it does not count.

    ``before`` and ``after`` are characters; ``to`` is the severity to reach, None: one step.
    """

    words: tuple[str, ...]
    effect: str  # raise | lower | require | forbid
    before: int = 20
    after: int = 20
    regex: str = ""
    to: Severity | None = None
    zones: tuple[Zone, ...] = (Zone.ANY,)
    note: str = ""
    words_from: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Words or a pattern near a match that make it none, with the reason; stands in the rule (``exceptions:``)."""

    near: tuple[str, ...]
    reason: str
    before: int = 10
    after: int = 10
    owner: str = ""
    until: date | None = None
    regex: str = ""
    zones: tuple[Zone, ...] = (Zone.ANY,)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A longer phrase that covers a match inside it (路口交通 over 口交); ``rules`` empty: every rule."""

    phrase: str
    reason: str = ""
    owner: str = ""
    until: date | None = None
    rules: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a rule; ``<<`` and ``>>`` in ``text`` (or in cells of ``table``) enclose what must be found."""

    text: str = field(default="", repr=False)
    table: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    file_name: str = field(default="", repr=False)
    zone: Zone = Zone.BODY
    hidden: str = ""
    severity: Severity | None = None
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written in ``rules/*.yaml`` (docs/rules.md)."""

    id: str
    title: str
    message: str
    status: RuleStatus
    version: int
    owner: str
    category: str  # an id of domain.md §9
    severity: Severity
    suggest: Suggestion
    legal_basis: tuple[LegalBasis, ...]
    match: Match | None  # None: found by a detector (table, mask, classifier), only described here
    remedy: str = ""
    boundary: str = "none"  # none | digit | alnum | han | line
    zones: tuple[Zone, ...] = (Zone.ANY,)
    zone_severity: tuple[tuple[Zone, Severity], ...] = ()
    validators: tuple[str, ...] = ()
    on_invalid: str = "drop"  # drop | lower | keep
    on_unknown: str = "lower"  # drop | lower | keep
    layers: tuple[str, ...] | None = None  # None: the default layers of detection/text.py
    context: tuple[Context, ...] = ()
    exceptions: tuple[Exemption, ...] = ()
    allow: tuple[Allowance, ...] = ()
    effective_from: date | None = None
    effective_until: date | None = None
    detector: str = ""  # "" | table | mask | classifier | hidden | fingerprint
    examples_hit: tuple[Example, ...] = field(default=(), repr=False)
    examples_miss: tuple[Example, ...] = field(default=(), repr=False)
    path: str = ""
    line: int = 0

    @property
    def can_stop(self) -> bool:
        """Whether a match of the rule can be STOP, in any zone or context."""
        reached = {self.severity, *(severity for _, severity in self.zone_severity)}
        return Severity.STOP in reached | {context.to for context in self.context}

    def is_effective(self, today: date) -> bool:
        started = self.effective_from is None or self.effective_from <= today
        return started and (self.effective_until is None or today <= self.effective_until)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in force and their content hash."""

    rules: tuple[Rule, ...]
    sha256: str
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # lists/*.txt by name

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == rule_id), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the installation decided (``rules/policy.yaml``), apart from single rules."""

    work_secret_mode: str = "flag"  # flag | stop
    list_grades: tuple[int, ...] = (1, 10, 50, 500)
    id_keep_head: int = 2
    id_keep_tail: int = 3
    address_level: str = "乡镇"
    own_departments: tuple[str, ...] = ()
    allow: tuple[Allowance, ...] = ()


# ------------------------------------------------------------------------------------------------------------ a check


class Source(StrEnum):
    RULE = "rule"
    TABLE = "table"
    MASK = "mask"
    FINGERPRINT = "fingerprint"
    CLASSIFIER = "classifier"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person must look at. Holds no text of the document.

    ``span`` is the first place, ``spans`` all of them; both are empty for a finding outside the text (the file name).
    ``notes`` are plain Chinese without document text; ``layers`` name the view layers without which it had not matched.
    ``fingerprint`` is HMAC-SHA-256(installation key, rule id + normalised matched text), "" without a key.
    """

    rule_id: str
    rule_version: int
    category: str
    severity: Severity
    source: Source
    span: Span | None
    spans: tuple[Span, ...] = ()
    place: Zone = Zone.BODY
    count: int = 1
    score: float | None = None
    hidden: bool = False
    layers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    trial: bool = False


class Level(StrEnum):
    CLEAR = "clear"
    REVIEW = "review"
    BLOCK = "block"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The machine's advice, never a decision. Not complete ⇒ never clear."""

    level: Level
    complete: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Everything the machine has to say about one document; enough to explain it again in three years.

    A stopped document leaves ``document_sha256`` and ``characters`` None and its findings without offsets.
    """

    document_sha256: str | None
    document_format: str
    characters: int | None
    pages: int | None
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    verdict: Verdict
    ruleset_sha256: str
    model_id: str | None
    tool_version: str
    checked_on: date


# ----------------------------------------------------------------------------------------------------- people and acts


class Role(StrEnum):
    SUBMITTER = "submitter"  # 经办人（乡镇、部门）
    REVIEWER = "reviewer"  # 信息中心审查人
    LEAD = "lead"  # 负责人
    RULES = "rules"  # 规则维护员
    SECRECY = "secrecy"  # 保密员
    AUDITOR = "auditor"  # 审计员
    ADMIN = "admin"  # 系统管理员


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Passed in; nobody asks for "the current user"."""

    id: str
    name: str
    department: str
    roles: frozenset[Role]

    def has_role(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)


class CaseState(StrEnum):
    SUBMITTED = "submitted"  # 待审查
    IN_REVIEW = "in_review"  # 审查中
    RETURNED = "returned"  # 已退回，待修改
    REFERRED = "referred"  # 提请确定、征求意见中
    DECIDED = "decided"  # 已作出结论
    WITHDRAWN = "withdrawn"  # 经办人撤回


class Outcome(StrEnum):
    """What a person decides (domain.md §3.3)."""

    PUBLISH = "PUBLISH"
    PUBLISH_REDACTED = "PUBLISH_REDACTED"
    ON_REQUEST = "ON_REQUEST"
    WITHHOLD = "WITHHOLD"
    DEFER = "DEFER"
    RETURN = "RETURN"
    CONSULT_3P = "CONSULT_3P"
    CONSULT_ORG = "CONSULT_ORG"
    REFER = "REFER"
    STOP_SECRET = "STOP_SECRET"


class DispositionCode(StrEnum):
    """What a reviewer says of one finding."""

    CONFIRMED = "confirmed"  # 应处理
    REDACT = "redact"  # 脱敏
    FALSE_ALARM = "false_alarm"  # 误报
    DOUBTFUL = "doubtful"  # 存疑


@dataclass(frozen=True, slots=True)
class Disposition:
    case_id: int
    draft: int  # number of the draft within the case, 1-based
    finding: int  # index into Check.findings of that draft
    code: DispositionCode
    note: str = field(repr=False)
    actor_id: str
    at: datetime
    carried_from: int | None = None  # number of the draft whose disposition was carried over


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person looked at what the machine could not read (人工已逐页查看)."""

    case_id: int
    draft: int
    note: str = field(repr=False)
    actor_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submitter says about an item (domain.md §3.2)."""

    title: str = field(repr=False)
    document_number: str = field(default="", repr=False)  # 文号
    channel: str = ""  # 拟公开渠道
    formed_on: date | None = None  # 成文日期
    source: str = "自制"  # 自制 | 获取 | 联合 | 转载
    openness: str = "主动公开"  # 拟公开属性
    submitter_note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StopEvent:
    """A draft was stopped (domain.md §8.4). Content-free: places are kinds of place, the file name is a keyed hash."""

    number: str
    at: datetime
    actor_id: str
    actor_name: str
    department: str
    client: str
    rules: tuple[str, ...]
    places: tuple[str, ...]
    suffix: str
    size: int
    name_hash: str
    action: str  # refused: nothing was stored | purged: a stored draft was removed


@dataclass(frozen=True, slots=True)
class Draft:
    """One uploaded version of a case; immutable."""

    case_id: int
    number: int  # 1-based
    sha256: str
    file_name: str = field(repr=False)
    format: str
    size: int
    check: Check
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One item under review and where it stands; ``version`` is the optimistic lock."""

    id: int
    number: str  # 2026-宣州区某镇-0007
    title: str = field(repr=False)
    document_number: str = field(repr=False)  # 文号
    department: str
    submitter_id: str
    channel: str  # 拟公开渠道
    formed_on: date | None  # 成文日期：时限由此起算
    due_on: date | None
    state: CaseState
    reviewer_id: str | None
    drafts: int
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's act on one draft. Immutable; a correction is a new decision."""

    id: int
    case_id: int
    draft: int
    outcome: Outcome
    reason_code: str  # one of the eight withholding grounds of the annual report, "" where none is needed
    opinion: str = field(repr=False)
    actor_id: str
    actor_name: str
    at: datetime
    audit_seq: int
    until: date | None = None  # 复评日期（不予公开）、暂缓至（暂缓公开）
    condition: str = ""  # 暂缓公开的条件：开标、公示期满 …
    body: str = ""  # 征求意见、提请确定的对象
    reply_due: date | None = None  # 答复期限


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One link of the audit chain; ``payload`` never holds document text, titles or file names."""

    seq: int
    at: datetime
    actor_id: str
    action: str
    case_id: int | None
    payload: Mapping[str, str | int | None]
    previous_hash: str
    hash: str
