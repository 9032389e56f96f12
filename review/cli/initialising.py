"""``review init``: the data folder, keys and database of one installation. What is already there stays as it is."""

from collections.abc import Sequence

from review.casework.store import initialise
from review.cli.options import make_parser, settings_of
from review.errors import ExitCode, StoreError
from review.settings import Settings


def run(arguments: Sequence[str]) -> int:
    """0 when the installation stands."""
    settings = settings_of(make_parser("init", "建立数据目录、密钥和数据库；已有的不动。").parse_args(arguments))
    prepare(settings)
    print(f"已就绪：{settings.home.resolve()}")
    print("下一步：review users add 登录名 --name 姓名 --department 单位 --role admin，然后 review serve。")
    return int(ExitCode.CLEAR)


def prepare(settings: Settings) -> None:
    """The installation with its folder for compiled rules."""
    initialise(settings)
    try:
        (settings.home / "cache").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError("数据目录不可写。", f"请检查 {settings.home} 的权限和磁盘空间。") from error
