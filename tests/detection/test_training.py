"""Frames, corpora, fitting, retraining from decisions: on small invented corpora, so that it takes seconds."""

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from review.detection.categories import CATEGORIES
from review.detection.classifier import Classifier, load_model
from review.detection.corpus import build_passages, may_carry_frames, read_corpus, remove_giveaways, set_into, vary
from review.detection.crossfit import fold_of_family
from review.detection.feedback import LabelledParagraph, retrain, split_by_case
from review.detection.fitting import Recipe, Window, windows_of_passage
from review.detection.frames import load_frames
from review.detection.model_files import promote, roll_back
from review.detection.training import train
from review.errors import ModelError

SMALL = Recipe(fills=4, mining_rounds=1, spread=5)

FRAMES = """== INT.HR
# 得票 | 记录
+ 会议推荐得票情况：{人}{n}票，{人}{n}票，拟将{人}列为考察对象。
+ 谈话推荐中，{人}获{n}票，{人}获{n}票，结果仅供党委掌握。
- 民主推荐坚持群众公认，推荐结果作为选拔任用的重要参考。
# 处分 | 通报
+ {人}因擅自离岗{n}天给予警告处分，处分决定只在科室范围内宣布。
+ {人}年度考核拟定为不称职，本人尚不知情。
- 年度考核结果分为优秀、称职、基本称职和不称职四个等次。
== COM.BID
# 报价 | 报价表
+ {企}报价明细：{货}单价{元}，利润率{率}，此价仅供内部比选。
+ {企}二次报价每吨{元}，底线再让{率}，不得外传。
- 中标公告：成交供应商{企}，成交金额{万}，单价{元}。
# 成本 | 核算
+ {企}生产成本：原料{元}、人工{元}，毛利{率}，厂方希望保密。
+ 询价：{企}电话报{元}，还能再谈，未告知其他家。
- 价格主管部门公布蔬菜零售均价，每公斤{元}。
"""
PROSE = (
    "坚持稳中求进工作总基调，推动经济实现质的有效提升。",
    "加强农村基础设施建设，改善群众生产生活条件。",
    "第三十条 县级以上人民政府应当建立健全工作机制。",
    "有关部门要按照职责分工，抓好各项任务落实。",
    "本条例自公布之日起施行，由主管部门负责解释。",
    "全年新增就业120万人，居民收入增长6.1%。",
    "各地要结合实际制定具体办法，确保政策落到实处。",
)


@pytest.fixture
def frames_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "small.txt").write_text(FRAMES, "utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("reports", "statutes"):
        random = Random(name)
        rows = [{"text": "".join(random.sample(PROSE, 4)), "source": name} for _ in range(80)]
        with gzip.open(folder / f"{name}.para.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    whole = {"text": "\n".join(PROSE * 6), "source": "reports"}
    (folder / "reports.doc.jsonl").write_text(json.dumps(whole, ensure_ascii=False) + "\n", "utf-8")
    return folder


def write_rows(folder: Path, *rows: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return folder


def test_the_projects_frames_have_forty_disclosures_and_matched_negatives_in_every_category() -> None:
    frames = load_frames()
    for category in CATEGORIES:
        mine = [frame for frame in frames if frame.category == category]
        assert sum(frame.discloses for frame in mine) >= 40, category
        assert sum(not frame.discloses for frame in mine) >= 20, category
        assert len({frame.voice for frame in mine}) >= 8, category
        assert len({frame.family for frame in mine}) >= 8, category


def test_a_filled_frame_keeps_no_slot_and_no_choice() -> None:
    random = Random(7)
    for frame in load_frames():
        text = frame.fill(random)
        assert not set(text) & set("{}|"), frame.pattern


@pytest.mark.parametrize(
    "line", ["+ {没有的槽}", "* 不是框架", "== INT.HR\n+ 句子没有主题", "# 主题 | 声音\n没有标记的句子"]
)
def test_a_broken_frame_file_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "broken.txt").write_text("== INT.HR\n# 主题 | 声音\n" + line + "\n", "utf-8")
    with pytest.raises(ModelError) as error:
        load_frames(tmp_path)
    assert "broken.txt" in error.value.message_zh and error.value.remedy_zh


def test_giveaways_of_the_sources_are_removed() -> None:
    cleaned = remove_giveaways(
        "网友“UU0082144”您好！A市A5区的A00081379反映，电话0000-00000000。央视网消息：张某某、索引号："
    )
    for token in ("网友", "UU", "A市", "A5区", "A0008", "0000-", "央视网", "某", "索引号"):
        assert token not in cleaned


def test_a_frame_set_into_prose_stands_where_its_span_says() -> None:
    for seed in range(30):
        paragraph, place = set_into("王建国31票。", "".join(PROSE), Random(seed))
        assert paragraph[place.start : place.end] == "王建国31票。"


def test_variation_never_loses_the_particulars() -> None:
    for seed in range(60):
        assert "王建国" in vary("会议推荐：王建国31票，李秀英12票。", Random(seed))


def test_windows_with_the_frame_carry_its_label_and_the_others_none(frames_folder: Path, corpus: Path) -> None:
    carriers = [row for row in read_corpus(corpus) if may_carry_frames(row)]
    for passage in build_passages(load_frames(frames_folder), carriers, 2, 1):
        for window in windows_of_passage(passage, Random(3)):
            assert window.labels in (passage.labels, frozenset())
            if window.family:
                assert window.labels == passage.labels


def test_every_fold_leaves_out_families_of_every_category() -> None:
    frames = load_frames()
    folds = fold_of_family(frames)
    for category in CATEGORIES:
        assert {folds[frame.family] for frame in frames if frame.category == category} == {0, 1, 2, 3}


def test_training_gives_a_model_that_finds_what_it_was_taught(
    corpus: Path, frames_folder: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    figures = train(corpus, tmp_path / "models" / "small", SMALL, lines.append, frames_folder)
    model = load_model(tmp_path / "models" / "small")
    text = "民主推荐中，周海波获27票，陈晓燕获9票，结果仅供党委掌握。"
    found = model.probabilities(text, [(0, len(text))])[0]
    assert model.weights.categories[int(found.argmax())] == "INT.HR"
    plain = "".join(PROSE)
    assert model.probabilities(plain, [(0, len(plain))]).max() < found.max()
    assert figures.bins and lines
    card = (tmp_path / "models" / "small" / "card.md").read_text("utf-8")
    assert "实测" in card and "可靠性" in card


def test_training_twice_gives_the_same_bytes(corpus: Path, frames_folder: Path, tmp_path: Path) -> None:
    train(corpus, tmp_path / "a" / "same", SMALL, frames_folder=frames_folder)
    train(corpus, tmp_path / "b" / "same", SMALL, frames_folder=frames_folder)
    assert (tmp_path / "a" / "same" / "SHA256SUMS").read_bytes() == (
        tmp_path / "b" / "same" / "SHA256SUMS"
    ).read_bytes()


def test_training_does_not_overwrite_a_model(corpus: Path, frames_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "card.md").write_text("旧", "utf-8")
    with pytest.raises(ModelError):
        train(corpus, tmp_path / "kept", SMALL, frames_folder=frames_folder)
    assert (tmp_path / "kept" / "card.md").read_text("utf-8") == "旧"


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": "一段", "label": "XX.YY"}],
        [{"text": "一段", "labels": ["INT.HR", "没有"]}],
        [{"text": ""}],
        [{"text": "   "}],
        [{"words": "没有 text"}],
        [{"text": 7}],
        [{"text": "一段", "label": {"a": 1}}],
        ["不是对象"],
        [{"text": "只有一个来源的公开文本。"}],
    ],
)
def test_an_unusable_corpus_is_refused_and_nothing_is_written(
    rows: list[object], frames_folder: Path, tmp_path: Path
) -> None:
    bad = write_rows(tmp_path / "bad", *rows)
    with pytest.raises(ModelError) as error:
        train(bad, tmp_path / "new", SMALL, frames_folder=frames_folder)
    assert error.value.message_zh and error.value.remedy_zh
    assert not (tmp_path / "new").exists()


def test_a_corpus_in_another_encoding_or_cut_short_is_refused(tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "bad", {"text": "好"})
    (folder / "rows.jsonl").write_bytes('{"text": "政府信息"}\n'.encode("gb18030"))
    with pytest.raises(ModelError, match="UTF-8"):
        read_corpus(folder)
    (folder / "rows.jsonl").write_text('{"text": "没有完', "utf-8")
    with pytest.raises(ModelError, match="第1行"):
        read_corpus(folder)
    (folder / "rows.jsonl").unlink()
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n')[:-6])
    with pytest.raises(ModelError):
        read_corpus(folder)


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        read_corpus(tmp_path / "none")
    with pytest.raises(ModelError):
        read_corpus(tmp_path)


def simulated_decisions(count: int) -> list[LabelledParagraph]:
    """Local price notices that reviewers call false alarms of COM.BID, and confirmed hints of both categories."""
    random = Random(11)
    hits = [frame for frame in load_frames() if frame.discloses and frame.category in ("COM.BID", "INT.HR")]
    decisions = []
    for number in range(count):
        case = f"2026-{number // 2:04d}"
        if number % 2:
            price = f"{random.randint(100, 999)}元"
            text = f"我镇农贸市场摊位费报价公开栏：蔬菜区每月{price}，水产区每月{price}，欢迎商户咨询报价明细。"
            decisions.append(LabelledParagraph(text, "COM.BID", False, case))
        else:
            frame = random.choice(hits)
            decisions.append(LabelledParagraph(frame.fill(random), frame.category, True, case))
    return decisions


def test_three_hundred_decisions_improve_the_disputed_category_and_spoil_no_other(
    corpus: Path, frames_folder: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    train(corpus, models / "old", SMALL, frames_folder=frames_folder)
    promote(models, "old")
    comparison = retrain(models / "old", simulated_decisions(300), corpus, models / "new", SMALL, frames_folder)
    disputed = next(change for change in comparison.changes if change.category == "COM.BID")
    assert disputed.new_right > disputed.old_right
    assert comparison.worse(0.05) == ()
    assert comparison.new_hints <= comparison.old_hints + 1
    payload = comparison.audit_payload(models / "new")
    assert payload["model"] == "new" and payload["worse"] == ""
    assert "公开语料" in comparison.table()
    assert promote(models, "new")["previous"] == "old"
    assert roll_back(models)["model"] == "old"


def test_a_retrained_model_and_its_card_hold_no_text_of_the_decisions(
    corpus: Path, frames_folder: Path, tmp_path: Path
) -> None:
    train(corpus, tmp_path / "old", SMALL, frames_folder=frames_folder)
    retrain(tmp_path / "old", simulated_decisions(120), corpus, tmp_path / "new", SMALL, frames_folder)
    for path in (tmp_path / "new").iterdir():
        assert "摊位费".encode() not in path.read_bytes(), path.name
    assert "农贸" not in repr(simulated_decisions(2))


@pytest.mark.parametrize(
    "decisions",
    [
        simulated_decisions(10),
        [d for d in simulated_decisions(200) if d.confirmed],
        [LabelledParagraph(d.text, "XX.YY", d.confirmed, d.case) for d in simulated_decisions(60)],
        [LabelledParagraph(" ", d.category, d.confirmed, d.case) for d in simulated_decisions(60)],
        [LabelledParagraph(d.text, d.category, d.confirmed, "同一件") for d in simulated_decisions(60)],
    ],
    ids=["too few", "one kind", "unknown category", "empty text", "one case"],
)
def test_decisions_that_cannot_teach_are_refused_and_the_old_model_stays(
    decisions: list[LabelledParagraph], corpus: Path, tmp_path: Path
) -> None:
    old = Path(__file__).resolve().parents[2] / "models" / "hints-1"
    before = (old / "SHA256SUMS").read_bytes()
    with pytest.raises(ModelError) as error:
        retrain(old, decisions, corpus, tmp_path / "new", SMALL)
    assert "原有模型" in error.value.remedy_zh
    assert not (tmp_path / "new").exists()
    assert (old / "SHA256SUMS").read_bytes() == before


def test_paragraphs_of_one_case_are_never_on_both_sides_of_the_comparison() -> None:
    learned, held = split_by_case(simulated_decisions(300))
    assert learned and held
    assert not {paragraph.case for paragraph in learned} & {paragraph.case for paragraph in held}


def test_a_window_shows_no_text_in_a_log() -> None:
    assert "王建国" not in repr(Window("王建国31票", "x", "y", frozenset()))
    assert Classifier.__repr__ is object.__repr__
