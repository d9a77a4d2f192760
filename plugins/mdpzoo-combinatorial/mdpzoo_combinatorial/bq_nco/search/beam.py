"""Beam search over states, of which those that are equal are one (BQ-NCO, section 5).

The score of a beginning is the sum of its choices' log-probabilities; each step keeps the best of all children of an
instance, and the best true objective counts in the end. What differs from the paper: beginnings that lead to one state
are merged. One is dropped where another has the same origin and the same tokens left, and is no worse in what it has
gained (or spent) and in what it has left of capacity or limit; what is kept has the best score of those merged.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.search.task import SearchResult, Task
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder, valid_tokens

SPARE = 2  # times the width: children that are looked at for merging


class Entries(NamedTuple):
    """E beginnings of solutions of I instances.

    Attributes:
        left: what each leaves; ``left.row`` is its instance.
        actions: ``[E, M]`` int64, its choices, then -1.
        score: ``[E]`` float64, the sum of their log-probabilities.
        objective: ``[E]`` float64, what they have gained, or spent, negated.
    """

    left: Remainder
    actions: Tensor
    score: Tensor
    objective: Tensor

    def pick(self, rows: Tensor) -> "Entries":
        """Some of them, by indices."""
        return Entries(self.left.pick(rows), self.actions[rows], self.score[rows], self.objective[rows])


def beam_search(task: Task, chooser: Chooser, *, width: int, merge: bool) -> SearchResult:
    """Keeps so many beginnings of each instance; costs ``width`` times what greedy does.

    Once the budget is spent, a cheap rule ends all beginnings that there are.

    Args:
        task: the instances.
        chooser: who scores choices.
        width: beginnings kept, at least 1; with 1 this is greedy.
        merge: whether equal states are one.
    """
    problem, count = task.problem, len(task.batch)
    codes = _codes(task) if merge and width > 1 else None
    start = problem.start(task.batch)
    nothing = torch.full((count, max(0, start.node.shape[1] - problem.ends)), -1, device=start.node.device)
    none = torch.zeros(count, dtype=torch.float64, device=start.node.device)
    best = SearchResult(nothing, none - torch.inf, True, 0)
    entries, step = Entries(start, nothing, none, none), 0
    while True:
        entries, ended = _parted(problem.ends, entries)
        best = _better(task, best, ended)
        if not len(entries.score):
            break
        if task.budget.spent:
            built = construct(chooser, task.batch, entries.left, budget=task.budget).actions
            entries.actions[:, step : step + built.shape[1]] = built
            best = _better(task, best, entries)
            best = SearchResult(best.actions, best.objective, False, best.rounds)
            break
        children = _children(task, chooser, entries, width if codes is None else SPARE * width, width, step)
        entries = children if codes is None else _kept(_merged(children, problem.ends, codes), width)
        step += 1
    return SearchResult(best.actions, best.objective, best.complete, width)


def _parted(ends: int, entries: Entries) -> tuple[Entries, Entries]:
    """Beginnings that have something left, and those that have ended."""
    left = entries.left
    going = torch.full_like(left.row, left.node.shape[1] > ends, dtype=torch.bool)
    if left.count is not None:
        going &= left.count > 0
    return entries.pick(going.nonzero().squeeze(1)), entries.pick((~going).nonzero().squeeze(1))


def _better(task: Task, best: SearchResult, ended: Entries) -> SearchResult:
    """Instance by instance, the best of these and of solutions that have ended."""
    if not len(ended.score):
        return best
    row, objective = ended.left.row, task.objective(ended.actions, ended.left.row)
    order = objective.argsort(stable=True)
    winner = torch.full_like(best.objective, -1, dtype=torch.int64)
    winner[row[order]] = order  # the last to write is the best
    for_whom = (winner >= 0).nonzero().squeeze(1)
    winner = winner[for_whom]
    more = objective[winner] > best.objective[for_whom]
    for_whom, winner = for_whom[more], winner[more]
    actions, held = best.actions.clone(), best.objective.clone()
    actions[for_whom], held[for_whom] = ended.actions[winner], objective[winner]
    return SearchResult(actions, held, best.complete, best.rounds)


def _children(task: Task, chooser: Chooser, entries: Entries, most: int, each: int, step: int) -> Entries:
    """The ``most`` best children of every instance, of which no beginning has more than ``each``, best first."""
    problem, left = task.problem, entries.left
    seen = chooser.look(task.batch, left)
    ranked = seen.scores.sort(dim=1, descending=True, stable=True).indices[:, : most if each > 1 else 1]
    likely = seen.scores.double().log_softmax(1).gather(1, ranked)
    score = (entries.score.unsqueeze(1) + likely).flatten()
    parent = torch.arange(len(score), device=score.device) // ranked.shape[1]
    kept = _first(left.row[parent], score, most)
    kept = kept[score[kept] > -torch.inf]
    parent, action = parent[kept], ranked.flatten()[kept]
    if seen.position is not None:
        seen = seen._replace(position=seen.position[parent])
    position, way = seen.chosen(action, problem.action_variants)
    before = entries.pick(parent)
    token = before.left.node.gather(1, position.unsqueeze(1)).squeeze(1)
    before.actions[:, step] = token * problem.action_variants + way
    objective = before.objective + _gain(task, before.left, token, way)
    after = problem.step(task.batch, before.left, position, way)
    return Entries(after, before.actions, score[kept], objective)


def _gain(task: Task, left: Remainder, token: Tensor, way: Tensor) -> Tensor:
    """What choosing tokens ``[E]`` gains: a prize, a value, or the way there, negated."""
    if task.problem.maximise:
        return task.batch.numbers[left.row, token, 0]
    return -task.lengths(left.row, torch.stack((left.node[:, 0], token), 1), way.unsqueeze(1))


def _first(row: Tensor, score: Tensor, most: int) -> Tensor:
    """Indices of the ``most`` best scores of each instance, instance by instance, best first."""
    order = score.argsort(descending=True, stable=True)
    order = order[row[order].argsort(stable=True)]
    row = row[order]
    place = torch.arange(len(row), device=row.device)
    begins = torch.ones_like(row, dtype=torch.bool)
    begins[1:] = row[1:] != row[:-1]
    return order[place - torch.where(begins, place, 0).cummax(0).values < most]


def _codes(task: Task) -> Tensor:
    """``[3, I, n]`` int64, drawn at random: of a token that is left, of an origin, of an instance (Zobrist 1970)."""
    drawn = task.draws.integers(-(2**63), 2**63 - 1, (3, len(task.batch), task.batch.size))
    return torch.from_numpy(drawn).to(task.batch.numbers.device)


def _keys(left: Remainder, ends: int, codes: Tensor) -> Tensor:
    """``[E]`` int64, equal for equal states: codes of tokens left, summed modulo 2^64, and that of the origin."""
    of_token, of_origin, of_instance = codes
    each = of_token[left.row.unsqueeze(1), left.node]
    valid = valid_tokens(left, ends)
    each = each if valid is None else each * valid
    keys = each[:, ends:].sum(1) + of_instance[left.row, 0]
    return keys + of_origin[left.row, left.node[:, 0]] if ends else keys


def _merged(entries: Entries, ends: int, codes: Tensor) -> Entries:
    """Without those that are no better than another of the same state; the score is the best of the state's."""
    group = _keys(entries.left, ends, codes).unique(return_inverse=True)[1]
    score = torch.full_like(entries.score, -torch.inf).scatter_reduce(0, group, entries.score, "amax")[group]
    resource = entries.left.resource.unique(return_inverse=True)[1]
    order = resource.argsort(descending=True, stable=True)
    order = order[entries.objective[order].argsort(descending=True, stable=True)]
    order = order[group[order].argsort(stable=True)]
    level = group[order] * (resource.max() + 1) + resource[order]  # a later group's levels are above all before
    above = level.cummax(0).values
    kept = torch.ones_like(level, dtype=torch.bool)
    kept[1:] = level[1:] > above[:-1]
    return entries._replace(score=score).pick(order[kept].sort().values)


def _kept(entries: Entries, width: int) -> Entries:
    """The best of each instance."""
    return entries.pick(_first(entries.left.row, entries.score, width))
