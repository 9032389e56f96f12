"""``review train``: a new hint model from a corpus, or from this installation's own decisions. A person promotes it or not."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from review.casework.learning import labelled_hints
from review.casework.store import open_store
from review.cli.options import make_parser, settings_of
from review.detection.feedback import retrain
from review.detection.model_files import current_name
from review.detection.training import train
from review.errors import ExitCode, UsageError
from review.settings import Settings


def run(arguments: Sequence[str]) -> int:
    """0 when the new model is written; it is not in use before ``review model promote``."""
    options = _parser().parse_args(arguments)
    settings = settings_of(options)
    if not options.corpus.is_dir():
        raise UsageError(f"语料目录不存在：{options.corpus}", "请指定放有公开文本（jsonl 或 jsonl.gz）的文件夹。")
    if options.from_cases:
        _train_from_cases(settings, options)
    else:
        train(options.corpus, options.output, report=_say)
    print(
        f"新模型在 {options.output}，尚未启用。看过其中的 card.md 后，用 review model promote {options.output.name} 启用。"
    )
    return int(ExitCode.CLEAR)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("train", "训练线索模型。")
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="公开文本（jsonl 或 jsonl.gz）")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="新模型的文件夹，如 models/hints-2"
    )
    parser.add_argument("--from-cases", action="store_true", help="另用本单位审查人的处置（只在本机读取，不外传）")
    return parser


def _train_from_cases(settings: Settings, options: argparse.Namespace) -> None:
    store = open_store(settings)
    try:
        paragraphs = labelled_hints(store)
    finally:
        store.close()
    old = settings.models / current_name(settings.models, settings.model)
    comparison = retrain(old, paragraphs, options.corpus, options.output, report=_say)
    print(comparison.table())


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
