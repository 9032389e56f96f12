"""Which pages a role sees, and how one page leads to another with a case in the address."""

from pathlib import Path

import streamlit as st

from review.types import Actor, Role

_HERE = Path(__file__).resolve().parent
_EVERYONE = frozenset(Role)
_DECIDERS = frozenset({Role.REVIEWER, Role.LEAD})
#: Its title names the page: the address of a start page is empty.
PRECHECK = "自查送审"

#: (file, title, icon, roles). The first page a role has is its start page. Add a page: one file, one line.
PAGES: tuple[tuple[str, str, str, frozenset[Role]], ...] = (
    ("todo", "待办审查", "inbox", _DECIDERS),
    ("workbench", "审查工作台", "fact_check", _DECIDERS),
    ("precheck", PRECHECK, "upload_file", _DECIDERS | {Role.SUBMITTER}),
    ("submissions", "我的送审", "outbox", frozenset({Role.SUBMITTER})),
    ("trail", "操作留痕", "history", frozenset({Role.AUDITOR, Role.SECRECY, Role.LEAD})),
    ("record", "办理记录", "assignment", _DECIDERS | {Role.SUBMITTER, Role.AUDITOR}),
    ("people", "账号管理", "group", frozenset({Role.ADMIN})),
    ("rulebook", "规则", "rule", _EVERYONE - {Role.AUDITOR, Role.ADMIN, Role.SECRECY}),
    ("figures", "统计", "monitoring", _DECIDERS | {Role.AUDITOR}),
    ("account", "我的账号", "person", _EVERYONE),
)


def pages_for(actor: Actor) -> list[st.Page]:
    """The pages of this person's roles, in the order of the table."""
    chosen = [row for row in PAGES if actor.roles & row[3]]
    return [
        st.Page(_HERE / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=name, default=at == 0)
        for at, (name, title, icon, _) in enumerate(chosen)
    ]


def go(page: str, **parameters: str | int) -> None:
    """Switch to a page with these query parameters: numbers of cases, never text of a document."""
    st.switch_page(_HERE / f"{page}.py", query_params={name: str(value) for name, value in parameters.items()})


def number_in_address(name: str) -> int | None:
    """The number behind ``?name=``; None when it is missing or no number."""
    value = st.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None
