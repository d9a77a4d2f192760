import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.network import PathNetwork, PathNetworkSettings

SMALL = PathNetworkSettings(width=32, layers=2, heads=2)


@pytest.fixture(scope="module")
def network():
    return PathNetwork(SMALL, generator=torch.Generator().manual_seed(3)).eval()


@pytest.fixture
def paths():
    return torch.rand(5, 12, 2, generator=torch.Generator().manual_seed(4))


def inner(scores):
    return scores[:, 1:-1]


def test_scores_follow_their_nodes_when_the_remaining_nodes_are_permuted(network, paths):
    order = torch.randperm(10, generator=torch.Generator().manual_seed(5))
    permuted = torch.cat((paths[:, :1], paths[:, 1:-1][:, order], paths[:, -1:]), 1)
    torch.testing.assert_close(inner(network(permuted)), inner(network(paths))[:, order], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("scale", "shift"),
    [
        (1.0, 7.0),  # translation alone
        (250.0, 0.0),  # scale alone
        (0.01, -3.0),  # both
    ],
)
def test_scores_ignore_translation_and_scale(network, paths, scale, shift):
    torch.testing.assert_close(network(paths * scale + shift), network(paths), atol=1e-3, rtol=1e-3)


def test_padding_changes_no_score(network, paths):
    lengths = torch.tensor([12, 4, 7, 11, 3])
    valid = torch.arange(12) < lengths[:, None]
    shorter = paths.clone()
    for row, length in enumerate(lengths):
        shorter[row, length - 1] = paths[row, -1]
        shorter[row, length:] = 99.0  # padding may hold anything
    scores = network(shorter, valid)
    for row, length in enumerate(lengths):
        alone = network(shorter[row : row + 1, :length])
        torch.testing.assert_close(scores[row : row + 1, :length], alone, atol=1e-5, rtol=1e-5)
        assert scores[row, length - 1 :].eq(-torch.inf).all()


def test_both_ends_and_padding_are_never_open_and_all_else_is(network, paths):
    valid = torch.arange(12) < torch.tensor([12, 5, 3, 2, 9])[:, None]
    scores = network(paths, valid)
    position = torch.arange(12)
    remaining = (position > 0) & (position < valid.sum(1, keepdim=True) - 1)
    assert torch.equal(scores.isfinite(), remaining)


def test_the_first_row_of_the_edges_is_the_score_of_the_next_node(network, paths):
    torch.testing.assert_close(network.edges(paths)[:, 0, 1:-1], inner(network(paths)), atol=1e-5, rtol=1e-5)


def test_origin_and_destination_are_told_apart_where_they_coincide(network, paths):
    closed = torch.cat((paths, paths[:, :1]), 1)
    assert network(closed)[:, 1:-1].isfinite().all()
    assert not torch.allclose(inner(network(paths)), inner(network(paths.flip(1))).flip(1), atol=1e-4)


def test_nodes_that_all_coincide_get_finite_scores(network):
    assert inner(network(torch.full((1, 6, 2), 0.3))).isfinite().all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"width": 30, "heads": 4}, "multiple"),  # heads must share the width evenly
        ({"width": 16, "heads": 4}, "over 4"),  # four numbers of a head are the distance
        ({"layers": 0}, "1..4096"),  # nothing would be learned
        ({"layers": True}, "1..4096"),  # a flag is no number
        ({"width": 96.0}, "1..4096"),  # nor is a float
    ],
)
def test_an_impossible_size_is_named(settings, said):
    with pytest.raises(SettingError, match=said):
        PathNetworkSettings(**settings)


@pytest.mark.parametrize("padded", [False, True])
def test_no_number_is_read_back_from_the_device(padded):
    with torch.device("meta"):  # tensors without content: whoever reads one gets an error
        network = PathNetwork(SMALL)
        valid = torch.ones(5, 12, dtype=torch.bool) if padded else None
        assert network(torch.empty(5, 12, 2), valid).shape == (5, 12)
        assert network.edges(torch.empty(5, 12, 2)).shape == (5, 12, 12)
