"""``review model``: which hint model is in use. Every change is a person's act with an audit event."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from review.casework.learning import promote_model, roll_back_model
from review.casework.store import open_store
from review.cli.options import make_parser, settings_of
from review.detection.model_files import current_name
from review.errors import ExitCode, UsageError
from review.settings import Settings


def run(arguments: Sequence[str]) -> int:
    """0, or ModelError's code; a damaged model is never put into use."""
    parser = make_parser("model", "线索模型：list 列出、promote 启用、rollback 退回上一个。")
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument("name", nargs="?", default="", help="promote：models 下的文件夹名")
    options = parser.parse_args(arguments)
    _ACTIONS[options.action](settings_of(options), options)
    return int(ExitCode.CLEAR)


def _list(settings: Settings, options: argparse.Namespace) -> None:
    used = current_name(settings.models, settings.model)
    for folder in sorted(p.parent.name for p in settings.models.glob("*/SHA256SUMS")):
        print(f"{'在用' if folder == used else '    '}  {folder}")


def _promote(settings: Settings, options: argparse.Namespace) -> None:
    if not options.name:
        raise UsageError("没有写模型名称。", "用 review model list 查看，再写 review model promote 名称。")
    store = open_store(settings)
    try:
        promote_model(store, settings.models, options.name, datetime.now(UTC))
    finally:
        store.close()
    print(f"已启用 {options.name}；网页需要重新启动才会换用。")


def _roll_back(settings: Settings, options: argparse.Namespace) -> None:
    store = open_store(settings)
    try:
        roll_back_model(store, settings.models, datetime.now(UTC))
    finally:
        store.close()
    print(f"已退回 {current_name(settings.models, settings.model)}；网页需要重新启动才会换用。")


_ACTIONS = {"list": _list, "promote": _promote, "rollback": _roll_back}
