"""Checkpoints of the published layout: names and shapes written out here, not taken from our own networks."""

import pytest
import torch
from torch.nn.functional import layer_norm

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco import BQNCO

FEATURES = {"TSP": 2, "CVRP": 4, "OP": 4, "Knapsack": 3}
SCORES = {"TSP": 1, "CVRP": 2, "OP": 1, "Knapsack": 1}
PARAMETERS = {  # the paper's own counts
    ("TSP", "transformer"): 3_107_539,
    ("CVRP", "transformer"): 3_108_116,
    ("OP", "transformer"): 3_107_923,
    ("Knapsack", "transformer"): 3_107_347,
    ("TSP", "perceiver"): 902_177,
    ("CVRP", "perceiver"): 902_754,
}


def attention(prefix, heads, keys, queries, head):
    """Shapes of one attention: ``lambda1`` and ``theta1`` read keys, ``lambda2`` and ``theta2`` queries."""
    shapes = {"bias_lambda": (heads, head), "bias_theta": (heads, head)}
    shapes |= {
        f"{name}{side}": (heads, (keys, queries)[side - 1], head) for name in ("lambda", "theta") for side in (1, 2)
    }
    return {f"{prefix}.attn.{name}": shape for name, shape in shapes.items()}


def feed_forward(prefix, width):
    shapes = {"linear1.weight": (512, width), "linear1.bias": (512,), "linear2.weight": (width, 512)}
    return {f"{prefix}.{name}": shape for name, shape in shapes.items()} | {f"{prefix}.linear2.bias": (width,)}


def perceiver_block(prefix, keys, queries):
    """``layer_norm1`` is as wide as keys and values, ``layer_norm2`` and ``layer_norm3`` as wide as queries."""
    norms = {
        f"{prefix}.layer_norm{k}.{part}": (w,)
        for k, w in ((1, keys), (2, queries), (3, queries))
        for part in ("weight", "bias")
    }
    return attention(prefix, 8, keys, queries, keys // 8) | norms | feed_forward(prefix, queries)


def layout(problem, kind):
    """Names and shapes of a published file."""
    shapes = {"input_emb.weight": (192, FEATURES[problem]), "input_emb.bias": (192,)}
    shapes |= {"scores_projection.weight": (SCORES[problem], 192), "scores_projection.bias": (SCORES[problem],)}
    if problem != "Knapsack":
        shapes["begin_end_tokens.weight"] = (2, 192)
    if kind == "transformer":
        for k in range(9):
            shapes |= attention(f"encoder.{k}", 12, 192, 192, 16) | feed_forward(f"encoder.{k}", 192)
            shapes |= {f"encoder.{k}.res_norm{each}.alpha": () for each in (1, 2)}
        return shapes
    shapes |= {"latent_array": (1, 64, 48)} | perceiver_block("encoder", 192, 48) | perceiver_block("decoder", 48, 192)
    for k in range(9):
        shapes |= perceiver_block(f"layers.{k}", 48, 48)
    return shapes


def published_file(path, problem, kind):
    """Writes a file of the published layout with random weights, and returns its tensors."""
    generator = torch.Generator().manual_seed(7)
    net = {}
    for name, shape in layout(problem, kind).items():
        around = 1.0 if "layer_norm" in name and name.endswith("weight") else 0.0
        net[name] = around + 0.1 * torch.randn(shape, generator=generator)
    torch.save({"net": net, "optimizer": None, "current_iter": 1, "other": None}, path)
    return net


@pytest.mark.parametrize("kind", ["transformer", "perceiver"])
@pytest.mark.parametrize("problem", list(FEATURES))
def test_a_file_with_the_published_names_and_shapes_loads_and_solves(tmp_path, problem, kind):
    net = published_file(tmp_path / "best.pt", problem, kind)
    if (problem, kind) in PARAMETERS:
        assert sum(each.numel() for each in net.values()) == PARAMETERS[problem, kind]
    agent = BQNCO.load(tmp_path / "best.pt")
    assert (agent.problem.name, agent.policy.settings.kind) == (problem, kind)
    for name, each in agent.policy.network.state_dict().items():
        torch.testing.assert_close(each, net[name], rtol=0, atol=0)
    found = agent.solve(generate(problem, 2, 6, seed=0))
    assert len(found.objective) == 2


def block(net, prefix, query, key_value):
    """One perceiver block as the paper's formulas say it, head by head, one state."""

    def norm(number, x):
        weight, bias = net[f"{prefix}.layer_norm{number}.weight"], net[f"{prefix}.layer_norm{number}.bias"]
        return layer_norm(x, weight.shape, weight, bias)

    u, v = norm(2, query), norm(1, key_value)
    part = {
        name.removeprefix(f"{prefix}.attn."): each for name, each in net.items() if name.startswith(f"{prefix}.attn.")
    }
    mixed = torch.zeros_like(query)
    for k in range(8):
        keys, values = v @ part["lambda1"][k] + part["bias_lambda"][k], v @ part["theta1"][k] + part["bias_theta"][k]
        weights = ((u @ part["lambda2"][k]) @ keys.T / keys.shape[1] ** 0.5).softmax(1)
        mixed = mixed + weights @ values @ part["theta2"][k].T
    query = query + mixed
    hidden = (norm(3, query) @ net[f"{prefix}.linear1.weight"].T + net[f"{prefix}.linear1.bias"]).relu()
    return query + hidden @ net[f"{prefix}.linear2.weight"].T + net[f"{prefix}.linear2.bias"]


def test_a_published_perceiver_computes_the_formulas_with_its_first_norm_on_keys_and_values(tmp_path):
    net = published_file(tmp_path / "best.pt", "TSP", "perceiver")
    network = BQNCO.load(tmp_path / "best.pt").policy.network
    embedded = torch.randn(11, 192, generator=torch.Generator().manual_seed(3))
    latents = block(net, "encoder", net["latent_array"][0], embedded)
    for k in range(9):
        latents = block(net, f"layers.{k}", latents, latents)
    wanted = block(net, "decoder", embedded, latents)
    with torch.no_grad():
        torch.testing.assert_close(network.mix(embedded[None], None)[0], wanted, rtol=1e-4, atol=1e-4)
