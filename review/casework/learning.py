"""What reviewers said of hints, as labelled paragraphs, and which model is in use. Nothing of this leaves the installation.

The paragraphs are read from the stored drafts when somebody asks for a training run; no second copy of them is kept.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from review.casework import audit
from review.casework.accounts import OPERATOR
from review.casework.acts import current_dispositions
from review.casework.queries import unpacked
from review.casework.records import draft_of
from review.casework.store import Store
from review.casework.tables import drafts
from review.detection.feedback import LabelledParagraph
from review.detection.model_files import promote, roll_back
from review.types import DispositionCode, Source

#: 存疑 teaches nothing.
_LABELS = {
    DispositionCode.CONFIRMED: True,
    DispositionCode.REDACT: True,
    DispositionCode.FALSE_ALARM: False,
}


def labelled_hints(store: Store) -> tuple[LabelledParagraph, ...]:
    """Every hint a reviewer has judged, with its paragraph, in the order of the drafts; purged drafts have none."""
    found: list[LabelledParagraph] = []
    with store.reading() as connection:
        rows = connection.execute(select(drafts).order_by(drafts.c.case_id, drafts.c.number)).all()
        for row in rows:
            if not row.document_file:
                continue
            draft = draft_of(row)
            judged = [
                (draft.check.findings[item.finding], _LABELS[item.code])
                for item in current_dispositions(connection, draft.case_id, draft.number)
                if item.code in _LABELS and draft.check.findings[item.finding].source is Source.CLASSIFIER
            ]
            text = unpacked(store, row).text if judged else ""
            found += [
                LabelledParagraph(text[f.span.start : f.span.end], f.category, is_confirmed, f"{draft.case_id}")
                for f, is_confirmed in judged
                if f.span is not None
            ]
    return tuple(found)


def promote_model(store: Store, models: Path, name: str, now: datetime) -> None:
    """Puts a model into use, with its audit event; ModelError, and nothing changed, for a damaged one."""
    with store.writing() as transaction:
        audit.append(transaction, now, OPERATOR, "model-promoted", None, **promote(models, name, store.settings.model))


def roll_back_model(store: Store, models: Path, now: datetime) -> None:
    """Puts the model before back into use, with its audit event."""
    with store.writing() as transaction:
        audit.append(transaction, now, OPERATOR, "model-rolled-back", None, **roll_back(models))
