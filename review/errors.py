"""The exception tree and the exit codes. Raised only when the caller asked for something that cannot be done.

Every error says in plain Chinese what is wrong (``message_zh``) and what to do next (``remedy_zh``). Messages never hold
document text. Partial failure inside a document is a ``Gap``, not an exception. ``docs/errors.md`` has one entry per class.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of ``review check`` (contract.md); the most serious of several files wins."""

    CLEAR = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    RULES = 4
    SETTINGS = 5
    REFUSED = 6
    STOP = 10
    BUG = 70


#: From the most to the least serious.
EXIT_ORDER = (
    ExitCode.STOP,
    ExitCode.BUG,
    ExitCode.REFUSED,
    ExitCode.SETTINGS,
    ExitCode.RULES,
    ExitCode.USAGE,
    ExitCode.FINDINGS,
    ExitCode.INCOMPLETE,
    ExitCode.CLEAR,
)


class ReviewError(Exception):
    """Something the caller asked for cannot be done; carries what a person should read and the exit code."""

    exit_code = ExitCode.BUG

    def __init__(self, message_zh: str, remedy_zh: str) -> None:
        super().__init__(message_zh)
        self.message_zh = message_zh
        self.remedy_zh = remedy_zh


class UsageError(ReviewError):
    """The call itself is wrong: no such file, an option with an impossible value."""

    exit_code = ExitCode.USAGE


class SettingsError(ReviewError):
    """review.toml or the environment holds something unusable, or the installation is not set up."""

    exit_code = ExitCode.SETTINGS


class RuleError(ReviewError):
    """A rule file is not usable; ``problems`` lists every problem found, each with file, line and remedy."""

    exit_code = ExitCode.RULES

    def __init__(self, message_zh: str, remedy_zh: str, path: str = "", line: int = 0, problems: tuple = ()) -> None:
        super().__init__(message_zh, remedy_zh)
        self.path = path
        self.line = line
        self.problems = problems


class ReadingError(ReviewError):
    """The sandbox itself cannot work (not: a file cannot be read, which is a Gap)."""

    exit_code = ExitCode.INCOMPLETE


class ModelError(ReviewError):
    """A classifier model is missing, altered or made for other categories."""

    exit_code = ExitCode.SETTINGS


class StoreError(ReviewError):
    """The database or the file store cannot be read or written; nothing was changed."""

    exit_code = ExitCode.SETTINGS


class WorkflowError(ReviewError):
    """A step that the workflow does not allow."""

    exit_code = ExitCode.REFUSED


class NotAllowed(WorkflowError):
    """This person may not do this."""


class WrongState(WorkflowError):
    """The case is not in a state in which this can be done."""


class Conflict(WorkflowError):
    """Somebody else changed the case in the meantime."""


class SignInError(WorkflowError):
    """Wrong account or password, locked account, expired session."""


class StoppedBySecrecyMark(WorkflowError):
    """The draft carries a suspected state-secret mark; nothing of it was kept (domain.md §8.4)."""

    exit_code = ExitCode.STOP


class RedactionLeak(ReviewError):
    """The redacted copy still holds what was redacted; nothing was written."""

    exit_code = ExitCode.REFUSED


class AuditChainBroken(ReviewError):
    """The audit chain does not verify; ``seq`` is the first event that does not fit."""

    exit_code = ExitCode.REFUSED

    def __init__(self, message_zh: str, remedy_zh: str, seq: int) -> None:
        super().__init__(message_zh, remedy_zh)
        self.seq = seq
