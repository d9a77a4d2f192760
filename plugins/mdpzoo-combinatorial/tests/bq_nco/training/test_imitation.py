import numpy as np
import pytest
import torch

from mdpzoo.errors import InstanceError, SettingError, UnknownNameError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import make_network, network_settings
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.examples import draw
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, learning_rate, losses
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, make_labels, read_labels, write_labels
from mdpzoo_combinatorial.bq_nco.training.optimiser import new_optimiser
from mdpzoo_combinatorial.bq_nco.training.sampling import prepare

SMALL = network_settings(width=32, layers=2, heads=2)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_loss_of_a_network_that_knows_nothing_is_that_of_a_guess(name):
    problem = PROBLEMS[name]
    network = make_network(problem, SMALL)
    torch.nn.init.zeros_(network.score.weight)
    examples = draw([prepare(make_labels(name, 20, 8, seed=5, iterations=100))], 90, seeded())
    loss, _ = losses(network, examples, True)
    # all legal actions have one probability, and the loss is the mean over labels of its logarithm
    legal = problem.legal(examples.batch, examples.left).flatten(1).sum(1)
    torch.testing.assert_close(loss, legal.float().log())


def test_several_labels_are_logsumexp_less_their_mean():
    problem = PROBLEMS["Knapsack"]
    network = make_network(problem, SMALL, seeded(3))
    examples = draw([prepare(make_labels("Knapsack", 20, 9, seed=5))], 90, seeded())
    loss, _ = losses(network, examples, True)
    scores = network(problem.tokens(examples.batch, examples.left))
    for row in range(len(loss)):
        chosen = scores[row][examples.best[row] > 0]
        torch.testing.assert_close(loss[row], scores[row].logsumexp(0) - chosen.mean())


def test_the_rate_rises_stays_and_falls_to_its_end():
    settings = ImitationSettings(learning_rate=0.1, warm_up=10, cooldown=0.4, final_fraction=0.02)
    rates = [learning_rate(settings, update, update / 100) for update in range(101)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[10:61] == pytest.approx([0.1] * 51)
    assert rates[80] == pytest.approx(0.1 * (0.02 + 0.98 / 2))
    assert rates[-1] == pytest.approx(0.002)


def test_muon_has_the_matrices_of_the_layers_and_no_others():
    network = make_network(PROBLEMS["ATSP"], SMALL)
    optimiser = new_optimiser(network, 1e-3, 0.01)
    muon = [each for group in optimiser.matrices.param_groups for each in group["params"]]
    linear = [each.weight for each in network.blocks.modules() if isinstance(each, torch.nn.Linear)]
    assert {id(each) for each in muon} == {id(each) for each in linear}
    adam = [each for group in optimiser.others.param_groups for each in group["params"]]
    assert len(muon) + len(adam) == len(list(network.parameters()))


def test_only_matrices_decay():
    network = make_network(PROBLEMS["ATSP"], SMALL)
    decaying, others = new_optimiser(network, 1e-3, 0.01).others.param_groups
    assert all(each.dim() == 2 for each in decaying["params"])
    assert others["weight_decay"] == 0.0
    assert any(each is network.ends for each in others["params"])


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("TSP", 15.0),  # nearest neighbour stands at 20 and more
        ("ATSP", 15.0),  # nearest neighbour stands at 30 and more
        ("CVRP", 15.0),  # nearest neighbour stands at 25
        ("OP", 15.0),  # greedy by prize for distance stands at 20
        ("Knapsack", 0.7),  # greedy by value for weight stands at 1
    ],
)
def test_a_minute_of_imitation_comes_near_the_expert(name, most):
    sources = make_labels(name, 600, 12, seed=1)
    test = generate(name, 100, 12, 2)
    expert = make_labels(name, 100, 12, seed=2)
    agent = BQNCO(
        problem=name,
        network=network_settings(width=48, layers=3, heads=3),
        imitation=ImitationSettings(tokens=1024),
        seed=0,
    )
    agent.fit([sources], 30_000)
    found = agent.solve(test, "greedy").objective
    best = np.array([each.objective(known) for each, known in zip(test, expert.solutions, strict=True)])
    gap = 100 * (1 - found / best if PROBLEMS[name].maximise else found / best - 1)
    assert -5 < gap.mean() < most


@pytest.mark.parametrize("name", PROBLEMS)
def test_labels_come_back_from_their_files(tmp_path, name):
    write_labels(tmp_path, name, 3, 6, seed=5, iterations=10)
    read = read_labels(tmp_path)
    assert read.problem == name
    assert len(read) == 256  # whole files
    torch.testing.assert_close(read.sequence, read_labels(tmp_path / f"{name.lower()}6-00000.npz").sequence)


@pytest.mark.parametrize(("most", "read"), [(1, 256), (256, 256), (257, 512), (None, 768)])
def test_no_more_files_of_labels_are_read_than_are_needed(tmp_path, most, read):
    write_labels(tmp_path, "Knapsack", 768, 4, seed=5)
    assert len(read_labels(tmp_path, most)) == read


def test_two_processes_write_the_labels_that_one_writes(tmp_path):
    for jobs in (1, 2):
        write_labels(tmp_path / str(jobs), "Knapsack", 512, 6, seed=5, jobs=jobs)
    one, two = (read_labels(tmp_path / str(jobs)) for jobs in (1, 2))
    assert torch.equal(one.sequence, two.sequence)
    assert torch.equal(one.batch.numbers, two.batch.numbers)


def test_a_file_of_labels_that_exists_is_kept(tmp_path):
    write_labels(tmp_path, "TSP", 2, 9, seed=5, iterations=1)
    file = tmp_path / "tsp9-00000.npz"
    before = file.stat().st_mtime_ns
    write_labels(tmp_path, "TSP", 2, 9, seed=5, iterations=1)
    assert file.stat().st_mtime_ns == before
    assert list(tmp_path.iterdir()) == [file]


def test_other_solvers_can_be_the_expert():
    labels = make_labels("CVRP", 3, 8, seed=1, expert="savings")
    assert len(labels) == 3
    with pytest.raises(UnknownNameError, match="Did you mean 'savings'"):
        make_labels("CVRP", 3, 8, seed=1, expert="savingz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no archive at all"])
def test_a_damaged_file_of_labels_is_one_sentence(tmp_path, content):
    (tmp_path / "tsp9-00000.npz").write_bytes(content)
    with pytest.raises(InstanceError, match="not a file of labels"):
        read_labels(tmp_path)


def test_files_of_two_problems_are_refused(tmp_path):
    write_labels(tmp_path, "TSP", 2, 9, seed=5, iterations=1)
    write_labels(tmp_path, "Knapsack", 2, 9, seed=5)
    with pytest.raises(InstanceError, match="several problems"):
        read_labels(tmp_path)


BATCH = batch_of(generate("TSP", 1, 5, 0))
ITEMS = batch_of(generate("Knapsack", 1, 5, 0))


@pytest.mark.parametrize(
    ("problem", "batch", "sequence", "said"),
    [
        ("TSP", BATCH, [[0, 1, 2, 3, 3]], "each of its 5 nodes once"),  # a node twice
        ("TSP", BATCH, [[0, 1, 2, 3]], r"sequence \[1, 5\]"),  # a node is missing
        ("Knapsack", ITEMS, [[0, 0, -1, -1, -1]], "repeated token"),  # an item twice
        ("Knapsack", ITEMS, [[5, -1, -1, -1, -1]], r"outside 0\.\.4"),  # no such item
        ("OP", BATCH, [[1, -1, -1, -1]], "numbers"),  # a prize is missing
        ("JSSP", BATCH, [[0]], "unknown problem"),  # no such problem
    ],
)
def test_labels_that_are_none_are_refused(problem, batch, sequence, said):
    with pytest.raises(InstanceError, match=said):
        Labels(problem, batch, torch.tensor(sequence))


def test_labels_with_a_number_that_is_not_finite_are_refused():
    wrong = type(BATCH)(**{**vars(BATCH), "coordinates": BATCH.coordinates * torch.nan})
    with pytest.raises(InstanceError, match="not finite"):
        Labels("TSP", wrong, torch.arange(5).unsqueeze(0))


def test_labels_of_another_problem_are_refused():
    with pytest.raises(InstanceError, match="the agent solves CVRP"):
        BQNCO(problem="CVRP", network=SMALL).fit([make_labels("Knapsack", 3, 5, seed=0)], 10)


@pytest.mark.parametrize(
    "settings", [{"learning_rate": 0.0}, {"tokens": 0}, {"cooldown": 1.5}, {"clip": "1"}, {"precision": "half"}]
)
def test_a_setting_out_of_range_is_named(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        ImitationSettings(**settings)
