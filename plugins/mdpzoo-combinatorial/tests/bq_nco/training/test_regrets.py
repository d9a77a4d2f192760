import math

import numpy as np
import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import ATSPInstance, generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, expected_regret, losses
from mdpzoo_combinatorial.bq_nco.training.labels import own_solutions
from mdpzoo_combinatorial.bq_nco.training.regrets import CHOICES, EQUAL, measure_regrets
from mdpzoo_combinatorial.problems import PROBLEMS

SIZE, COUNT = 11, 6  # small enough for exact completions


def agent_for(problem, **settings):
    return BQNCO(problem=problem, network=network_settings(width=16, layers=1, heads=2), size=SIZE, seed=4, **settings)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module", params=["TSP", "ATSP"])
def measured(request):
    agent, instances = agent_for(request.param), generate(request.param, COUNT, SIZE, 3)
    return agent, instances, measure_regrets(agent, instances)


def test_the_regrets_of_a_decoding_add_up_to_its_excess_length(measured):
    agent, instances, regrets = measured
    tours = agent.solve(instances, "greedy").sequence
    optimal = own_solutions(agent.problem.record, instances, 2_000, 0).tolist()
    for row, tour in enumerate(tours):
        total = 0.0
        for step, (node, position, regret) in enumerate(
            zip(regrets.node, regrets.position, regrets.regret, strict=True)
        ):
            assert int(node[row, 0]) == tour[step]
            chosen = node[row, position[row].long()] == tour[step + 1]
            judged = chosen & ~regret[row].isnan()
            assert judged.sum() == 1  # the network's choice is always judged
            total += float(regret[row][judged])
        excess = instances[row].objective(tour.tolist()) / instances[row].objective(optimal[row]) - 1.0
        assert total / SIZE == pytest.approx(excess, abs=1e-5)  # in mean costs of a choice


def test_one_choice_of_each_state_has_no_regret_and_none_a_negative_one(measured):
    _, _, regrets = measured
    for regret in regrets.regret:
        known = regret.nan_to_num(0.0)
        assert (known >= 0).all()
        assert ((regret == 0).sum(1) >= 1).all()
    assert [each.shape[1] for each in regrets.node] == list(range(SIZE + 1, 3, -1))
    assert len(regrets) == COUNT * (SIZE - 2)


def test_an_unsure_network_has_several_choices_judged_and_a_sure_one_two_at_most(measured):
    agent, instances, regrets = measured
    first = (~regrets.regret[0].isnan()).sum(1)
    assert (first == CHOICES).all()  # an untrained network hesitates between ten nodes
    sure = agent_for(agent.problem.name)
    with torch.no_grad():
        sure.policy.network.score.weight.mul_(1e4)
    counts = torch.stack([(~each.isnan()).sum(1) for each in measure_regrets(sure, instances).regret[1:]])
    assert int(counts.max()) <= 2  # its own choice and the best one


def test_a_batch_has_labels_and_regrets_of_the_same_choices(measured):
    _, _, regrets = measured
    for seed in range(6):
        examples = regrets.draw(90, seeded(seed))
        length = examples.left.node.shape[1]
        assert len(examples.best) == 90 // length
        assert examples.regret.shape == examples.best.shape == (len(examples.best), length)
        torch.testing.assert_close(examples.best.sum(1), torch.ones(len(examples.best)))
        assert ((examples.best > 0) == (examples.regret <= EQUAL)).all()
        assert examples.regret[:, :2].isnan().all()  # the ends cannot be chosen
        legal = examples.problem.legal(examples.batch, examples.left)[:, :, 0]
        assert legal[~examples.regret.isnan()].all()


def test_equal_seeds_draw_equal_batches(measured):
    _, _, regrets = measured
    one, other = (regrets.draw(60, seeded(9)) for _ in range(2))
    torch.testing.assert_close(one.regret, other.regret, equal_nan=True)
    torch.testing.assert_close(one.left.node, other.left.node)


def test_parts_of_a_batch_keep_their_regrets(measured):
    _, _, regrets = measured
    examples = regrets.draw(90, seeded(2))
    parts = [examples.part(index, 2) for index in range(2)]
    torch.testing.assert_close(parts[1].regret, examples.regret[1::2], equal_nan=True)
    assert sum(len(each.best) for each in parts) == len(examples.best)


def test_unknown_choices_count_as_the_worst_known_one():
    nan = math.nan
    regret = torch.tensor([[nan, 0.0, 2.0], [nan, 0.0, 0.1], [0.5, 0.0, 9.0]])
    even = torch.full((3, 3), 1 / 3).log()
    # (2 + 0 + 2) / 3; an unknown one counts at least 0.3: (0.3 + 0 + 0.1) / 3; regrets count up to 3: (0.5 + 0 + 3) / 3
    torch.testing.assert_close(expected_regret(even, regret), torch.tensor([4.0, 0.4, 3.5]) / 3)


def test_the_loss_is_half_the_cross_entropy_and_the_weighted_regret(measured):
    agent, _, regrets = measured
    examples = regrets.draw(60, seeded(1))
    network = agent.policy.network
    entropy, _ = losses(network, examples._replace(regret=None), True)
    scores = network(examples.problem.tokens(examples.batch, examples.left))
    loss, _ = losses(network, examples, True, 7.0)
    expected = expected_regret(scores.log_softmax(1), examples.regret)
    torch.testing.assert_close(loss, 0.5 * entropy + 7.0 * expected)


@pytest.mark.parametrize("problem", ["TSP", "ATSP"])
def test_training_on_regrets_alone_shortens_the_decodings_of_fresh_instances(problem):
    fresh = generate(problem, 40, SIZE, 77)
    optimal = own_solutions(PROBLEMS[problem], fresh, 200, 0).tolist()
    shortest = np.array([each.objective(tour) for each, tour in zip(fresh, optimal, strict=True)])

    def excess(agent):
        return (agent.solve(fresh, "greedy").objective / shortest).mean() - 1.0

    agent = agent_for(problem, imitation=ImitationSettings(tokens=1024))
    before = excess(agent)
    rounds = []
    for seed in (5, 6):
        rounds.append(measure_regrets(agent, generate(problem, 60, SIZE, seed)))
        agent.fit(rounds, 10_000, log_interval=None)
    assert excess(agent) < 0.5 * before


def test_regrets_of_an_instance_without_costs_are_relative_to_their_mean():
    costs = np.ones((8, 8))
    costs[np.arange(8), np.roll(np.arange(8), -1)] = 0.0  # one tour is free
    np.fill_diagonal(costs, 0.0)
    free = ATSPInstance("free", costs)
    found = torch.cat([each[0] for each in measure_regrets(agent_for("ATSP"), [free]).regret])
    known = found[~found.isnan()]
    assert known.isfinite().all()
    assert float(known[known > 0].mean()) == pytest.approx(1.0)
    nothing = measure_regrets(agent_for("ATSP"), [ATSPInstance("nothing", np.zeros((8, 8)))])
    assert all((each.nan_to_num(0.0) == 0).all() for each in nothing.regret)


@pytest.mark.parametrize("problem", ["CVRP", "OP", "Knapsack"])
def test_other_problems_cannot_be_judged(problem):
    with pytest.raises(SettingError, match=f"{problem} has no shortest completions .*; TSP, ATSP have"):
        measure_regrets(agent_for(problem), generate(problem, 2, SIZE, 1))


def test_the_network_is_not_changed(measured):
    agent, instances, regrets = measured
    again = measure_regrets(agent, instances)
    for one, other in zip(regrets.regret, again.regret, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
