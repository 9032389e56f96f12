"""``review serve``: starts the pages on this machine; ``--demo`` first makes demo accounts and a queue of sample drafts."""

import importlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import uvicorn

from review.casework.store import open_store, remove_orphans
from review.cli.initialising import prepare
from review.cli.options import make_parser, settings_of
from review.errors import ExitCode
from review.settings import Settings

_ROOT = Path(__file__).resolve().parents[2]


def run(arguments: Sequence[str]) -> int:
    """Runs until it is interrupted; 0 then."""
    parser = make_parser("serve", "启动网页。")
    parser.add_argument("--port", type=int, help="端口（默认见设置）")
    parser.add_argument("--demo", action="store_true", help="先建立演示账号和样本（只用于试用）")
    options = parser.parse_args(arguments)
    settings = settings_of(options)
    settings = replace(settings, home=settings.home.resolve(), port=options.port or settings.port)
    prepare(settings)
    _tidy(settings)
    if options.demo:
        importlib.import_module("review.cli.demo").prepare(settings, _ROOT / "samples")
    print(f"请在浏览器打开 http://{settings.address}:{settings.port}    （Ctrl+C 停止）", flush=True)
    _serve(settings, options.config)
    return int(ExitCode.CLEAR)


def _tidy(settings: Settings) -> None:
    """Removes what interrupted submissions left in the vault."""
    store = open_store(settings)
    try:
        remove_orphans(store)
    finally:
        store.close()


def _serve(settings: Settings, config: Path | None) -> None:
    """The pages read their own settings, so that they may also be started by another ASGI server."""
    if config is not None:
        os.environ["REVIEW_CONFIG"] = str(config.resolve())
    elif Path("review.toml").is_file():
        os.environ["REVIEW_CONFIG"] = str(Path("review.toml").resolve())
    os.environ["REVIEW_HOME"] = str(settings.home)
    os.environ["REVIEW_PORT"] = str(settings.port)
    os.chdir(_ROOT)  # where .streamlit/config.toml is
    uvicorn.run("app:app", app_dir=str(_ROOT), host=settings.address, port=settings.port, access_log=False)
