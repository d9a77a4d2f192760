"""Beam search over states, in which equal states are merged (BQ-NCO, section 5).

The score of a partial solution is the sum of the log-probabilities of its choices; each step keeps the children of each
instance with the highest scores, and at the end the best objective counts. What differs from the paper: partial
solutions with the same origin and the same remaining tokens are merged. A partial solution is dropped if another is no
worse in objective and remaining resource, which gets the highest score of both.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.search.task import SearchResult, Task
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder, valid_tokens

SPARE = 2  # children per beam entry before merging


class Entries(NamedTuple):
    """E partial solutions of I instances.

    Attributes:
        left: their states; ``left.row`` is the instance.
        actions: ``[E, M]`` int64, their choices, padded with -1.
        score: ``[E]`` float64, sums of log-probabilities.
        objective: ``[E]`` float64, prizes or values so far, or costs so far, negated.
    """

    left: Remainder
    actions: Tensor
    score: Tensor
    objective: Tensor

    def pick(self, rows: Tensor) -> "Entries":
        """Returns the entries with these indices."""
        return Entries(self.left.pick(rows), self.actions[rows], self.score[rows], self.objective[rows])


def beam_search(task: Task, chooser: Chooser, *, width: int, merge: bool) -> SearchResult:
    """Searches with a beam of ``width`` partial solutions of each instance; takes ``width`` times as long as greedy.

    Once the budget is spent, all partial solutions are completed by a greedy rule.

    Args:
        task: the instances.
        chooser: scores choices.
        width: of the beam, at least 1; 1 is greedy decoding.
        merge: whether equal states are merged.
    """
    problem, count = task.problem, len(task.batch)
    codes = _codes(task) if merge and width > 1 else None
    start = problem.start(task.batch)
    nothing = torch.full((count, max(0, start.node.shape[1] - problem.ends)), -1, device=start.node.device)
    none = torch.zeros(count, dtype=torch.float64, device=start.node.device)
    best = SearchResult(nothing, none - torch.inf, True, 0)
    entries, step = Entries(start, nothing, none, none), 0
    while True:
        entries, ended = _split(problem.ends, entries)
        best = _better(task, best, ended)
        if not len(entries.score):
            break
        if task.budget.spent or chooser.finishes(entries.left):
            built = construct(chooser, task.batch, entries.left, budget=task.budget)
            entries.actions[:, step : step + built.actions.shape[1]] = built.actions
            best = _better(task, best, entries)
            best = SearchResult(best.actions, best.objective, built.complete, best.rounds)
            break
        children = _children(task, chooser, entries, width if codes is None else SPARE * width, width, step)
        entries = children if codes is None else _prune(_merge(children, problem.ends, codes), width)
        step += 1
    return SearchResult(best.actions, best.objective, best.complete, width)


def _split(ends: int, entries: Entries) -> tuple[Entries, Entries]:
    """Returns the unfinished entries and the finished ones."""
    left = entries.left
    going = torch.full_like(left.row, left.node.shape[1] > ends, dtype=torch.bool)
    if left.count is not None:
        going &= left.count > 0
    return entries.pick(going.nonzero().squeeze(1)), entries.pick((~going).nonzero().squeeze(1))


def _better(task: Task, best: SearchResult, ended: Entries) -> SearchResult:
    """Returns the best of the solutions so far and of finished ones, for each instance."""
    if not len(ended.score):
        return best
    row, objective = ended.left.row, task.objective(ended.actions, ended.left.row)
    order = objective.argsort(stable=True)
    winner = torch.full_like(best.objective, -1, dtype=torch.int64)
    winner[row[order]] = order  # the last one written is the best
    improved = (winner >= 0).nonzero().squeeze(1)
    winner = winner[improved]
    more = objective[winner] > best.objective[improved]
    improved, winner = improved[more], winner[more]
    actions, held = best.actions.clone(), best.objective.clone()
    actions[improved], held[improved] = ended.actions[winner], objective[winner]
    return SearchResult(actions, held, best.complete, best.rounds)


def _children(task: Task, chooser: Chooser, entries: Entries, count: int, each: int, step: int) -> Entries:
    """Returns the ``count`` best children of every instance, at most ``each`` of the same parent, best first."""
    problem, left = task.problem, entries.left
    seen = chooser.look(task.batch, left)
    ranked = seen.scores.sort(dim=1, descending=True, stable=True).indices[:, : count if each > 1 else 1]
    likely = seen.scores.double().log_softmax(1).gather(1, ranked)
    score = (entries.score.unsqueeze(1) + likely).flatten()
    parent = torch.arange(len(score), device=score.device) // ranked.shape[1]
    kept = _first(left.row[parent], score, count)
    kept = kept[score[kept] > -torch.inf]
    parent, action = parent[kept], ranked.flatten()[kept]
    if seen.position is not None:
        seen = seen._replace(position=seen.position[parent])
    position, variant = seen.position_and_variant(action, problem.action_variants)
    before = entries.pick(parent)
    token = before.left.node.gather(1, position.unsqueeze(1)).squeeze(1)
    before.actions[:, step] = token * problem.action_variants + variant
    objective = before.objective + _gain(task, before.left, token, variant)
    after = problem.step(task.batch, before.left, position, variant)
    return Entries(after, before.actions, score[kept], objective)


def _gain(task: Task, left: Remainder, token: Tensor, variant: Tensor) -> Tensor:
    """Returns the contribution of tokens ``[E]`` to the objective: a prize, a value, or the distance, negated."""
    if task.problem.maximise:
        return task.batch.numbers[left.row, token, 0]
    return -task.lengths(left.row, torch.stack((left.node[:, 0], token), 1), variant.unsqueeze(1))


def _first(row: Tensor, score: Tensor, count: int) -> Tensor:
    """Returns indices of the ``count`` highest scores of each instance, sorted by instance, best first."""
    order = score.argsort(descending=True, stable=True)
    order = order[row[order].argsort(stable=True)]
    row = row[order]
    place = torch.arange(len(row), device=row.device)
    begins = torch.ones_like(row, dtype=torch.bool)
    begins[1:] = row[1:] != row[:-1]
    return order[place - torch.where(begins, place, 0).cummax(0).values < count]


def _codes(task: Task) -> Tensor:
    """Draws codes ``[3, I, n]`` int64 of remaining tokens, origins and instances (Zobrist 1970)."""
    drawn = task.draws.integers(-(2**63), 2**63 - 1, (3, len(task.batch), task.batch.size))
    return torch.from_numpy(drawn).to(task.batch.numbers.device)


def _keys(left: Remainder, ends: int, codes: Tensor) -> Tensor:
    """Returns keys ``[E]`` int64 of states: the codes of remaining tokens and of the origin, summed modulo 2^64."""
    of_token, of_origin, of_instance = codes
    each = of_token[left.row.unsqueeze(1), left.node]
    valid = valid_tokens(left, ends)
    each = each if valid is None else each * valid
    keys = each[:, ends:].sum(1) + of_instance[left.row, 0]
    return keys + of_origin[left.row, left.node[:, 0]] if ends else keys


def _merge(entries: Entries, ends: int, codes: Tensor) -> Entries:
    """Removes entries dominated by another of the same state; the others get the highest score of the state."""
    group = _keys(entries.left, ends, codes).unique(return_inverse=True)[1]
    score = torch.full_like(entries.score, -torch.inf).scatter_reduce(0, group, entries.score, "amax")[group]
    resource = entries.left.resource.unique(return_inverse=True)[1]
    order = resource.argsort(descending=True, stable=True)
    order = order[entries.objective[order].argsort(descending=True, stable=True)]
    order = order[group[order].argsort(stable=True)]
    level = group[order] * (resource.max() + 1) + resource[order]  # levels of later groups are higher
    above = level.cummax(0).values
    kept = torch.ones_like(level, dtype=torch.bool)
    kept[1:] = level[1:] > above[:-1]
    return entries._replace(score=score).pick(order[kept].sort().values)


def _prune(entries: Entries, width: int) -> Entries:
    """Returns the ``width`` best entries of each instance."""
    return entries.pick(_first(entries.left.row, entries.score, width))
