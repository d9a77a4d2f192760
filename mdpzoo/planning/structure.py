"""Strongly connected components (Tarjan 1972) and maximal end components (de Alfaro 1997, section 3.3) of a model.

An end component is a set of states, with some of their actions, in which one can stay for ever and get from anywhere
to anywhere. What differs from the sources: no recursion, so that a million states do not exhaust the stack.
"""

import numpy as np

from mdpzoo.compiling import compiled


@compiled
def strong_components(offsets, successors, allowed, terminal):  # type: ignore[no-untyped-def]
    """Returns each state's component ``[S]`` int64 under the allowed rows ``[S A]`` bool, and the number of components.

    A terminal state is a component of its own. Costs O(transitions).
    """
    states = len(terminal)
    actions = len(allowed) // states
    index, low, label = np.full(states, -1, np.int64), np.empty(states, np.int64), np.full(states, -1, np.int64)
    waiting, path, at = np.empty(states, np.int64), np.empty(states, np.int64), np.empty(states, np.int64)
    depth, stored, counter, count = 0, 0, 0, 0
    for root in range(states):
        if index[root] >= 0:
            continue
        path[0], depth = root, 1
        while depth > 0:
            state = path[depth - 1]
            begin, end = offsets[state * actions], offsets[(state + 1) * actions]
            if index[state] < 0:
                index[state] = low[state] = counter
                waiting[stored], at[state] = state, begin
                counter, stored = counter + 1, stored + 1
                if terminal[state]:
                    at[state] = end
            deeper = False
            row = np.searchsorted(offsets[state * actions : (state + 1) * actions + 1], at[state], "right") - 1
            while at[state] < end:
                k = at[state]
                while k >= offsets[state * actions + row + 1]:
                    row += 1
                if not allowed[state * actions + row]:
                    at[state] = offsets[state * actions + row + 1]
                    continue
                following = successors[k]
                if index[following] < 0:
                    path[depth], deeper = following, True
                    depth += 1
                    break
                if label[following] < 0:
                    low[state] = min(low[state], low[following])
                at[state] += 1
            if deeper:
                continue
            depth -= 1
            if low[state] == index[state]:
                while True:
                    stored -= 1
                    label[waiting[stored]] = count
                    if waiting[stored] == state:
                        break
                count += 1
    return label, count


@compiled
def end_components(offsets, successors, terminal):  # type: ignore[no-untyped-def]
    """Returns each state's component ``[S]`` int64, their number, and the rows ``[S A]`` bool inside end components.

    States in no end component are components of their own, without such a row; so are terminal states. Costs
    O(transitions) a round and one round more than the components have to be cut.
    """
    states = len(terminal)
    allowed = np.ones(len(offsets) - 1, np.bool_)
    actions = len(allowed) // states
    for state in range(states):
        if terminal[state]:
            allowed[state * actions : (state + 1) * actions] = False
    while True:
        label, count = strong_components(offsets, successors, allowed, terminal)
        cut = False
        for row in range(len(allowed)):
            if allowed[row]:
                for k in range(offsets[row], offsets[row + 1]):
                    if label[successors[k]] != label[row // actions]:
                        allowed[row], cut = False, True
                        break
        if not cut:
            return label, count, allowed


@compiled
def lead_to(offsets, successors, probabilities, allowed, label, targets, policy):  # type: ignore[no-untyped-def]
    """Sets the actions of a ``policy`` ``[S]`` that lead each component's states to its target by allowed rows.

    ``targets`` ``[components]`` int64 has a state for each component, or -1 where nothing is to be set. In an end
    component the target is then reached with certainty: every state is led to the next nearer ones by the action that
    is likeliest to get there. Costs O(transitions) a step of the longest way.
    """
    states = len(policy)
    actions = len(allowed) // states
    reached = np.zeros(states, np.bool_)
    for target in targets:
        if target >= 0:
            reached[target] = True
    fresh = reached.copy()
    more = True
    while more:
        more = False
        following = np.zeros(states, np.bool_)
        for state in range(states):
            if reached[state] or targets[label[state]] < 0:
                continue
            best = 0.0
            for action in range(actions):
                row = state * actions + action
                closer = 0.0
                if allowed[row]:
                    for k in range(offsets[row], offsets[row + 1]):
                        if fresh[successors[k]] and label[successors[k]] == label[state]:
                            closer += probabilities[k]
                if closer > best:
                    policy[state], best = action, closer
            following[state] = best > 0.0
            more |= following[state]
        for state in range(states):
            reached[state] |= following[state]
        fresh = following
    return reached
