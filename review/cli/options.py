"""What several commands share: a parser that speaks Chinese, and settings from the usual options."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from review.errors import UsageError
from review.settings import Settings, load_settings

_WORDS = (("usage:", "用法："), ("positional arguments:", "对象："), ("options:", "参数："))


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are UsageErrors in Chinese (exit code 2)."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"参数有误：{message}", f"请看 {self.prog} --help。")

    def format_help(self) -> str:
        """The help with argparse's own English words in Chinese."""
        text = super().format_help()
        for english, chinese in _WORDS:
            text = text.replace(english, chinese, 1)
        return text


def make_parser(command: str, description: str) -> Parser:
    """The parser of one command, with ``--config``."""
    parser = Parser(prog=f"review {command}", description=description, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="help", help="显示本说明")
    parser.add_argument("--config", type=Path, metavar="FILE", help="设置文件（默认 review.toml）")
    return parser


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of this call: review.toml and environment, then the options given."""
    settings = load_settings(options.config)
    folder = getattr(options, "rules", None)
    if folder is not None:
        if not folder.is_dir():
            raise UsageError(f"规则目录不存在：{folder}", "请检查 --rules 指向的路径。")
        settings = replace(settings, rules=folder)
    return settings
