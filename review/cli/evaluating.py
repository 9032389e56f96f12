"""``review evaluate``: how good is a model on a folder of labelled texts?"""

from collections.abc import Sequence
from pathlib import Path

from review.cli.options import make_parser, settings_of
from review.detection.classifier import load_model
from review.detection.evaluation import evaluate
from review.detection.model_files import current_name
from review.errors import ExitCode, UsageError


def run(arguments: Sequence[str]) -> int:
    """0 after the table."""
    parser = make_parser("evaluate", "评估线索模型：各类的准确率、召回率及置信区间，可靠性图，误报。")
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="带 text 和 label 的 jsonl")
    parser.add_argument("--model", type=Path, metavar="DIR", help="模型文件夹（默认在用的模型）")
    options = parser.parse_args(arguments)
    settings = settings_of(options)
    if not options.corpus.is_dir():
        raise UsageError(f"语料目录不存在：{options.corpus}", "请指定放有 jsonl 或 jsonl.gz 的文件夹。")
    folder = options.model or settings.models / current_name(settings.models, settings.model)
    print(evaluate(load_model(folder), options.corpus).table())
    return int(ExitCode.CLEAR)
