import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import ATSPInstance, OPInstance, generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, expected_regret, losses
from mdpzoo_combinatorial.bq_nco.training.labels import own_solutions
from mdpzoo_combinatorial.bq_nco.training.regrets import EQUAL, OTHERS, SELDOM, Judged, measure_regrets
from mdpzoo_combinatorial.problems import PROBLEMS

SIZE, COUNT = 11, 6  # small enough for exact completions


def agent_for(problem, **settings):
    return BQNCO(problem=problem, network=network_settings(width=16, layers=1, heads=2), size=SIZE, seed=4, **settings)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def optimal(problem, instances):
    """The objectives of good solutions."""
    record = PROBLEMS[problem]
    found = own_solutions(record, instances, 2_000, 0).tolist()
    rows = [record.solution([each for each in row if each >= 0]) for row in found]
    return np.array([each.objective(row) for each, row in zip(instances, rows, strict=True)])


@pytest.fixture(scope="module", params=["TSP", "ATSP", "CVRP", "OP"])
def measured(request):
    agent, instances = agent_for(request.param), generate(request.param, COUNT, SIZE, 3)
    return agent, instances, measure_regrets(agent, instances)


def test_the_regrets_of_a_decoding_add_up_to_what_it_misses(measured):
    agent, instances, regrets = measured
    network = agent.policy.network
    total = np.zeros(COUNT)
    for left, action, regret in regrets.steps:
        with torch.inference_mode():
            left = left._replace(node=left.node.long())
            chosen = network(agent.problem.tokens(regrets.batch, left)).argmax(1)
        judged = (action == chosen.unsqueeze(1)) & ~regret.isnan()
        assert (judged.sum(1) == 1).all()  # the network's choice is always judged
        total[left.row.numpy()] += regret[judged].numpy()
    best = optimal(agent.problem.name, instances)
    misses = abs(agent.solve(instances, "greedy", endgame=0).objective - best) / best
    choices = {"TSP": SIZE - 1, "ATSP": SIZE - 1, "CVRP": SIZE}
    if agent.problem.name in choices:
        np.testing.assert_allclose(total / choices[agent.problem.name], misses, atol=1e-5)  # in mean costs of a choice
    else:
        assert ((total > 1e-6) == (misses > 1e-6)).all()


def test_one_choice_of_each_state_has_no_regret_and_none_a_negative_one(measured):
    agent, _, regrets = measured
    for _, _, regret in regrets.steps:
        known = regret.nan_to_num(0.0)
        assert (known >= 0).all()
        assert ((regret == 0).sum(1) >= 1).all()
    assert len(regrets) == sum(len(each.action) for each in regrets.steps)
    if agent.problem.name in ("TSP", "ATSP"):
        lengths = [each.left.node.shape[1] for each in regrets.steps]
        assert lengths == list(range(SIZE + 1, 3, -1))
        assert len(regrets) == COUNT * len(lengths)


def test_an_unsure_network_has_several_choices_judged_and_a_sure_one_few(measured):
    agent, instances, regrets = measured
    first = (~regrets.steps[0].regret.isnan()).sum(1)
    assert (first > OTHERS).all()  # an untrained network hesitates between ten nodes
    sure = agent_for(agent.problem.name)
    with torch.no_grad():
        sure.policy.network.score.weight.mul_(1e4)
    for left, _, regret in measure_regrets(sure, instances).steps[1:]:
        known = (~regret.isnan()).sum(1)
        if agent.problem.name != "CVRP":  # where several ends of routes may be equally good
            assert int(known.max()) <= 2  # its own choice and the best one
        assert ((regret > 0).sum(1) <= 1).all(), left


def test_a_batch_has_labels_and_regrets_of_the_same_choices(measured):
    _, _, regrets = measured
    for seed in range(6):
        examples = regrets.draw(90, seeded(seed))
        length = examples.left.node.shape[1]
        problem = examples.problem
        assert len(examples.best) == 90 // length
        assert examples.regret.shape == examples.best.shape == (len(examples.best), length * problem.action_variants)
        torch.testing.assert_close(examples.best.sum(1), torch.ones(len(examples.best)))
        assert ((examples.best > 0) == (examples.regret <= EQUAL)).all()
        legal = problem.legal(examples.batch, examples.left).flatten(1)
        assert not legal[:, : problem.ends * problem.action_variants].any()
        assert legal[~examples.regret.isnan()].all()


def test_a_state_is_drawn_the_more_often_the_more_a_mistake_costs(measured):
    _, _, regrets = measured
    step = regrets.steps[0]
    worst = torch.tensor([0.0, 0.09, 1.0, 8.0])
    regret = torch.full((4, 3), math.nan)
    regret[:, 0], regret[:, 1] = 0.0, worst
    few = Judged(step.left.pick(torch.arange(4)), step.action[:4, :3], regret)
    drawn = replace(regrets, steps=(few,)).draw(20_000 * few.left.node.shape[1], seeded())
    found = drawn.regret.nan_to_num(0.0).amax(1)
    shares = [float((found == each).float().mean()) for each in worst]
    expected = SELDOM + np.array([0.0, 0.3, 1.0, 1.0])
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.015)


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
    # (2 + 0 + 2) / 3; an unknown one counts at least 0.3: (0.3 + 0 + 0.1) / 3; above 3, the logarithm counts
    large = 0.5 + 3.0 * (1.0 + math.log(3.0))
    torch.testing.assert_close(expected_regret(even, regret), torch.tensor([4.0, 0.4, large]) / 3)


def test_the_loss_is_half_the_cross_entropy_and_the_weighted_regret(measured):
    agent, _, regrets = measured
    examples = regrets.draw(60, seeded(1))
    network = agent.policy.network
    entropy, _ = losses(network, examples._replace(regret=None), True)
    scores = network(examples.problem.tokens(examples.batch, examples.left))
    loss, _ = losses(network, examples, True, ImitationSettings(regret=7.0))
    expected = expected_regret(scores.log_softmax(1), examples.regret)
    torch.testing.assert_close(loss, 0.5 * entropy + 7.0 * expected)


@pytest.mark.parametrize(
    ("problem", "decisions"), [("TSP", 10_000), ("ATSP", 10_000), ("CVRP", 10_000), ("OP", 25_000)]
)
def test_training_on_regrets_alone_improves_the_decodings_of_fresh_instances(problem, decisions):
    fresh = generate(problem, 40, SIZE, 77)
    best = optimal(problem, fresh)

    def excess(agent):
        return abs(agent.solve(fresh, "greedy", endgame=0).objective / best - 1.0).mean()

    agent = agent_for(problem, imitation=ImitationSettings(tokens=1024))
    before = excess(agent)
    rounds = []
    for seed in (5, 6):
        rounds.append(measure_regrets(agent, generate(problem, 60, SIZE, seed)))
        agent.fit(rounds, decisions, log_interval=None)
    assert excess(agent) < 0.5 * before


def test_regrets_of_an_instance_without_costs_are_relative_to_their_mean():
    costs = np.ones((8, 8))
    costs[np.arange(8), np.roll(np.arange(8), -1)] = 0.0  # one tour is free
    np.fill_diagonal(costs, 0.0)
    free = ATSPInstance("free", costs)
    found = torch.cat([each.regret[0] for each in measure_regrets(agent_for("ATSP"), [free]).steps])
    known = found[~found.isnan()]
    assert known.isfinite().all()
    assert float(known[known > 0].mean()) == pytest.approx(1.0)
    nothing = measure_regrets(agent_for("ATSP"), [ATSPInstance("nothing", np.zeros((8, 8)))])
    assert all((each.regret.nan_to_num(0.0) == 0).all() for each in nothing.steps)


def test_choices_of_items_cannot_be_judged():
    with pytest.raises(SettingError, match="Knapsack has no best completions .*; TSP, ATSP, CVRP, OP have"):
        measure_regrets(agent_for("Knapsack"), generate("Knapsack", 2, SIZE, 1))


def test_instances_without_a_choice_are_refused():
    near, far = np.array([[0.0, 0.0], [0.0, 0.1]]), np.full((8, 2), 9.0)
    short = OPInstance("short", np.ones(10), 1.0, np.concatenate((near, far)))  # only one customer can be reached
    with pytest.raises(SettingError, match="none of 1 instances has a choice to judge; give larger ones"):
        measure_regrets(agent_for("OP"), [short])


def test_the_network_is_not_changed(measured):
    agent, instances, regrets = measured
    again = measure_regrets(agent, instances)
    for one, other in zip(regrets.steps, again.steps, strict=True):
        np.testing.assert_array_equal(one.regret.numpy(), other.regret.numpy())
