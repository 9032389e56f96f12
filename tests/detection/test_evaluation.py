"""The figures: what they count and how they are drawn."""

import json
from pathlib import Path

import numpy as np
import pytest

from review.detection.calibration import expected_calibration_error, fit_sigmoid, reliability, threshold_for, wilson
from review.detection.classifier import load_model
from review.detection.evaluation import FalseAlarms, Line, diagram, evaluate, lines_of, table_of_lines
from review.errors import ModelError

MODEL = Path(__file__).resolve().parents[2] / "models" / "hints-1"


def write_corpus(folder: Path, *rows: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return folder


def test_precision_recall_and_f1_of_a_category() -> None:
    line = Line("INT.HR", right=6, found=8, wanted=12)
    assert (line.precision, line.recall, line.f1) == (0.75, 0.5, 0.6)
    empty = Line("INT.HR", 0, 0, 0)
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)


def test_the_interval_holds_the_share_and_narrows_with_more_rows() -> None:
    low, high = wilson(45, 50)
    assert low < 0.9 < high
    assert wilson(450, 500)[0] > low
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0.0


def test_probabilities_that_say_what_happens_have_no_calibration_error() -> None:
    rng = np.random.default_rng(1)
    probability = rng.random(60_000).astype(np.float32)
    truth = rng.random(60_000) < probability
    assert expected_calibration_error(reliability(probability, truth)) < 0.01
    assert expected_calibration_error(reliability(probability * 0.5, truth)) > 0.2


def test_the_sigmoid_turns_logits_into_frequencies() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, 40_000).astype(np.float32)
    truth = rng.random(40_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))
    slope, offset = fit_sigmoid(logits, truth)
    assert abs(slope - 0.5) < 0.05 and abs(offset + 1) < 0.05


def test_a_calibration_never_turns_the_order_round() -> None:
    slope, _ = fit_sigmoid(np.array([1, 2, 3, 4], dtype=np.float32), np.array([True, True, False, False]))
    assert slope > 0
    assert fit_sigmoid(np.array([1.0], dtype=np.float32), np.array([True])) == (1.0, 0.0)


def test_a_threshold_keeps_to_its_budget_of_documents() -> None:
    probability = np.array([0.9, 0.8, 0.7, 0.2, 0.1], dtype=np.float32)
    owners = np.array([0, 0, 1, 2, 3])
    assert threshold_for(probability, owners, 1, 0.3) == pytest.approx(0.7, abs=1e-6)
    assert threshold_for(probability, owners, 1, 0.3) > np.float32(0.7)
    assert threshold_for(probability, owners, 5, 0.3) == 0.3
    assert threshold_for(probability[:0], owners[:0], 0, 0.4) == 0.4


def test_the_tables_name_what_was_to_be_found() -> None:
    table = table_of_lines((Line("INT.HR", 6, 8, 12), Line("COM.FIN", 0, 0, 0)))
    assert "INT.HR" in table and "COM.FIN" not in table and "0.75 [" in table
    assert "ECE" in diagram(reliability(np.array([0.2, 0.9]), np.array([False, True])))


def test_alarms_are_counted_per_ten_pages() -> None:
    alarms = FalseAlarms("letters", 10, 30_000, 4, 3, 1)
    assert alarms.per_ten_pages == 2.0 and alarms.medium_share == 0.1


def test_lines_of_a_text_are_its_units() -> None:
    assert [("甲\n\n乙"[a:b]) for a, b in lines_of("甲\n\n乙")] == ["甲", "乙"]


def test_a_labelled_corpus_gives_a_table_per_category_and_alarms_on_the_rest(tmp_path: Path) -> None:
    votes = "会议推荐得票情况：王建国31票，李秀英12票，弃权2票，建议把王建国列为考察对象，结果仅供党委掌握。"
    plain = "全镇要认真贯彻落实上级部署，扎实推进乡村振兴，进一步改善人居环境。"
    corpus = write_corpus(tmp_path / "c", {"text": votes, "label": "INT.HR"}, {"text": plain}, {"text": plain * 3})
    result = evaluate(load_model(MODEL), corpus)
    line = next(line for line in result.lines if line.category == "INT.HR")
    assert (line.right, line.wanted) == (1, 1)
    assert [a.hints for a in result.alarms] == [0]
    assert "宏平均" in result.table() and "每十页" in result.table()
    assert 0 < result.macro_f1 <= 1 and 0 <= result.error <= 1


def test_an_unknown_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        evaluate(load_model(MODEL), write_corpus(tmp_path / "c", {"text": "一段", "label": "机密"}))
