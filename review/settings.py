"""Settings of one installation, read once by an entry point from ``review.toml`` and ``REVIEW_…`` variables.

Nothing else reads the environment; everything below receives ``Settings`` (or a value of it) as an argument.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from review.errors import SettingsError
from review.types import Limits

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; docs/settings.md lists them and a test compares."""

    home: Path = Path("var")  # REVIEW_HOME: state of the installation
    database_url: str = ""  # REVIEW_DATABASE_URL: "" = SQLite under home
    rules: Path = _ROOT / "rules"  # REVIEW_RULES
    models: Path = _ROOT / "models"  # REVIEW_MODELS
    model: str = "hints-1"  # REVIEW_MODEL: folder under models, "" = no classifier
    organisation: str = "本单位"  # REVIEW_ORGANISATION: on forms and screens
    secrecy_contact: str = "本单位保密工作机构"  # REVIEW_SECRECY_CONTACT: shown when a draft is stopped
    work_secret_mode: str = ""  # REVIEW_WORK_SECRET_MODE: flag | stop, "" = as policy.yaml says
    target_working_days: int = 15  # REVIEW_TARGET_WORKING_DAYS: local target
    legal_working_days: int = 20  # REVIEW_LEGAL_WORKING_DAYS: 条例第二十六条
    session_minutes: int = 480  # REVIEW_SESSION_MINUTES
    idle_minutes: int = 60  # REVIEW_IDLE_MINUTES
    lockout_failures: int = 5  # REVIEW_LOCKOUT_FAILURES
    lockout_minutes: int = 15  # REVIEW_LOCKOUT_MINUTES
    retention_years: int = 10  # REVIEW_RETENTION_YEARS
    port: int = 8501  # REVIEW_PORT
    address: str = "127.0.0.1"  # REVIEW_ADDRESS
    ocr: str = "auto"  # REVIEW_OCR: auto | off
    limits: Limits = field(default_factory=Limits)  # REVIEW_LIMITS_FILE_BYTES, … ([limits] in review.toml)

    @property
    def sqlite_path(self) -> Path:
        return self.home / "review.sqlite3"

    @property
    def cache(self) -> Path:
        """Folder for compiled rules between runs: under home once ``review init`` made it, else the user's own cache."""
        folder = self.home / "cache"
        return folder if folder.is_dir() else Path.home() / ".cache" / "xianshen"

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.sqlite_path}"


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process: defaults, then ``review.toml``, then ``REVIEW_…``; SettingsError for an unusable value.

    ``path`` defaults to ``REVIEW_CONFIG`` or ``review.toml`` in the working folder; a missing default file is no error.
    """
    env = os.environ if environment is None else environment
    chosen = path or (Path(env["REVIEW_CONFIG"]) if env.get("REVIEW_CONFIG") else None)
    file = chosen or Path("review.toml")
    table: dict[str, object] = {}
    if file.is_file():
        try:
            table = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(f"设置文件 {file} 无法读取。", "请检查文件编码（应为 UTF-8）和 TOML 语法。") from error
    elif chosen is not None:
        raise SettingsError(f"找不到设置文件 {file}。", "请检查 --config 或 REVIEW_CONFIG 指向的路径。")
    limits_table = table.pop("limits", {})
    if not isinstance(limits_table, dict):
        raise SettingsError("设置 limits 应当是一个小节。", "请写成 [limits] 小节，每行一个限制。")
    settings = _apply(Settings(), table, f"{file}")
    settings = _apply(settings, _from_environment(env, "REVIEW_", settings), "环境变量")
    limits = _apply(settings.limits, limits_table, f"{file} [limits]")
    limits = _apply(limits, _from_environment(env, "REVIEW_LIMITS_", limits), "环境变量")
    return replace(settings, limits=limits)


def _from_environment(env: Mapping[str, str], prefix: str, target: object) -> dict[str, object]:
    names = {f.name for f in fields(target) if f.name != "limits"}  # type: ignore[arg-type]
    return {name: env[key] for name in sorted(names) if (key := prefix + name.upper()) in env}


def _apply(target, table: Mapping[str, object], origin: str):
    known = {f.name: type(getattr(target, f.name)) for f in fields(target) if f.name != "limits"}
    changes: dict[str, object] = {}
    for name, raw in table.items():
        if name not in known:
            raise SettingsError(
                f"{origin}：没有名为 {name} 的设置。", "请对照 docs/settings.md 改正名称，或删除这一项。"
            )
        changes[name] = _convert(name, raw, known[name], origin)
    return replace(target, **changes)


def _convert(name: str, raw: object, kind: type, origin: str) -> object:
    if issubclass(kind, Path):
        return Path(str(raw)).expanduser()
    if kind in (int, float):
        try:
            return kind(str(raw))
        except ValueError as error:
            raise SettingsError(
                f"{origin}：设置 {name} 应当是数字。", "请改成数字，或删除这一项以使用默认值。"
            ) from error
    return str(raw)
