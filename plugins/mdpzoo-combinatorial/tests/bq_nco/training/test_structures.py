import math

import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import make_network, network_settings
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, losses
from mdpzoo_combinatorial.bq_nco.training.labels import make_labels
from mdpzoo_combinatorial.bq_nco.training.sampling import prepare
from mdpzoo_combinatorial.bq_nco.training.structures import head_for

SMALL = network_settings(width=32, layers=2, heads=2)
ORDERED = [name for name in PROBLEMS if name != "Knapsack"]


@pytest.fixture(scope="module")
def sources():
    return {name: prepare(make_labels(name, 30, 9, seed=5, iterations=200)) for name in PROBLEMS}


def drawn(sources, name, times=25, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [sources[name].draw(90, generator) for _ in range(times)]


def states(examples):
    """Number of tokens without padding, and adjacent tokens, of every state."""
    length, count = examples.left.node.shape[1], examples.left.count
    for row, adjacent in enumerate(examples.structure.adjacent.tolist()):
        yield row, length if count is None else int(count[row]) + 2, adjacent


def walk(adjacent, start):
    """Tokens from one end on, up to the next end."""
    path = [start]
    while path[-1] >= 2:
        path.append(adjacent[path[-1]][1])
    return path


@pytest.mark.parametrize("name", ORDERED)
def test_remaining_tokens_form_paths_from_end_to_end(sources, name):
    for examples in drawn(sources, name):
        for row, end, adjacent in states(examples):
            assert adjacent[:2] == [[-1, -1]] * 2
            assert adjacent[end:] == [[-1, -1]] * (len(adjacent) - end)
            skipped = {token for token in range(2, end) if adjacent[token] == [token, token]}
            starts = [t for t in range(2, end) if t not in skipped and adjacent[t][0] < 2]
            paths = [walk(adjacent, start) for start in starts]
            visited = [token for path in paths for token in path[:-1]]
            assert sorted(visited) == [token for token in range(2, end) if token not in skipped]
            assert all(path[-1] == 1 for path in paths)  # the destination, which for CVRP is the depot
            for path in paths:  # what follows a token has it before
                assert all(adjacent[after][0] == token for token, after in zip(path, path[1:-1], strict=False))
            label = examples.best[row].view(len(adjacent), -1).sum(1).nonzero().flatten().tolist()
            assert {t for start, path in zip(starts, paths, strict=True) for t in (start, path[-2])} >= set(label)


def test_only_orienteering_skips_tokens(sources):
    skips = dict.fromkeys(ORDERED, 0)
    for name in ORDERED:
        for examples in drawn(sources, name):
            skips[name] += sum(adjacent[t] == [t, t] for _, end, adjacent in states(examples) for t in range(2, end))
    assert skips.pop("OP") > 0
    assert not any(skips.values())


def test_routes_are_those_of_the_solutions_and_fit_into_the_vehicle(sources):
    for examples in drawn(sources, "CVRP"):
        demand = examples.batch.numbers[examples.left.row.unsqueeze(1), examples.left.node, 0]
        for row, end, adjacent in states(examples):
            route = examples.structure.route[row].tolist()
            for token in range(2, end):
                before, after = adjacent[token]
                assert route[token] >= 0
                assert before < 2 or route[before] == route[token]
                assert after < 2 or route[after] == route[token]
                if before == 0:
                    assert route[0] == route[token]
            room, capacity = float(examples.left.resource[row]), float(examples.batch.resource[row])
            for number in set(route[2:end]):
                load = sum(float(demand[row, token]) for token in range(2, end) if route[token] == number)
                assert load <= (room if number == route[0] else capacity) + 1e-9


def test_what_orienteering_visits_is_one_route(sources):
    for examples in drawn(sources, "OP"):
        route = examples.structure.route
        visits = examples.structure.adjacent[:, :, 0] != torch.arange(route.shape[1])
        visits &= examples.structure.adjacent[:, :, 0] >= 0
        assert torch.equal(route[:, 2:] == 0, visits[:, 2:])
        assert torch.equal(route[:, 0] == 0, examples.left.node[:, 0] != 0)


@pytest.mark.parametrize("name", ORDERED)
def test_parts_of_a_batch_have_their_structures(sources, name):
    (examples,) = drawn(sources, name, 1)
    for index in range(2):
        for part, whole in zip(examples.part(index, 2).structure, examples.structure, strict=True):
            assert (part is None and whole is None) or torch.equal(part, whole[index::2])


@pytest.mark.parametrize("name", ORDERED)
def test_a_head_that_knows_nothing_guesses_among_all_tokens(sources, name):
    problem = PROBLEMS[name]
    network, head = make_network(problem, SMALL), head_for(problem, SMALL)
    for part in (head.adjacent, head.together):
        torch.nn.init.zeros_(part.query.weight)
        part.far.data.fill_(-torch.inf)
    for examples in drawn(sources, name, 5):
        tokens = problem.tokens(examples.batch, examples.left)
        loss = head(network.encode(tokens), tokens, examples.structure).tolist()
        for row, end, _ in states(examples):
            route = examples.structure.route
            mates = [] if route is None else [int((route[row] == r).sum()) - 1 for r in route[row] if r >= 0]
            mates = [each for each in mates if each]
            more = sum(math.log((end - 1) / each) for each in mates) / max(1, len(mates))
            assert loss[row] == pytest.approx(math.log(end) + more, rel=1e-5)


def test_a_head_learns_structures_and_its_loss_is_added(sources):
    agent = BQNCO(problem="CVRP", network=SMALL, imitation=ImitationSettings(tokens=256, structure=2.0), seed=0)

    def task():
        found = []
        for examples in drawn(sources, "CVRP", 10, seed=9):
            alone, right = losses(agent.policy.network, examples, True)
            both, same = losses(agent.policy.network, examples, True, agent.imitation, agent.head)
            assert torch.equal(right, same)
            found.append((both - alone).detach().mean() / 2.0)
        return float(torch.stack(found).mean())

    before = task()
    agent.fit([make_labels("CVRP", 30, 9, seed=5, iterations=200)], 6_000)
    assert task() < 0.8 * before


def test_solutions_without_order_have_no_structure(sources):
    assert all(examples.structure is None for examples in drawn(sources, "Knapsack", 5))
    agent = BQNCO(problem="Knapsack", network=SMALL, imitation={"tokens": 64, "structure": 1.0}, size=8, seed=0)
    plain = BQNCO(problem="Knapsack", network=SMALL, imitation={"tokens": 64}, size=8, seed=0)
    for each in (agent, plain):
        each.num_instances = 20
        each.learn(200)
    one, two = agent.policy.network.state_dict(), plain.policy.network.state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_network_of_another_kind_is_refused():
    with pytest.raises(SettingError, match="kind 'tokens', got 'perceiver'; leave structure out"):
        BQNCO(problem="TSP", network="perceiver", imitation={"structure": 1.0})
