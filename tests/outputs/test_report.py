"""Reports: JSON as contract.md promises, text for people, and never more of a match than a masked excerpt."""

import json
from datetime import date

import pytest

from review.outputs.places import Places
from review.outputs.report import Checked, render_html, render_json, render_text
from review.reading.assembly import Piece, PieceRun, Reading, assemble
from review.types import (
    BBox,
    BlockKind,
    Check,
    Document,
    Finding,
    Gap,
    GapReason,
    LegalBasis,
    Level,
    Rule,
    RuleSet,
    RuleStatus,
    Severity,
    Source,
    Span,
    Suggestion,
    Verdict,
    Zone,
)

ID = "348899195203176115"
TEXT = f"联系人方启明，身份证号{ID}，请核对。"
RULE = Rule(
    id="resident-id-number",
    title="居民身份证号码",
    message="出现公民身份号码。",
    status=RuleStatus.STABLE,
    version=3,
    owner="规则组",
    category="PII.ID",
    severity=Severity.HIGH,
    suggest=Suggestion.REDACT,
    legal_basis=(LegalBasis("个人信息保护法", "第二十五条"),),
    match=None,
)
RULES = RuleSet((RULE,), "ab" * 32)


def make_document(text: str = TEXT, **options: object) -> Document:
    pieces = (Piece("标题"), Piece(text, locator="正文第2段", page=3, **options))  # type: ignore[arg-type]
    return assemble(b"bytes", "draft.docx", "docx", Reading(pieces))


def make_check(document: Document | None, *findings: Finding, level: Level = Level.BLOCK, gaps: tuple = ()) -> Check:
    return Check(
        document_sha256=document.sha256 if document else None,
        document_format="docx",
        characters=len(document.text) if document else None,
        pages=None,
        findings=findings,
        gaps=gaps,
        verdict=Verdict(level, not gaps, ("有严重问题",)),
        ruleset_sha256=RULES.sha256,
        model_id=None,
        tool_version="0",
        checked_on=date(2026, 11, 25),
    )


def make_finding(document: Document, word: str, **options: object) -> Finding:
    start = document.text.index(word)
    span = Span(start, start + len(word))
    defaults = {"rule_id": RULE.id, "rule_version": 3, "category": "PII.ID", "severity": Severity.HIGH}
    return Finding(**{**defaults, "source": Source.RULE, "span": span, "spans": (span,), **options})  # type: ignore[arg-type]


def test_json_says_where_what_and_why_as_the_contract_promises() -> None:
    document = make_document()
    check = make_check(document, make_finding(document, ID))
    value = json.loads(render_json([Checked("draft.docx", 1, document, check)], RULES))
    row = value["documents"][0]
    finding = row["findings"][0]
    assert (row["path"], row["sha256"], row["characters"]) == ("draft.docx", document.sha256, len(document.text))
    assert document.text[finding["start"] : finding["end"]] == ID
    assert finding["location"] == "第3页 正文第2段" and finding["page"] == 3
    assert finding["legal_basis"] == ["个人信息保护法第二十五条"]
    assert value["tool"]["date"] == "2026-11-25"


@pytest.mark.parametrize("render", [render_json, render_text, render_html])
def test_no_report_holds_the_whole_number(render) -> None:  # type: ignore[no-untyped-def]
    document = make_document()
    report = render([Checked("draft.docx", 1, document, make_check(document, make_finding(document, ID)))], RULES)
    assert ID not in report and ID[:4] in report


def test_a_number_that_no_rule_found_is_masked_in_the_excerpt_of_another() -> None:
    document = make_document(f"内部资料 手机{'19900000611'}")
    finding = make_finding(document, "内部资料", category="WRK.MARK")
    assert "19900000611" not in Places(document).excerpt(finding)


def test_a_name_that_was_found_keeps_only_its_first_character() -> None:
    document = make_document()
    name = make_finding(document, "方启明", category="PII.HEALTH")
    assert "方**" in Places(document).excerpt(name, [name])


def test_show_text_shows_the_number_only_when_asked() -> None:
    document = make_document()
    checked = [Checked("draft.docx", 1, document, make_check(document, make_finding(document, ID)))]
    assert ID in render_text(checked, RULES, show_text=True)


def test_a_stopped_file_is_called_by_its_position_and_has_no_hash() -> None:
    finding = Finding("secrecy-mark", 1, "SEC.MARK", Severity.STOP, Source.RULE, None, place=Zone.FIRST_PAGE_TOP)
    checked = [Checked("秘密的名字.docx", 2, None, make_check(None, finding, level=Level.STOP))]
    row = json.loads(render_json(checked, RULES))["documents"][0]
    assert (row["path"], row["sha256"], row["characters"]) == (2, None, None)
    assert row["findings"][0]["location"] == "首页上部"
    assert "秘密的名字" not in render_json(checked, RULES) + render_text(checked, RULES) + render_html(checked, RULES)


def test_a_gap_is_listed_with_its_place_and_what_to_do() -> None:
    document = make_document()
    gap = Gap(GapReason.ENCRYPTED, "附件2.zip › 名单.xls", "请去掉密码另存后重新提交。")
    report = render_text([Checked("a.zip", 1, document, make_check(document, gaps=(gap,), level=Level.REVIEW))], RULES)
    assert "[未能检查] 附件2.zip › 名单.xls：有密码。请去掉密码另存后重新提交。" in report


def test_markup_in_a_document_is_escaped_in_html() -> None:
    document = make_document("内部资料<script>alert(1)</script>")
    check = make_check(document, make_finding(document, "内部资料", category="WRK.MARK"))
    report = render_html([Checked("<b>.docx", 1, document, check)], RULES)
    assert "<script>" not in report and "<b>" not in report


def test_a_box_is_narrowed_to_the_characters_found() -> None:
    run = PieceRun(0, 10, 1, BBox(100, 20, 200, 30))
    document = assemble(b"", "a.pdf", "pdf", Reading((Piece("零一二三四五六七八九", page=1, runs=(run,)),)))
    (box,) = Places(document).boxes(Span(2, 5))
    assert (box.x0, box.x1, box.top) == (120, 150, 20)


def test_a_block_kind_outside_the_body_is_found_by_its_offset() -> None:
    pieces = (Piece("正文"), Piece("批注", kind=BlockKind.COMMENT, locator="批注1"))
    places = Places(assemble(b"", "a.docx", "docx", Reading(pieces)))
    block = places.block_at(3)
    assert block is not None and block.kind is BlockKind.COMMENT and places.block_at(99) is None


def test_control_and_direction_characters_reach_no_terminal_and_no_file_as_themselves() -> None:
    document = assemble(b"", "a.txt", "txt", Reading((Piece("x"),)))
    gap = Gap(GapReason.CORRUPT, "部\x1b]0;改标题\x07\u202e件", "")
    check = Check(
        "0" * 64, "txt", 1, None, (), (gap,), Verdict(Level.REVIEW, False), "0" * 64, None, "1", date(2026, 1, 1)
    )
    item = Checked("名\n■ 伪造的行\x9b31m\ud800.txt", 1, document, check)
    for report in (render_text([item], RULES), render_html([item], RULES)):
        assert not any(c in report for c in "\x1b\x07\x9b\u202e\ud800")
        assert "␛]0;改标题␇⟨U+202E⟩件" in report and "名␊■ 伪造的行⟨U+009B⟩31m⟨U+D800⟩.txt" in report
    row = render_json([item], RULES)
    assert not any(c in row for c in "\x1b\x9b\u202e\ud800")
    assert json.loads(row)["documents"][0]["path"] == item.path
