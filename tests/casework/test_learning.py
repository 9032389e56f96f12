"""Reviewers' words on hints become labels, in this installation only; a model change is a person's act on record."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from review.casework import audit
from review.casework.learning import labelled_hints, promote_model, roll_back_model
from review.casework.store import Store
from review.casework.workflow import claim, dispose
from review.detection.model_files import current_name
from review.errors import ModelError
from review.types import DispositionCode, Severity, Source, Span
from tests.casework.case_builders import NOW, make_case, make_finding

MODEL = Path(__file__).resolve().parents[2] / "models" / "hints-1"
TEXT = "检查组下周三上午突击检查三家企业。\n其余照常。"


def make_hint(start: int, end: int, category: str = "INT.FLOW"):  # type: ignore[no-untyped-def]
    span = Span(start, end)
    return make_finding(
        Severity.LOW, category=category, source=Source.CLASSIFIER, span=span, spans=(span,), score=0.8, rule_id="hint"
    )


def test_a_judged_hint_is_its_paragraph_with_a_yes_or_no(store: Store, people: SimpleNamespace) -> None:
    first = TEXT.index("\n")
    case = make_case(
        store, people.clerk, make_hint(0, first), make_hint(first + 1, len(TEXT)), make_finding(), text=TEXT
    )
    claim(store, people.reviewer, case.id, case.version, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.CONFIRMED, "", NOW)
    dispose(store, people.reviewer, case.id, 1, 1, DispositionCode.FALSE_ALARM, "是公开的安排", NOW)
    dispose(store, people.reviewer, case.id, 1, 2, DispositionCode.CONFIRMED, "", NOW)
    labels = labelled_hints(store)
    assert [(label.text, label.category, label.confirmed) for label in labels] == [
        (TEXT[:first], "INT.FLOW", True),
        (TEXT[first + 1 :], "INT.FLOW", False),
    ]


def test_what_is_doubtful_or_not_judged_teaches_nothing(store: Store, people: SimpleNamespace) -> None:
    case = make_case(store, people.clerk, make_hint(0, 5), make_hint(6, 9), text=TEXT)
    claim(store, people.reviewer, case.id, case.version, NOW)
    dispose(store, people.reviewer, case.id, 1, 0, DispositionCode.DOUBTFUL, "拿不准", NOW)
    assert labelled_hints(store) == ()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    for name in ("hints-1", "hints-2"):
        shutil.copytree(MODEL, folder / name)
    return folder


def test_promotion_and_roll_back_change_the_model_in_use_and_are_audited(store: Store, models: Path) -> None:
    promote_model(store, models, "hints-2", NOW)
    assert current_name(models) == "hints-2"
    roll_back_model(store, models, NOW)
    assert current_name(models) == "hints-1"
    with store.reading() as connection:
        actions = (
            connection.exec_driver_sql("select action from audit_events order by seq desc limit 2").scalars().all()
        )
    assert actions == ["model-rolled-back", "model-promoted"]
    assert audit.verify(store).events > 2


def test_a_damaged_model_is_not_promoted_and_leaves_no_event(store: Store, models: Path) -> None:
    weights = models / "hints-2" / "weights.npz"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(bytes(data))
    before = audit.head(store)
    with pytest.raises(ModelError):
        promote_model(store, models, "hints-2", NOW)
    assert current_name(models) == "" and audit.head(store) == before
