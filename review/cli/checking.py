"""``review check PATH…``: checks files or folders; writes nothing but its report."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

from review.check import Detectors, check_document, load_detectors, read_and_check
from review.cli.found import STANDARD_INPUT, Found, find, read
from review.cli.options import make_parser, settings_of
from review.errors import EXIT_ORDER, ExitCode, UsageError
from review.outputs.report import Checked, render_html, render_json, render_text
from review.reading.sandbox import Pool
from review.settings import Settings
from review.types import Document, Gap, GapReason, Level, Severity

_UNOPENED = "文件打不开，未检查。请检查读取权限和磁盘。"


def run(arguments: Sequence[str]) -> int:
    """The most serious exit code of all files (contract.md)."""
    options = _parser().parse_args(arguments)
    settings = settings_of(options)
    files = find(options.paths)
    detectors = load_detectors(settings, date.today(), with_model=not options.no_model)
    checked = _check_all(files, options, settings, detectors)
    _write(checked, options, detectors)
    return int(exit_code(checked, Severity(options.fail_on)))


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("check", "检查文件或文件夹，列出不宜公开的内容。除报告外不写任何文件。")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="文件、文件夹，或 - 表示标准输入")
    parser.add_argument("--format", choices=("text", "json", "html"), default="text", help="报告格式（默认 text）")
    parser.add_argument("--output", type=Path, metavar="FILE", help="报告写入文件（默认标准输出）")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="规则目录（默认随附的规则）")
    parser.add_argument("--no-model", action="store_true", help="不用线索模型")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="同时读取的文件数（默认 1）")
    parser.add_argument("--ocr", choices=("auto", "off"), default=None, help="是否识别图片中的文字（默认 auto）")
    parser.add_argument("--name", default="", help="标准输入的文件名")
    parser.add_argument(
        "--fail-on",
        choices=("info", "low", "medium", "high"),
        default="medium",
        help="从哪一级起以退出码 1 结束（默认 medium）",
    )
    parser.add_argument("--show-text", action="store_true", help="在终端上显示命中的原文（只限终端）")
    return parser


def _check_all(
    files: list[Found], options: argparse.Namespace, settings: Settings, detectors: Detectors
) -> list[Checked]:
    jobs = max(options.jobs, 1)
    ocr = options.ocr or settings.ocr

    with Pool(settings.limits, jobs, ocr) as pool, ThreadPoolExecutor(jobs) as threads:

        def one(position: int, item: Found) -> Checked:
            return _check_one(position, item, options.name, settings, detectors, pool)

        waiting = [threads.submit(one, position, item) for position, item in enumerate(files, 1)]
        return [future.result() for future in _with_progress(waiting)]


def _check_one(position: int, item: Found, name: str, settings: Settings, detectors: Detectors, pool: Pool) -> Checked:
    limit = settings.limits.file_bytes
    if item.refusal:
        return _unopened(position, item.shown, item.refusal, detectors)
    try:
        is_input = item.path == STANDARD_INPUT
        data = sys.stdin.buffer.read(limit + 1) if is_input else read(item.path, limit + 1)
    except OSError:
        return _unopened(position, item.shown, _UNOPENED, detectors)
    shown = name or "标准输入" if is_input else Path(item.shown).name
    document, check = read_and_check(data, shown, detectors, pool=pool)
    if len(data) > limit:
        check = replace(check, document_sha256=None)  # only the beginning was read
    return Checked(item.shown, position, document, check)


def _unopened(position: int, path: str, detail: str, detectors: Detectors) -> Checked:
    gap = Gap(GapReason.CORRUPT, "", detail)
    document = Document(sha256="", name=Path(path).name, format="unknown", size=0, text="", blocks=(), gaps=(gap,))
    check = replace(check_document(document, detectors), document_sha256=None)
    return Checked(path, position, document if check.verdict.level is not Level.STOP else None, check)


def _with_progress(waiting: list) -> Iterator:
    """The futures in order, with a line of progress on a terminal."""
    is_shown = sys.stderr.isatty() and len(waiting) > 1
    for done, future in enumerate(waiting, 1):
        future.exception()  # waits
        if is_shown:
            width = 30 * done // len(waiting)
            print(f"\r[{'█' * width:<30}] {done}/{len(waiting)}", end="", file=sys.stderr, flush=True)
        yield future
    if is_shown:
        print(file=sys.stderr)


# ----------------------------------------------------------------------------------------------------------- report


def _write(checked: list[Checked], options: argparse.Namespace, detectors: Detectors) -> None:
    show_text = options.show_text and options.output is None and sys.stdout.isatty()
    if options.show_text and not show_text:
        raise UsageError(
            "--show-text 只能用于终端显示。", "报告文件里不保存原文；请去掉 --show-text，或不要重定向输出。"
        )
    rules = detectors.rules
    if options.format == "json":
        report = render_json(checked, rules, show_text)
    elif options.format == "html":
        report = render_html(checked, rules)
    else:
        report = render_text(checked, rules, show_text)
    if options.output is None:
        sys.stdout.write(report)
        return
    try:
        options.output.write_text(report, "utf-8")
    except OSError as error:
        raise UsageError("报告文件写不进去。", "请检查 --output 所在的文件夹是否存在、可写，磁盘是否已满。") from error


def exit_code(checked: Sequence[Checked], fail_on: Severity) -> ExitCode:
    """The most serious code of these files (contract.md): 10 > 1 > 3 > 0."""
    codes = {_code_of(item, fail_on) for item in checked}
    return next(code for code in EXIT_ORDER if code in codes)


def _code_of(item: Checked, fail_on: Severity) -> ExitCode:
    if item.is_stopped:
        return ExitCode.STOP
    if any(f.severity.rank >= fail_on.rank and not f.trial for f in item.check.findings):
        return ExitCode.FINDINGS
    return ExitCode.CLEAR if item.check.verdict.complete else ExitCode.INCOMPLETE
