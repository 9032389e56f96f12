"""``review audit verify``: does the chain of events still fit?"""

from collections.abc import Sequence

from review.casework.audit import verify
from review.casework.store import open_store
from review.cli.options import make_parser, settings_of
from review.errors import ExitCode


def run(arguments: Sequence[str]) -> int:
    """0 when every event fits; AuditChainBroken (6) names the first that does not."""
    parser = make_parser("audit", "核对操作留痕。")
    parser.add_argument("action", choices=("verify",))
    settings = settings_of(parser.parse_args(arguments))
    store = open_store(settings)
    try:
        state = verify(store)
    finally:
        store.close()
    print(f"操作留痕完整：{state.events} 条，链头 {state.head[:16]}…")
    return int(ExitCode.CLEAR)
