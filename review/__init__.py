"""先审 Xianshen: confidentiality review of government drafts before publication.

``review.check(data, name)`` is the documented Python call: bytes and a name in, a ``Check`` out.
"""

import importlib

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """``review.check``, loaded when first asked for: the sandboxed child imports this package and must stay small."""
    if name == "check":
        return importlib.import_module("review.check")
    raise AttributeError(name)
