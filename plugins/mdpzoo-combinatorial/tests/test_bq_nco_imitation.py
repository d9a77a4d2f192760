import numpy as np
import pytest
import torch

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.imitation import (
    ImitationSettings,
    draw_batch,
    learning_rate,
    path_losses,
    random_symmetry,
    sample_paths,
)
from mdpzoo_combinatorial.bq_nco.labels import Labels, make_labels, read_labels, write_labels
from mdpzoo_combinatorial.bq_nco.network import PathNetwork, PathNetworkSettings

SMALL = PathNetworkSettings(width=32, layers=2, heads=2)


@pytest.fixture(scope="module")
def labels():
    return make_labels(40, 9, seed=5)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def distances(paths):
    """``[B, L, L]``: what no symmetry of the square changes."""
    return (paths.unsqueeze(2) - paths.unsqueeze(1)).norm(dim=3)


@pytest.mark.parametrize("length", [2, 4, 9, 10])  # 10: the whole tour of 9 nodes, back in its first node
def test_every_sampled_path_is_a_contiguous_piece_of_a_tour(labels, length):
    paths = sample_paths(labels, 30, length, seeded())
    walks = []
    for tour, places in zip(labels.tours, labels.coordinates, strict=True):
        for ring in (tour, tour.flip(0)):
            for start in range(9):
                walks.append(places[ring[(start + torch.arange(length)) % 9]])
    known = distances(torch.stack(walks))
    for path in distances(paths):
        assert (known - path).abs().amax((1, 2)).min() < 1e-5


def test_every_size_from_four_to_the_whole_tour_is_drawn(labels):
    generator = seeded()
    lengths = [draw_batch([labels], 60, generator).shape[1] for _ in range(300)]
    # seven sizes with equal chances: 300 draws miss one of them with a chance below 1e-18
    assert set(lengths) == set(range(4, 11))


def test_a_batch_holds_as_many_tokens_as_it_may(labels):
    for _ in range(20):
        batch = draw_batch([labels], 100, seeded(1))
        assert 100 - batch.shape[1] < batch.shape[0] * batch.shape[1] <= 100


def test_all_eight_symmetries_of_the_square_are_drawn():
    turned = random_symmetry(torch.tensor([[[1.0, 2.0]]]).repeat(400, 1, 1), seeded())
    assert {tuple(place) for place in turned[:, 0].tolist()} == {
        (x, y) for a, b in ((1.0, 2.0), (2.0, 1.0)) for x in (a, -a) for y in (b, -b)
    }


def test_the_loss_of_a_network_that_knows_nothing_is_that_of_a_guess():
    network = PathNetwork(SMALL)
    torch.nn.init.zeros_(network.ask.weight)
    loss, edge_loss, _ = path_losses(network, torch.rand(3, 6, 2, generator=seeded()))
    # an end chooses among 4 inner nodes, each of the 4 inner nodes among 5 others
    assert loss.item() == pytest.approx(np.log(4))
    assert edge_loss.item() == pytest.approx((2 * np.log(4) + 4 * np.log(5)) / 6)


def test_the_rate_rises_then_falls_to_its_end():
    settings = ImitationSettings(learning_rate=0.1, warm_up=10, final_fraction=0.02)
    rates = [learning_rate(settings, update, update / 100) for update in range(101)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == max(rates[9:11])
    assert all(a >= b for a, b in zip(rates[10:], rates[11:], strict=False))
    assert rates[-1] == pytest.approx(0.002)


def test_twenty_seconds_of_imitation_come_within_fifteen_percent_of_local_search(labels):
    sources, test = make_labels(400, 15, seed=1), make_labels(100, 15, seed=2)
    agent = BQNCO(network=PathNetworkSettings(48, 3, 3), imitation=ImitationSettings(tokens=1024), seed=0)
    agent.fit([sources], 40_000)
    coordinates = test.coordinates.double().numpy()
    found = agent.solve(coordinates, "greedy")
    near = np.take_along_axis(coordinates, test.tours.numpy()[:, :, None], 1)
    best = np.linalg.norm(near - np.roll(near, -1, 1), axis=2).sum(1)
    assert (found.objective / best - 1).mean() < 0.15  # nearest neighbour stands at 0.2 and more


def test_labels_come_back_from_their_files(tmp_path, labels):
    write_labels(tmp_path, 3, 9, seed=5)
    read = read_labels(tmp_path)
    again = read_labels(tmp_path / "tsp9-00000.npz")
    assert read.tours.shape == (3, 9)
    assert torch.equal(read.coordinates, again.coordinates)


def test_a_file_of_labels_that_exists_is_kept(tmp_path):
    write_labels(tmp_path, 2, 9, seed=5)
    file = tmp_path / "tsp9-00000.npz"
    before = file.stat().st_mtime_ns
    write_labels(tmp_path, 2, 9, seed=5)
    assert file.stat().st_mtime_ns == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no archive at all"])
def test_a_damaged_file_of_labels_is_one_sentence(tmp_path, content):
    (tmp_path / "tsp9-00000.npz").write_bytes(content)
    with pytest.raises(InstanceError, match="no file of labels"):
        read_labels(tmp_path)


def test_labels_that_repeat_a_node_are_refused():
    with pytest.raises(InstanceError, match="each of its 5 nodes once"):
        Labels(torch.rand(1, 5, 2, generator=seeded()), torch.tensor([[0, 1, 2, 3, 3]]))


@pytest.mark.parametrize("settings", [{"learning_rate": 0.0}, {"tokens": 0}, {"edge_weight": -1.0}, {"clip": "1"}])
def test_a_setting_out_of_range_is_named(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        ImitationSettings(**settings)
