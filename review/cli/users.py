"""``review users``: accounts, by the person at the machine. Passwords are printed once and must be changed at sign-in."""

import argparse
from collections.abc import Sequence

from review.casework.accounts import add_account, disable_account, list_accounts, reset_password
from review.casework.store import Store, open_store
from review.casework.transitions import ROLE_LABELS
from review.cli.options import make_parser, settings_of
from review.errors import ExitCode
from review.types import Role


def run(arguments: Sequence[str]) -> int:
    """0, or the error's code."""
    options = _parser().parse_args(arguments)
    store = open_store(settings_of(options))
    try:
        _ACTIONS[options.action](store, options)
    finally:
        store.close()
    return int(ExitCode.CLEAR)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("users", "账号：add 新增、list 列出、disable 停用、reset 重置口令。")
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument("login", nargs="?", default="", help="登录名")
    parser.add_argument("--name", default="", help="姓名")
    parser.add_argument("--department", default="", help="单位")
    roles = "、".join(f"{role.value} {name}" for role, name in ROLE_LABELS.items())
    parser.add_argument("--role", action="append", default=[], choices=[r.value for r in Role], help=f"角色：{roles}")
    return parser


def _add(store: Store, options: argparse.Namespace) -> None:
    roles = [Role(role) for role in options.role]
    password = add_account(store, None, options.login, options.name, options.department, roles)
    _print_password(options.login, password)


def _list(store: Store, options: argparse.Namespace) -> None:
    for account in list_accounts(store, None):
        state = "（已停用）" if account.is_disabled else ""
        roles = "、".join(ROLE_LABELS[role] for role in sorted(account.roles))
        print(f"{account.login}\t{account.name}\t{account.department}\t{roles}{state}")


def _disable(store: Store, options: argparse.Namespace) -> None:
    disable_account(store, None, options.login)
    print(f"已停用：{options.login}")


def _reset(store: Store, options: argparse.Namespace) -> None:
    _print_password(options.login, reset_password(store, None, options.login))


def _print_password(login: str, password: str) -> None:
    print(f"账号 {login} 的一次性口令：{password}\n首次登录须修改；请当面告知，不要写在聊天或邮件里。")


_ACTIONS = {"add": _add, "list": _list, "disable": _disable, "reset": _reset}
