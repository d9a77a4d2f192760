"""An exact solver for the 0/1 knapsack: lists of undominated selections with bounds, or a table over all capacities.

Sources: Nemhauser and Ullmann 1969, "Discrete dynamic programming and capital allocation", Management Science 15
(lists); Martello and Toth 1990, "Knapsack Problems", sections 2.2 (Dantzig's bound) and 2.6 (dynamic programming).

Lists hold only selections that the bounds cannot exclude, and numbers need not be integers. If lists exceed
``LIST_NODES`` and all numbers are integers, a table of n (C + 1) bits is used instead. Selections whose bound does not
exceed the incumbent are discarded; every selection is completed greedily, which may improve the incumbent.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled
from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.baselines.constructive import by_ratio
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.instances import KnapsackInstance
from mdpzoo_combinatorial.instances.checking import whole
from mdpzoo_combinatorial.local_search.budget import Budget

Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]
LIST_NODES = 20_000_000  # selections stored for backtracking, 8 bytes each, before a table is used
MAX_LIST_NODES = 100_000_000  # the same, if no table is possible
UNTIMED = 100_000  # selections before the time limit is checked, so that small instances are always solved
TABLE_BYTES = 1_000_000_000
SLACK_USED = 0.999  # fraction of the tolerance for rounded weights, so that the order of addition does not matter


def dynamic_programming(instance: KnapsackInstance, seed: int, budget: Budget) -> SolverResult:
    """Returns an optimal selection, or the incumbent if the time limit is reached first.

    Raises:
        SettingError: if neither lists nor a table fit into memory; the message gives the size of the table.
    """
    units, integral = instance.in_units, whole(instance.values)
    capacity = units.capacity + SLACK_USED * units.tolerance
    free = (instance.values > 0) & (units.weights == 0)
    open_ = np.flatnonzero((instance.values > 0) & (units.weights > 0) & (units.weights <= capacity))
    order = open_[by_ratio(instance.values[open_], units.weights[open_])]
    values, weights = instance.values[order], units.weights[order]
    table = units.exact and len(order) * (capacity + 1) / 8 <= TABLE_BYTES
    taken, proven = _by_lists(values, weights, capacity, integral, budget, LIST_NODES if table else MAX_LIST_NODES)
    if not proven and not budget.spent:
        if not table:
            size = f"a table takes {len(order) * (capacity + 1) / 8e9:.3g} GB" if units.exact else "weights are rounded"
            raise SettingError(f"{instance.name} is too hard for dynamic-programming ({size}); use ortools")
        taken, proven = _by_table(values, weights, int(capacity), budget, taken)
    return SolverResult(np.concatenate((np.flatnonzero(free), order[taken])).tolist(), proven)


def _by_lists(
    values: Floats, weights: Floats, capacity: float, integral: bool, budget: Budget, most: int
) -> tuple[NDArray[np.int64], bool]:
    """Returns the best selection, as indices into the sorted items, and whether it is proven optimal."""
    count = len(values)
    ahead = (np.concatenate(([0.0], values.cumsum())), np.concatenate(([0.0], weights.cumsum())))
    state = (np.zeros(1), np.zeros(1), np.full(1, -1, np.int32))  # weights, values, nodes of the selections
    parent, item, used = np.empty(1024, np.int32), np.empty(1024, np.int32), 0
    best = np.array([-1.0, -1.0, 0.0, 0.0])  # value, node, and the range begin..end of items that complete it
    for stage in range(count):
        if budget.stopped or (used > UNTIMED and budget.spent) or used > most:
            return _selection(parent, item, best), False
        if used + len(state[0]) > len(parent):
            size = 2 * (used + len(state[0]))
            parent, item = (np.concatenate((each[:used], np.empty(size, np.int32))) for each in (parent, item))
        *state, used = _extend(stage, values, weights, *ahead, capacity, integral, *state, parent, item, used, best)
        if not len(state[0]):
            break
    return _selection(parent, item, best), True


def _selection(parent: Nodes, item: Nodes, best: Floats) -> NDArray[np.int64]:
    """Returns the items of the best selection."""
    node, begin, end = (int(each) for each in best[1:])
    taken = list(range(begin, end))
    while node >= 0:
        taken.append(int(item[node]))
        node = int(parent[node])
    return np.array(taken, np.int64)


@compiled
def _extend(
    stage: int,
    values: Floats,
    weights: Floats,
    ahead_values: Floats,
    ahead_weights: Floats,
    capacity: float,
    integral: bool,
    old_weights: Floats,
    old_values: Floats,
    old_nodes: Nodes,
    parent: Nodes,
    item: Nodes,
    used: int,
    best: Floats,
) -> tuple[Floats, Floats, Nodes, int]:
    """Merges the selections with and without the next item; keeps those that may improve the incumbent.

    Selections are sorted by weight, with ascending values; ``best``, ``parent`` and ``item`` are changed in place.
    """
    n, size = values.shape[0], old_weights.shape[0]
    new_weights, new_values, new_nodes = np.empty(2 * size), np.empty(2 * size), np.empty(2 * size, np.int32)
    count, without, taking, highest = 0, 0, 0, -1.0
    end = n  # items stage + 1 .. end - 1 fit into the remaining capacity; decreases as weights increase
    while without < size or taking < size:
        heavy = old_weights[taking] + weights[stage] if taking < size else np.inf
        if heavy > capacity:
            taking, heavy = size, np.inf
            if without >= size:
                break
        light = old_weights[without] if without < size else np.inf
        take = heavy < light or (heavy == light and old_values[taking] + values[stage] > old_values[without])
        if take:
            weight, value, node = heavy, old_values[taking] + values[stage], old_nodes[taking]
            taking += 1
        else:
            weight, value, node = light, old_values[without], old_nodes[without]
            without += 1
        if value <= highest:
            continue
        room = capacity - weight
        while end > stage + 1 and ahead_weights[end] - ahead_weights[stage + 1] > room:
            end -= 1
        filled = value + ahead_values[end] - ahead_values[stage + 1]
        bound = filled
        if end < n:
            bound += (room - (ahead_weights[end] - ahead_weights[stage + 1])) * values[end] / weights[end]
        if (np.floor(bound * (1.0 + 1e-13) + 1e-6) if integral else bound) <= best[0]:
            continue
        highest = value
        if take:
            parent[used], item[used] = node, stage
            node = used
            used += 1
        if filled > best[0]:
            best[0], best[1], best[2], best[3] = filled, node, stage + 1, end
            if bound <= filled:
                continue
        new_weights[count], new_values[count], new_nodes[count] = weight, value, node
        count += 1
    return new_weights[:count].copy(), new_values[:count].copy(), new_nodes[:count].copy(), used


def _by_table(
    values: Floats, weights: Floats, capacity: int, budget: Budget, known: NDArray[np.int64]
) -> tuple[NDArray[np.int64], bool]:
    """As ``_by_lists``; returns ``known`` if the time limit is reached."""
    best, spare = np.zeros(capacity + 1), np.zeros(capacity + 1)
    taken = np.empty((len(values), capacity // 8 + 1), np.uint8)
    flags = np.zeros(capacity + 1, np.bool_)
    for stage, (value, weight) in enumerate(zip(values, weights.astype(np.int64), strict=True)):
        if budget.spent:
            return known, False
        _add_to_table(best, spare, flags, int(weight), float(value))
        taken[stage] = np.packbits(flags, bitorder="little")
        best, spare = spare, best
    left, items = capacity, []
    for stage in range(len(values) - 1, -1, -1):
        if taken[stage, left >> 3] >> (left & 7) & 1:
            items.append(stage)
            left -= int(weights[stage])
    return np.array(items, np.int64), True


@compiled
def _add_to_table(best: Floats, after: Floats, flags: NDArray[np.bool_], weight: int, value: float) -> None:
    """Computes the best value for every capacity if one more item is available, and whether the item is used."""
    after[:weight] = best[:weight]
    flags[:weight] = False
    for room in range(weight, best.shape[0]):
        kept, with_it = best[room], best[room - weight] + value
        flags[room] = with_it > kept
        after[room] = max(kept, with_it)
