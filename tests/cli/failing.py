"""A command with a bug whose exception quotes its argument."""

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    raise ValueError(" ".join(arguments))
