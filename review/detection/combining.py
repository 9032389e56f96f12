"""From hits of leaves to matches of a rule: ``any`` gathers, ``all`` asks for every part within so many characters."""

import numpy as np
import numpy.typing as npt

from review.detection.leaves import Branch
from review.detection.matching import Table, join_tables

Ints = npt.NDArray[np.int64]


def combine(branch: Branch, by_leaf: dict[int, Table]) -> Table:
    """The matches of one rule; for ``all`` with ``within`` 0 every hit of every part, once each part was found."""
    parts = [
        combine(child, by_leaf) if isinstance(child, Branch) else by_leaf.get(child, join_tables([]))
        for child in branch.children
    ]
    if branch.mode == "any":
        return join_tables([part for part in parts if len(part)])
    if not all(len(part) for part in parts):
        return join_tables([])
    return join_tables(parts) if branch.within == 0 else _windows(parts, branch.within)


def _windows(parts: list[Table], within: int) -> Table:
    """The shortest stretches that hold one hit of every part, not overlapping, from the left."""
    table = join_tables(parts)
    part = np.repeat(np.arange(len(parts)), [len(p) for p in parts])
    order = np.lexsort((table.end, table.start))
    starts, ends, which = table.start[order].tolist(), table.end[order].tolist(), part[order].tolist()
    latest: dict[int, int] = {}
    found: list[tuple[int, int, list[int]]] = []
    for index, number in enumerate(which):
        latest[number] = index
        if len(latest) < len(parts):
            continue
        members = list(latest.values())
        begin = min(starts[i] for i in members)
        stop = max(ends[i] for i in members)
        if stop - begin > within:
            continue
        if found and begin < found[-1][1]:
            if stop - begin < found[-1][1] - found[-1][0]:
                found[-1] = (begin, stop, members)
            continue
        found.append((begin, stop, members))
    layers = [int(np.bitwise_or.reduce(table.layers[order[members]])) for _, _, members in found]
    begin_at = np.array([begin for begin, _, _ in found], np.int64)
    end_at = np.array([stop for _, stop, _ in found], np.int64)
    leaf = np.array([int(table.leaf[order[members[0]]]) for _, _, members in found], np.int64)
    zeros = np.zeros(len(found), np.int64)
    return Table(leaf, begin_at, end_at, np.array(layers, np.int64), zeros, begin_at, end_at)


def drop_contained(table: Table) -> Table:
    """Without hits that lie inside another hit of the same view: leftmost and longest stay."""
    if len(table) < 2:
        return table
    order = np.lexsort((-table.end, table.start, table.view))
    view, end = table.view[order], table.end[order]
    # views are told apart by an offset larger than any end
    key = end + view * (int(end.max()) + 1)
    reach = np.concatenate(([-1], np.maximum.accumulate(key)[:-1]))
    first_of_view = np.concatenate(([True], view[1:] != view[:-1]))
    return table.take(order[(key > reach) | first_of_view])


def split_by_leaf(table: Table) -> dict[int, Table]:
    """The hits of each leaf."""
    if not len(table):
        return {}
    order = np.argsort(table.leaf, kind="stable")
    leaves = table.leaf[order]
    edges = np.flatnonzero(np.concatenate(([True], leaves[1:] != leaves[:-1]))).tolist()
    return {
        int(leaves[first]): table.take(order[first:last])
        for first, last in zip(edges, [*edges[1:], len(leaves)], strict=True)
    }
