"""Who may do what, and the re-reading of the actor: an account disabled a minute ago acts no more."""

from collections.abc import Collection

from sqlalchemy import Connection, Row, select

from review.casework.tables import accounts
from review.casework.transitions import ACT_LABELS, REVIEWING, ROLE_LABELS, STATE_LABELS, TRANSITIONS, Act
from review.errors import NotAllowed, WrongState
from review.types import Actor, Case, CaseState, Role


def roles_text(roles: Collection[Role]) -> str:
    return ",".join(sorted(roles))


def parse_roles(text: str) -> frozenset[Role]:
    return frozenset(Role(name) for name in text.split(",") if name)


def actor_of(row: Row) -> Actor:
    return Actor(row.id, row.name, row.department, parse_roles(row.roles))


def read_actor(connection: Connection, actor: Actor) -> Actor:
    """The actor as the database knows the account now; NotAllowed when it is gone, disabled or on a one-time password."""
    row = connection.execute(select(accounts).where(accounts.c.id == actor.id)).first()
    if row is None or row.is_disabled:
        raise NotAllowed("账号已停用或不存在。", "请联系系统管理员。")
    if row.must_change:
        raise NotAllowed("首次登录须先修改口令。", "请修改一次性口令后再办理。")
    return actor_of(row)


def require_role(actor: Actor, roles: Collection[Role], what: str) -> None:
    """NotAllowed unless the actor has one of the roles; ``what`` is the act in Chinese."""
    if not actor.has_role(*roles):
        names = "、".join(ROLE_LABELS[role] for role in sorted(roles))
        raise NotAllowed(f"您的账号不能{what}。", f"这项操作由{names}办理；如职责有变，请联系系统管理员调整角色。")


def require(act: Act, actor: Actor, case: Case, uploaders: Collection[str]) -> None:
    """NotAllowed or WrongState unless this actor may do this act on this case now. ``uploaders``: who uploaded its drafts."""
    transition = TRANSITIONS[act]
    require_role(actor, transition.roles, ACT_LABELS[act])
    _require_place(act, actor, case, uploaders)
    if case.state not in transition.states:
        raise WrongState(
            f"事项现为“{STATE_LABELS[case.state]}”，不能{ACT_LABELS[act]}。", "请刷新页面，按事项的当前状态办理。"
        )
    if transition.whose == "holder" and case.reviewer_id != actor.id and not actor.has_role(Role.LEAD):
        raise NotAllowed("这一事项由其他审查人办理。", "请先由原审查人放回待办，或请负责人办理。")


def permitted(actor: Actor, case: Case, uploaders: Collection[str] = ()) -> frozenset[str]:
    """Names of the acts this actor may do on this case now, for drawing buttons; the acts check again.

    ``uploaders``: who uploaded drafts of the case, besides its submitter.
    """
    allowed = set()
    for act in Act:
        try:
            require(act, actor, case, {case.submitter_id, *uploaders})
        except (NotAllowed, WrongState):
            continue
        allowed.add(act.value)
    return frozenset(allowed)


def may_see(actor: Actor, case: Case) -> bool:
    """Whether the record of a case may be shown: reviewers, leads and auditors all, submitters their department's."""
    if actor.has_role(Role.REVIEWER, Role.LEAD, Role.AUDITOR):
        return True
    return actor.has_role(Role.SUBMITTER) and case.department == actor.department


def may_open(actor: Actor, case: Case) -> bool:
    """Whether the draft itself may be opened; an auditor follows the steps without the text."""
    if actor.has_role(Role.REVIEWER, Role.LEAD):
        return True
    return actor.has_role(Role.SUBMITTER) and case.department == actor.department


def _require_place(act: Act, actor: Actor, case: Case, uploaders: Collection[str]) -> None:
    if act in REVIEWING and actor.id in uploaders:
        raise NotAllowed("送审人不能审查自己送审的文稿。", "请由其他审查人办理。")
    if TRANSITIONS[act].whose == "department" and case.department != actor.department:
        raise NotAllowed("这是其他单位的事项。", "请由送审单位的经办人办理。")
    if act is Act.OPEN and not may_open(actor, case):
        raise NotAllowed("这是其他单位的事项。", "只能打开本单位送审的文稿。")


def is_open(state: CaseState) -> bool:
    """Whether the clock of a case in this state runs."""
    return state not in (CaseState.DECIDED, CaseState.WITHDRAWN)
