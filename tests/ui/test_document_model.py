"""What the review component is sent: every place of every finding, offsets as the browser counts, hidden content labelled."""

import json
from dataclasses import replace

from review.types import (
    BBox,
    Block,
    BlockKind,
    Cell,
    Disposition,
    DispositionCode,
    Document,
    Gap,
    GapReason,
    Page,
    Policy,
    Rule,
    RuleSet,
    RuleStatus,
    Run,
    Severity,
    Span,
    Suggestion,
)
from review.ui.clock import now
from review.ui.document_model import build_json, build_model
from review.ui.lines import is_number, masked
from tests.casework.case_builders import make_check, make_document, make_finding

RULES = RuleSet(
    (
        Rule(
            id="resident-id-number",
            title="居民身份证号码",
            message="出现公民身份号码。",
            status=RuleStatus.STABLE,
            version=1,
            owner="规则组",
            category="PII.ID",
            severity=Severity.HIGH,
            suggest=Suggestion.REDACT,
            legal_basis=(),
            match=None,
        ),
    ),
    "ab" * 32,
)


def at(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(start, start + len(part))


def finding_at(text: str, *parts: str):
    spans = tuple(at(text, part) for part in parts)
    return make_finding(span=spans[0], spans=spans, count=len(spans))


def test_a_place_is_counted_in_utf16_units_after_a_rare_character() -> None:
    text = "𠮷村\n𠮷姓村民，号码341802199003074512。"
    document = make_document(text)[1]
    model = build_model(document, make_check(document, finding_at(text, "341802199003074512")), RULES)
    [start, end, index, continued] = model["sections"][0]["blocks"][1]["m"][0]
    units = text.split("\n")[1].encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "341802199003074512"
    assert (index, continued) == (0, 0)


def test_a_finding_over_two_blocks_is_marked_in_both() -> None:
    text = "户主方某\n住址青山"
    document = make_document(text)[1]
    check = make_check(document, make_finding(span=Span(2, 7), spans=(Span(2, 7),)))
    blocks = build_model(document, check, RULES)["sections"][0]["blocks"]
    assert blocks[0]["m"] == [[2, 4, 0, 0]] and blocks[1]["m"] == [[0, 2, 0, 1]]


def test_hidden_content_says_so_and_where() -> None:
    document = make_document("正文\n批注内容")[1]
    blocks = (document.blocks[0], replace(document.blocks[1], kind=BlockKind.COMMENT, locator="批注1"))
    document = replace(document, blocks=blocks)
    shown = build_model(document, make_check(document), RULES)["sections"][0]["blocks"][1]
    assert shown["c"] == "批注" and shown["l"] == "批注1"


def test_a_page_without_text_still_has_its_section() -> None:
    text = "第一页\n第三页"
    blocks = (
        Block(Span(0, 3), BlockKind.PARAGRAPH, "第1页", page=1),
        Block(Span(4, 7), BlockKind.PARAGRAPH, "第3页", page=3),
    )
    pages = tuple(Page(number, 595, 842) for number in (1, 2, 3, 4))
    document = Document("0" * 64, "x.pdf", "pdf", 9, text, blocks, pages=pages)
    model = build_model(document, make_check(document, finding_at(text, "第三页")), RULES)
    assert [section["label"] for section in model["sections"]] == ["第1页", "第2页", "第3页", "第4页"]
    assert model["findings"][0]["sec"] == 2


def test_the_line_on_the_page_and_the_replacement_are_said_in_one_sentence() -> None:
    text = "青山镇公示\n身份证号341802199003074512"
    runs = (Run(Span(0, 5), 3, BBox(50, 100, 200, 116)), Run(Span(6, 28), 3, BBox(50, 128, 400, 144)))
    blocks = (Block(Span(0, 28), BlockKind.PARAGRAPH, "第3页", page=3, runs=runs),)
    document = Document("0" * 64, "x.pdf", "pdf", 9, text, blocks, pages=(Page(3, 595, 842),))
    check = make_check(document, finding_at(text, "341802199003074512"))
    row = build_model(document, check, RULES)["findings"][0]
    assert row["advice"] == "第3页第2行：居民身份证号码，未脱敏，请改为 34*************512"
    [[page, part, left, top, width, height]] = row["boxes"]
    assert (page, part) == (3, -1) and 0 < left < 1 and abs(top - 128 / 842) < 0.001 and width > 0 < height


def test_long_tables_are_cut_into_sections_at_row_starts() -> None:
    rows, blocks, text = 400, [], ""
    for row in range(rows):
        for column in range(4):
            start = len(text)
            text += f"格{row}"
            blocks.append(Block(Span(start, len(text)), BlockKind.CELL, f"第{row + 1}行", cell=Cell(0, row, column)))
            text += "\n"
    document = Document("0" * 64, "x.xlsx", "xlsx", 9, text[:-1], tuple(blocks))
    sections = build_model(document, make_check(document), RULES)["sections"]
    assert len(sections) > 1
    assert all(section["blocks"][0]["cell"][2] == 0 for section in sections)
    assert sum(len(section["blocks"]) for section in sections) == rows * 4


def test_gaps_and_verdicts_travel_with_the_document() -> None:
    gap = Gap(GapReason.NO_TEXT, "第2页", "扫描件，未识别")
    document = make_document("正文", gaps=(gap,))[1]
    mark = Disposition(1, 1, 0, DispositionCode.FALSE_ALARM, "公务电话", "u1", now())
    model = json.loads(build_json(document, make_check(document, make_finding(), gaps=(gap,)), RULES, [mark]))
    assert "第2页" in model["gaps"][0]
    assert model["marks"] == {"0": {"code": "false_alarm", "note": "公务电话"}}


def test_a_replacement_follows_the_policy_of_the_installation() -> None:
    site = Policy(id_keep_head=4, id_keep_tail=4)
    assert masked("341802199003074512", "PII.ID", site) == "3418**********4512"
    assert masked("13900001553", "PII.CONTACT", site) == "139****1553"
    assert masked("6217001234567006117", "PII.FIN", site) == "***************6117"
    assert not is_number("该材料为内部资料") and not is_number("shen12@example.com")
