import json
from dataclasses import asdict

import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.networks.kinds import make_network, network_settings
from mdpzoo_combinatorial.bq_nco.networks.token_network import TokenNetwork, TokenNetworkSettings
from mdpzoo_combinatorial.bq_nco.shipped import SHIPPED
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problem import geometry
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder, Tokens

SMALL = network_settings(width=32, layers=2, heads=2)
KINDS = {
    "distance": SMALL,
    "rotary": network_settings(width=32, layers=2, heads=2, position="rotary"),
    "none": network_settings(width=32, layers=2, heads=2, position="none"),
    "absolute": network_settings(width=32, layers=2, heads=2, relative=False),
    "transformer": network_settings("transformer", width=32, layers=2, heads=2, hidden=64),
    "perceiver": network_settings("perceiver", width=32, layers=2, heads=2, hidden=64, latents=6, latent_width=16),
}
MADE = [(name, kind) for name, problem in PROBLEMS.items() for kind in KINDS if KINDS[kind].relative or problem.paper]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def awake(network):
    """The network with every parameter off its start: residual scalars and mixed attention begin at 0."""
    generator = seeded(7)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * 0.1)
    return network.eval()


def posed(name, count=4, size=9, seed=1):
    """A batch of random instances and states two choices deep."""
    problem = PROBLEMS[name]
    batch = batch_of(generate(name, count, size, seed))
    left = problem.start(batch)
    for _ in range(2):
        first = problem.legal(batch, left).flatten(1).float().argmax(1)
        left = problem.step(batch, left, first // problem.action_variants, first % problem.action_variants)
    return problem, batch, left


def scored(name, kind):
    problem, batch, left = posed(name)
    network = awake(make_network(problem, KINDS[kind], seeded()))
    return problem, batch, left, network, KINDS[kind].relative


@pytest.mark.parametrize(("name", "kind"), MADE)
def test_scores_follow_their_tokens_when_those_left_are_permuted(name, kind):
    problem, batch, left, network, relative = scored(name, kind)
    even = left.pick(torch.tensor([0]))  # one row has no padding of its own to mix in
    most = left.node.shape[1] if left.count is None else int(left.count[0]) + problem.ends
    even = Remainder(even.row, even.node[:, :most], None, even.resource)
    order = torch.cat(
        (torch.arange(problem.ends), problem.ends + torch.randperm(most - problem.ends, generator=seeded()))
    )
    turned = even._replace(node=even.node[:, order])
    one = network(problem.tokens(batch, even, relative=relative)).view(1, most, -1)[:, order]
    two = network(problem.tokens(batch, turned, relative=relative)).view(1, most, -1)
    torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("name", "kind"), MADE)
def test_padding_changes_no_score(name, kind):
    problem, batch, left, network, relative = scored(name, kind)
    if left.count is None:  # lengths that differ, as pieces of different sizes have
        left = left._replace(count=torch.tensor([left.node.shape[1] - problem.ends, 1, 3, 2]))
    together = network(problem.tokens(batch, left, relative=relative))
    for row in range(4):
        length = int(left.count[row]) + problem.ends
        alone = Remainder(
            left.row[row : row + 1], left.node[row : row + 1, :length], None, left.resource[row : row + 1]
        )
        scores = network(problem.tokens(batch, alone, relative=relative))[0]
        torch.testing.assert_close(together[row, : len(scores)], scores, atol=1e-4, rtol=1e-4)
        assert together[row, len(scores) :].eq(-torch.inf).all()


@pytest.mark.parametrize(("name", "kind"), MADE)
def test_exactly_what_is_legal_has_a_score(name, kind):
    problem, batch, left, network, relative = scored(name, kind)
    tokens = problem.tokens(batch, left, relative=relative)
    assert torch.equal(network(tokens).isfinite(), tokens.legal.flatten(1))


@pytest.mark.parametrize("name", ["TSP", "CVRP", "OP"])
@pytest.mark.parametrize("kind", ["distance", "rotary"])
def test_scores_ignore_translation_and_scale(name, kind):
    problem, batch, left, network, _ = scored(name, kind)
    moved = type(batch)(**{**vars(batch), "coordinates": batch.coordinates * 250.0 + 7.0, "unit": batch.unit / 250.0})
    one, two = (network(problem.tokens(each, left)) for each in (batch, moved))
    torch.testing.assert_close(one, two, atol=1e-3, rtol=1e-3)


def test_scores_of_costs_ignore_their_unit():
    problem, batch, left, network, _ = scored("ATSP", "distance")
    scaled = type(batch)(**{**vars(batch), "costs": batch.costs * 1_000.0})
    one, two = (network(problem.tokens(each, left)) for each in (batch, scaled))
    torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["Knapsack"])
def test_scores_of_items_ignore_the_units_of_value_and_weight(name):
    problem, batch, left, network, _ = scored(name, "distance")
    scaled = type(batch)(batch.numbers * torch.tensor([10.0, 100.0]), batch.resource * 100, tolerance=batch.tolerance)
    more = left._replace(resource=left.resource * 100)
    torch.testing.assert_close(
        network(problem.tokens(batch, left)), network(problem.tokens(scaled, more)), atol=1e-4, rtol=1e-4
    )


def test_the_direction_of_costs_matters():
    problem, batch, left, network, _ = scored("ATSP", "distance")
    turned = type(batch)(**{**vars(batch), "costs": batch.costs.transpose(1, 2)})
    assert not torch.allclose(network(problem.tokens(batch, left))[:, 2:], network(problem.tokens(turned, left))[:, 2:])


def test_mixed_attention_is_the_product_of_vectors_with_edges_in_them():
    network = awake(make_network(PROBLEMS["ATSP"], SMALL, seeded()))
    mix = network.blocks[0].mix
    asked, offered = torch.randn(2, 3, 2, 5, 16, generator=seeded()).unbind(0)
    edges = torch.rand(3, 5, 5, PROBLEMS["ATSP"].edges, generator=seeded(1))
    # <q_n + A e_mn, k_m + C e_mn> without its part quadratic in e, plus a part linear in e alone
    query = asked.unsqueeze(3) + torch.einsum("hce,bnme->bhnmc", mix.asked, edges) * 4.0
    key = offered.unsqueeze(2) + torch.einsum("hce,bnme->bhnmc", mix.offered, edges) * 4.0
    quadratic = torch.einsum("hce,bnme,hcf,bnmf->bhnm", mix.asked, edges, mix.offered, edges) * 16.0
    logits = ((query * key).sum(4) - quadratic) / 4.0 + torch.einsum("he,bnme->bhnm", mix.alone, edges)
    torch.testing.assert_close(mix(asked, offered, edges, None), logits.softmax(3), atol=1e-5, rtol=1e-5)


def test_origin_and_destination_are_told_apart_where_they_coincide():
    problem, batch, _, network, _ = scored("TSP", "distance")
    row, resource = torch.arange(4), torch.zeros(4)
    variants = [Remainder(row, torch.tensor([ends] * 4), None, resource) for ends in ([0, 1, 2, 3, 4], [1, 0, 2, 3, 4])]
    one, two = (network(problem.tokens(batch, each))[:, 2:] for each in variants)
    assert not torch.allclose(one, two, atol=1e-4)


def test_what_is_near_is_told_in_units_of_the_spacing():
    places = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.0, 0.5], [0.25, 0.0]]])
    valid = torch.tensor([[True, True, True, False]])
    whole, part = geometry(places, None)[0], geometry(places, valid)[0]
    torch.testing.assert_close(whole[2, :8], torch.tensor([0.0, 0.5, 0.0, 0.5, -1.0, 0.5, 0.5, 1.25**0.5]))
    torch.testing.assert_close(whole[2, 8:12], torch.tensor([0.0, 0.5, -1.0, 0.5]).tanh())  # 4 tokens: stretched by 1
    near = torch.tensor([0.5, 1.25**0.5, 0.5, 0.3125**0.5, 1.25**0.5])  # both ends, then the three nearest
    torch.testing.assert_close(whole[2, 12:], near / (1 + near))
    stretch = 3**0.5 / 2
    near = torch.tensor([0.5, 1.25**0.5]) * stretch
    torch.testing.assert_close(part[2, 14:], torch.cat((near / (1 + near), torch.ones(1))))  # there is no third


def test_initial_weights_keep_the_size_of_their_inputs():
    network = TokenNetwork(network_settings(width=128, layers=2, heads=4), 64, edges=3)
    block = network.blocks[0]
    for weight, deviation in [
        (network.embed.weight, 64**-0.5),
        (network.ends, 1.0),  # added to embeddings of this size
        (block.widen.weight, 128**-0.5),
        (block.narrow.weight, (4 * 128) ** -0.5 / 2),  # over the square root of 2 outputs in each of 2 layers
        (block.merge.weight, 128**-0.5 / 2),
    ]:
        assert float(weight.detach().std()) == pytest.approx(deviation, rel=0.15)
    assert not network.embed.bias.any()


def test_the_default_network_has_the_size_of_the_shipped_ones():
    card = json.loads(SHIPPED["tsp"].with_suffix(".json").read_text())
    assert asdict(TokenNetworkSettings()) == {name: each for name, each in card["network"].items() if name != "kind"}
    network = make_network(PROBLEMS["TSP"], TokenNetworkSettings())
    assert sum(each.numel() for each in network.parameters()) == card["weights"]


def test_nodes_that_all_coincide_get_finite_scores():
    network = TokenNetwork(SMALL, PROBLEMS["TSP"].features)
    batch = batch_of(generate("TSP", 1, 6, 0))
    same = type(batch)(**{**vars(batch), "coordinates": torch.full((1, 6, 2), 0.3)})
    scores = network(PROBLEMS["TSP"].tokens(same, PROBLEMS["TSP"].start(same)))
    assert scores[:, 2:].isfinite().all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"width": 30, "heads": 4}, "multiple"),  # heads must share the width evenly
        ({"width": 16, "heads": 4}, "over 4"),  # four numbers of a head are the distance
        ({"layers": 0}, "1..4096"),  # nothing would be learned
        ({"layers": True}, "must be an integer, got True"),  # a flag is no number
        ({"width": 96.0}, "must be an integer, got 96.0"),  # nor is a float
        ({"position": "rotaty"}, "position"),  # no such code
        ({"position": "rotary", "width": 60, "heads": 6}, "multiple of 4"),  # pairs of pairs are turned
        ({"relative": 1}, "relative"),  # a number is no flag
    ],
)
def test_an_impossible_size_is_named(settings, said):
    with pytest.raises(SettingError, match=said):
        TokenNetworkSettings(**settings)


def test_an_unknown_kind_or_setting_names_the_nearest():
    with pytest.raises(SettingError, match="Did you mean 'perceiver'"):
        network_settings("percever")
    with pytest.raises(SettingError, match="Did you mean 'width'"):
        network_settings("transformer", widht=8)


def test_the_papers_network_for_asymmetric_tours_is_refused():
    with pytest.raises(SettingError, match="ATSP"):
        make_network(PROBLEMS["ATSP"], network_settings("transformer"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("padded", [False, True])
def test_no_number_is_read_back_from_the_device(kind, padded):
    with torch.device("meta"):  # tensors without content: whoever reads one gets an error
        features = PROBLEMS["TSP"].features if KINDS[kind].relative else 2
        network = make_network(PROBLEMS["TSP"], KINDS[kind])
        valid = torch.ones(5, 12, dtype=torch.bool) if padded else None
        legal = torch.ones(5, 12, 1, dtype=torch.bool)
        tokens = Tokens(torch.empty(5, 12, features), legal, 2, torch.empty(5, 12, 2), None, valid)
        assert network(tokens).shape == (5, 12)
