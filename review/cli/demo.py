"""Demo accounts and a queue of sample drafts, for trying the program out. Never used by an installation of a public body."""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from review.casework.accounts import add_account, change_password, list_accounts, reset_password
from review.casework.store import Store, open_store
from review.casework.transitions import ROLE_LABELS
from review.casework.workflow import submit
from review.check import load_detectors, read_and_check
from review.reading.sandbox import Pool
from review.settings import Settings
from review.types import Actor, Role, Submission


@dataclass(frozen=True, slots=True)
class Person:
    """A demo account."""

    login: str
    name: str
    department: str
    role: Role


PEOPLE = (
    Person("zhenban", "陶小满", "枫林镇", Role.SUBMITTER),
    Person("shencha", "陈志远", "区信息中心", Role.REVIEWER),
    Person("fuzeren", "许敏", "区信息中心", Role.LEAD),
    Person("shenji", "高远", "区政务公开办", Role.AUDITOR),
    Person("guanli", "石磊", "区信息中心", Role.ADMIN),
)

#: What the demo clerk has already sent in: sample, title, document number.
QUEUE = (
    ("1_清洁家园行动通知.docx", "关于开展冬季清洁家园行动的通知", "云城管〔2026〕31号"),
    ("2_低保对象公示名单.xlsx", "枫林镇2026年11月最低生活保障对象公示名单", ""),
    ("3_危房改造通报_带修订.docx", "关于2026年农村危房改造工作情况的通报", ""),
)


def prepare(settings: Settings, samples: Path) -> None:
    """Demo accounts (their one-time passwords are printed) and a first queue, unless the installation has accounts."""
    store = open_store(settings)
    try:
        if list_accounts(store, None):
            print("演示账号此前已建立；忘记口令请运行：review users reset 登录名")
            return
        passwords = [add_account(store, None, p.login, p.name, p.department, [p.role]) for p in PEOPLE]
        passwords[0] = _fill_queue(store, settings, samples, passwords[0])
        print("演示账号（一次性口令，首次登录须修改）：")
        for person, password in zip(PEOPLE, passwords, strict=True):
            print(f"  {person.login:<10}{password}  {ROLE_LABELS[person.role]}  {person.department} {person.name}")
        print(f"样本文稿在 {samples}，可在“自查送审”里上传试用。")
    finally:
        store.close()


def _fill_queue(store: Store, settings: Settings, samples: Path, password: str) -> str:
    """The clerk's new one-time password, after the samples were sent in under the clerk's name."""
    account = next(a for a in list_accounts(store, None) if a.login == PEOPLE[0].login)
    clerk = Actor(account.id, account.name, account.department, account.roles)
    # nobody may act with a one-time password, not even a demo
    change_password(store, clerk, password, secrets.token_urlsafe(24))
    detectors = load_detectors(settings, date.today())
    with Pool(settings.limits, 1, "off") as pool:
        for days, (file_name, title, number) in enumerate(QUEUE, 1):
            data = (samples / file_name).read_bytes()
            document, check = read_and_check(data, file_name, detectors, pool=pool, key=store.key)
            if document is None:
                continue
            formed = detectors.today - timedelta(days=4 * days)
            submission = Submission(title, number, "政府门户网站", formed)
            submit(store, clerk, submission, data, file_name, document, check, datetime.now(UTC))
    return reset_password(store, None, PEOPLE[0].login)
