import numpy as np
import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.shortest_paths import costs_between
from mdpzoo_combinatorial.problems import resolve

COMPLETERS = {
    name: resolve(each.record.learning.completer) for name, each in PROBLEMS.items() if each.record.learning.completer
}
SIZES = {"TSP": 7, "ATSP": 7, "CVRP": 5, "OP": 6}  # of complete instances; exhaustive search is possible


def first_states(name, count=6):
    """Random instances of a problem, with the state of each after no and after two choices."""
    problem = PROBLEMS[name]
    options = {"capacity": 15} if name == "CVRP" else {}
    batch = batch_of(generate(name, count, SIZES[name], 21, **options), exact=False)
    found = []
    for row in range(count):
        left = without_padding(problem, problem.start(batch).pick(torch.tensor([row])))
        found.append(left)
        for number in (0, row):
            legal = torch.nonzero(problem.legal(batch, left)[0].flatten()).flatten().tolist()
            if legal:
                left = after(problem, batch, left, legal[number % len(legal)])
        found.append(left)
    return problem, batch, found


def without_padding(problem, left):
    length = left.node.shape[1] if left.count is None else problem.ends + int(left.count)
    return left._replace(node=left.node[:, :length], count=None)


def after(problem, batch, left, action):
    position, variant = (torch.tensor([each]) for each in divmod(action, problem.action_variants))
    return without_padding(problem, problem.step(batch, left, position, variant))


def cost_of(problem, batch, left, action):
    """What a choice costs, or the way to the destination (None), by the definition of the problem."""
    if problem.name == "OP":
        return 0.0 if action is None else -float(batch.numbers[left.row[0], left.node[0, action], 0])
    position, depot = (1, 0) if action is None else divmod(action, problem.action_variants)
    way = left.node[0, [0, 1, position] if depot else [0, position]].numpy()
    costs = costs_between(batch, int(left.row[0]), way)
    return sum(costs[k, k + 1] for k in range(len(way) - 1))


def exhaustive(problem, batch, left):
    """The cost of the best completion, by trying all."""
    legal = torch.nonzero(problem.legal(batch, left)[0].flatten()).flatten().tolist()
    stop = np.inf if legal and problem.name != "OP" else cost_of(problem, batch, left, None)
    ways = [
        cost_of(problem, batch, left, action) + exhaustive(problem, batch, after(problem, batch, left, action))
        for action in legal
    ]
    return min([stop, *ways])


@pytest.mark.parametrize("name", COMPLETERS)
def test_a_completion_is_the_best_of_all(name):
    problem, batch, found = first_states(name, 3)
    for left in found:
        best = COMPLETERS[name].complete(batch, left, 0)
        assert best.cost == pytest.approx(exhaustive(problem, batch, left), abs=1e-6)
        assert best.choices == sum(len(each) if isinstance(each, list) else 1 for each in best.plan)


@pytest.mark.parametrize("name", COMPLETERS)
def test_what_remains_of_a_completion_after_its_first_choice_is_one_of_the_next_state(name):
    """Also for each end of a route or of a closed tour, where several choices are equally good."""
    problem, batch, found = first_states(name)
    completer = COMPLETERS[name]
    for left in found:
        best = completer.complete(batch, left, 0)
        for action in best.first:
            price = completer.price(batch, left, action)
            assert price == pytest.approx(cost_of(problem, batch, left, action), abs=1e-6)
            rest = completer.after(left, best.plan, action)
            later = completer.complete(batch, after(problem, batch, left, action), 0, rest)
            assert price + later.cost == pytest.approx(best.cost, abs=1e-6)
            again = completer.complete(batch, left, 0, completer.before(left, later.plan, action))
            assert again.cost == pytest.approx(best.cost, abs=1e-6)


@pytest.mark.parametrize("name", ["CVRP", "OP"])
def test_what_remains_after_another_choice_begins_a_search_within_capacity_and_limit(name):
    problem, batch, found = first_states(name)
    completer = COMPLETERS[name]
    for left in found:
        best = completer.complete(batch, left, 0)
        for action in torch.nonzero(problem.legal(batch, left)[0].flatten()).flatten().tolist():
            state = after(problem, batch, left, action)
            later = completer.complete(batch, state, 0, completer.after(left, best.plan, action))
            assert completer.price(batch, left, action) + later.cost >= best.cost - 1e-6
            assert later.cost >= completer.complete(batch, state, 0).cost - 1e-6
