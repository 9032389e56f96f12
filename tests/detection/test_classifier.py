"""The hints: what they point at, how they explain themselves, and what a damaged model does."""

import json
import shutil
from pathlib import Path

import pytest

from review.detection.classifier import Classifier, load_model, paragraphs_of
from review.detection.features import shape
from review.detection.model_files import current_name, load_weights, promote, roll_back, seal
from review.errors import ModelError
from review.types import (
    Block,
    BlockKind,
    Cell,
    Document,
    LegalBasis,
    Rule,
    RuleSet,
    RuleStatus,
    Severity,
    Source,
    Span,
    Suggestion,
)

MODEL = Path(__file__).resolve().parents[2] / "models" / "hints-1"

VOTES = (
    "会议推荐得票情况：王建国31票，李秀英12票，弃权2票，建议把王建国列为考察对象，结果仅供党委掌握。"
    "海选环节回收有效票210张，王建国得98票居首。"
)
PLAIN = "全镇要认真贯彻落实上级部署，扎实推进乡村振兴，进一步改善人居环境，不断增强群众获得感。"


def make_document(*paragraphs: str, kind: BlockKind = BlockKind.PARAGRAPH, concealed: str = "") -> Document:
    blocks, position = [], 0
    for number, text in enumerate(paragraphs, 1):
        span = Span(position, position + len(text))
        blocks.append(Block(span, kind, f"第{number}行", concealed=concealed))
        position += len(text) + 1
    return Document("0" * 64, "草稿.txt", "txt", position, "\n".join(paragraphs), tuple(blocks))


def make_rules(model: Classifier, status: RuleStatus = RuleStatus.STABLE, without: str = "") -> RuleSet:
    rules = tuple(
        Rule(
            id=f"hint-{category.lower().replace('.', '-')}",
            title=category,
            message="线索",
            status=status,
            version=1,
            owner="规则组",
            category=category,
            severity=Severity.HIGH,
            suggest=Suggestion.CONFIRM,
            legal_basis=(LegalBasis("政府信息公开条例", "第十六条"),),
            match=None,
            detector="classifier",
        )
        for category in model.weights.categories
        if category != without
    )
    return RuleSet(rules, "0" * 64)


@pytest.fixture(scope="module")
def model() -> Classifier:
    return load_model(MODEL)


def test_a_vote_count_is_pointed_at_with_its_paragraph_and_the_words_that_carried_it(model: Classifier) -> None:
    document = make_document(PLAIN, VOTES, PLAIN)
    findings = model.find_hints(document, make_rules(model))
    assert [finding.category for finding in findings] == ["INT.HR"]
    finding = findings[0]
    start = document.text.index(VOTES)
    assert finding.span == finding.spans[0] == Span(start, start + len(VOTES))
    assert len(finding.spans) > 1
    assert all(start <= word.start < word.end <= start + len(VOTES) for word in finding.spans[1:])
    assert finding.source is Source.CLASSIFIER
    assert finding.score is not None and 0 < finding.score <= 1


def test_a_hint_is_low_or_medium_whatever_its_rule_says(model: Classifier) -> None:
    findings = model.find_hints(make_document(VOTES), make_rules(model))
    assert findings
    assert {finding.severity for finding in findings} <= {Severity.LOW, Severity.MEDIUM}


def test_notes_hold_a_grade_and_kinds_but_no_text_of_the_document(model: Classifier) -> None:
    finding = model.find_hints(make_document(VOTES), make_rules(model))[0]
    assert finding.notes[0].startswith(("较像", "很像", "非常像"))
    assert not any("王建国" in note or "31" in note for note in finding.notes)


def test_plain_public_prose_gives_no_hint(model: Classifier) -> None:
    assert model.find_hints(make_document(*[PLAIN] * 20), make_rules(model)) == ()


def test_a_document_without_text_gives_no_hint(model: Classifier) -> None:
    assert model.find_hints(Document("0" * 64, "空.txt", "txt", 0, "", ()), make_rules(model)) == ()
    assert model.find_hints(make_document(" ", "。"), make_rules(model)) == ()


def test_a_category_whose_rule_is_retired_or_missing_is_not_reported(model: Classifier) -> None:
    document = make_document(VOTES)
    assert model.find_hints(document, make_rules(model, RuleStatus.RETIRED)) == ()
    without = model.find_hints(document, make_rules(model, without="INT.HR"))
    assert "INT.HR" not in [finding.category for finding in without]


def test_a_rule_on_trial_gives_a_finding_on_trial(model: Classifier) -> None:
    assert all(finding.trial for finding in model.find_hints(make_document(VOTES), make_rules(model, RuleStatus.TRIAL)))


def test_the_same_document_gives_the_same_findings_in_the_same_order(model: Classifier) -> None:
    document = make_document(VOTES, PLAIN, VOTES)
    assert model.find_hints(document, make_rules(model)) == model.find_hints(document, make_rules(model))


def test_hidden_text_is_read_like_any_other_and_marked(model: Classifier) -> None:
    finding = model.find_hints(make_document(VOTES, kind=BlockKind.HIDDEN, concealed="白色文字"), make_rules(model))[0]
    assert finding.hidden


def test_the_fingerprint_depends_on_the_key_and_not_on_white_space(model: Classifier) -> None:
    rules = make_rules(model)
    plain = model.find_hints(make_document(VOTES), rules, b"key")[0].fingerprint
    assert plain and plain == model.find_hints(make_document(VOTES.replace("，", "， ")), rules, b"key")[0].fingerprint
    assert plain != model.find_hints(make_document(VOTES), rules, b"other")[0].fingerprint
    assert model.find_hints(make_document(VOTES), rules)[0].fingerprint == ""


def test_many_disclosures_give_a_bounded_number_of_hints_that_says_how_many_are_left(model: Classifier) -> None:
    paragraphs = [text for _ in range(12) for text in (VOTES, PLAIN, PLAIN, PLAIN)]
    findings = [f for f in model.find_hints(make_document(*paragraphs), make_rules(model)) if f.category == "INT.HR"]
    assert len(findings) == 4
    assert any("另有8处同类线索" in note for finding in findings for note in finding.notes)


def test_the_cells_of_a_row_are_read_together() -> None:
    cells = ["王建国", "31票", "李秀英", "12票"]
    document = make_document(*cells, kind=BlockKind.CELL)
    blocks = tuple(
        Block(block.span, block.kind, block.locator, cell=Cell(0, index // 2, index % 2))
        for index, block in enumerate(document.blocks)
    )
    rows = paragraphs_of(Document("0" * 64, "x", "xlsx", 1, document.text, blocks))
    assert [document.text[start:end] for start, end in rows] == ["王建国\n31票", "李秀英\n12票"]


def test_a_paragraph_of_many_pages_is_cut_after_sentences() -> None:
    document = make_document(PLAIN * 60)
    units = paragraphs_of(document)
    assert "".join(document.text[start:end] for start, end in units) == document.text
    assert all(end - start <= 420 for start, end in units)
    assert all(document.text[end - 1] == "。" for _, end in units)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODEL, tmp_path / "models" / "copied"))


@pytest.mark.parametrize("name", ["weights.npz", "model.json", "metrics.json", "card.md", "SHA256SUMS"])
def test_one_changed_byte_anywhere_in_the_model_is_refused(copied: Path, name: str) -> None:
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(bytes(data))
    with pytest.raises(ModelError) as error:
        load_model(copied)
    assert error.value.remedy_zh


def test_a_missing_model_or_file_is_refused(copied: Path) -> None:
    (copied / "weights.npz").unlink()
    with pytest.raises(ModelError):
        load_model(copied)
    with pytest.raises(ModelError):
        load_model(copied.parent / "none")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 99),
        ("bucket_bits", 18),
        ("categories", ["INT.HR", "XYZ.ABC"]),
        ("categories", []),
        ("particulars", []),
    ],
)
def test_a_model_of_another_version_or_for_other_categories_is_refused(copied: Path, key: str, value: object) -> None:
    about = json.loads((copied / "model.json").read_text("utf-8"))
    (copied / "model.json").write_text(json.dumps(about | {key: value}), "utf-8")
    seal(copied)
    with pytest.raises(ModelError) as error:
        load_model(copied)
    assert error.value.message_zh and error.value.remedy_zh


def test_a_model_whose_arrays_do_not_fit_its_categories_is_refused(copied: Path) -> None:
    about = json.loads((copied / "model.json").read_text("utf-8"))
    (copied / "model.json").write_text(json.dumps(about | {"categories": about["categories"][:3]}), "utf-8")
    seal(copied)
    with pytest.raises(ModelError):
        load_model(copied)


def test_a_file_name_that_leads_out_of_the_folder_is_refused(copied: Path) -> None:
    with (copied / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write("0" * 64 + "  ../outside\n")
    with pytest.raises(ModelError):
        load_model(copied)


def test_promotion_and_roll_back_move_a_pointer_and_say_what_the_audit_event_should(copied: Path) -> None:
    models = copied.parent
    shutil.copytree(copied, models / "newer")
    assert current_name(models, "hints-1") == "hints-1"
    first = promote(models, "copied")
    assert (first["model"], first["previous"]) == ("copied", None)
    second = promote(models, "newer")
    assert (second["model"], second["previous"]) == ("newer", "copied")
    assert len(str(second["model_sha256"])) == 64
    back = roll_back(models)
    assert (back["model"], back["previous"]) == ("copied", "newer")
    assert current_name(models) == "copied"


def test_a_damaged_model_is_not_promoted_and_the_old_one_stays(copied: Path) -> None:
    models = copied.parent
    promote(models, "copied")
    broken = Path(shutil.copytree(copied, models / "broken"))
    (broken / "weights.npz").write_bytes(b"no model")
    with pytest.raises(ModelError):
        promote(models, "broken")
    assert current_name(models) == "copied"


def test_roll_back_without_an_earlier_model_is_refused(copied: Path) -> None:
    with pytest.raises(ModelError):
        roll_back(copied.parent)
    promote(copied.parent, "copied")
    with pytest.raises(ModelError):
        roll_back(copied.parent)


@pytest.mark.parametrize("name", ["", "..", "../copied", "a/b"])
def test_a_model_name_that_is_a_path_is_refused(copied: Path, name: str) -> None:
    with pytest.raises(ModelError):
        promote(copied.parent, name)


def test_the_weights_hold_no_pickle(copied: Path) -> None:
    assert load_weights(copied).name
    assert b"pickle" not in (copied / "weights.npz").read_bytes()


@pytest.mark.parametrize(
    ("written", "like"),
    [("三十一票", "31票"), ("八张", "8张"), ("四百万元", "40万元"), ("１２：３０", "12:30"), ("1,280.50元", "3.5元")],
)
def test_a_number_has_the_same_shape_however_it_is_written(written: str, like: str) -> None:
    assert shape(written).codes.tolist() == shape(like).codes.tolist()


@pytest.mark.parametrize("word", ["第三条", "一致", "三农", "一家", "第二名"])
def test_a_numeral_inside_a_word_stays_a_word(word: str) -> None:
    assert shape(word).codes.tolist() == [ord(character) for character in word]


def test_every_shaped_character_knows_where_it_comes_from() -> None:
    text = "局长王建国 于2024年3月12日\n在３号楼"
    shaped = shape(text)
    assert len(shaped.codes) == len(shaped.origins)
    for code, origin in zip(shaped.codes.tolist(), shaped.origins.tolist(), strict=True):
        assert code < 32 or chr(code) == text[origin]


def test_underlined_words_hold_no_punctuation_and_the_particulars_stand_among_them(model: Classifier) -> None:
    document = make_document(VOTES)
    finding = model.find_hints(document, make_rules(model))[0]
    words = [document.text[word.start : word.end] for word in finding.spans[1:]]
    assert any("票" in word for word in words)
    assert not any(set(word) & set("，。：；") for word in words)
