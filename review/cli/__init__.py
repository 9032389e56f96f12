"""The command line: ``review COMMAND …`` (contract.md). Each command is one module of this folder and one line below.

Only the module of the command that was called is imported, so that ``review audit verify`` never pays for the readers.
"""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from review import __version__
from review.errors import ExitCode, ReviewError


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives (a module with ``run(arguments) -> int``) and what it does, in one line of Chinese."""

    module: str
    summary: str


COMMANDS: dict[str, Command] = {
    "check": Command("review.cli.checking", "检查文件或文件夹，列出不宜公开的内容"),
    "extract": Command("review.cli.extracting", "列出检查时所见的全部文字及其位置"),
    "rules": Command("review.cli.rules", "规则：list lint test explain schema diff density"),
    "train": Command("review.cli.training", "训练线索模型"),
    "evaluate": Command("review.cli.evaluating", "评估线索模型"),
    "model": Command("review.cli.models", "线索模型：list promote rollback"),
    "init": Command("review.cli.initialising", "建立本单位的数据目录、密钥和数据库"),
    "serve": Command("review.cli.serving", "启动网页"),
    "users": Command("review.cli.users", "账号：add list disable reset"),
    "audit": Command("review.cli.audit", "操作留痕：verify"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one call (contract.md); prints problems to standard error, never text of a document."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        return int(ExitCode.CLEAR if words else ExitCode.USAGE)
    if words[0] == "--version":
        print(f"先审 review {__version__}")
        return int(ExitCode.CLEAR)
    command = COMMANDS.get(words[0])
    if command is None:
        print(f"没有名为 {words[0]} 的命令。\n\n{_help()}", file=sys.stderr)
        return int(ExitCode.USAGE)
    try:
        return int(importlib.import_module(command.module).run(words[1:]))
    except ReviewError as error:
        print(f"{error.message_zh}\n{error.remedy_zh}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("已中断，未完成的文件没有结论。", file=sys.stderr)
        return int(ExitCode.INCOMPLETE)
    except BrokenPipeError:
        return int(ExitCode.CLEAR)
    except Exception as error:  # noqa: BLE001 - the last guard: an exception's text may hold document text, so only its place is said
        print(_bug(error), file=sys.stderr)
        return int(ExitCode.BUG)


def _help() -> str:
    lines = [f"  {name:<10}{command.summary}" for name, command in COMMANDS.items()]
    return "用法：review 命令 [参数]    （review 命令 --help 看各命令的参数）\n\n" + "\n".join(lines)


def _bug(error: Exception) -> str:
    frames = extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return (
        f"程序内部错误（{type(error).__name__}，{place}），没有得出结论。\n"
        "请把这一行连同所用命令（不要附文稿）报告给维护者。"
    )
