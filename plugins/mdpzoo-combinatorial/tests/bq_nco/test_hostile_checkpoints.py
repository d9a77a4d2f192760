"""Files that are no checkpoints, damaged ones, and those of the published layout."""

import json
import re
import struct

import pytest
import torch
from safetensors.torch import save_file

from mdpzoo.errors import CheckpointError
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import make_network, network_settings
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS


def refused(path, said):
    with pytest.raises(CheckpointError, match=said) as error:
        BQNCO.load(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.9999])
def test_a_truncated_file_is_refused(tmp_path, saved, share):
    content = saved.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[: int(len(content) * share)])
    refused(tmp_path / "cut.safetensors", "not a valid checkpoint")


@pytest.mark.parametrize("content", [
    b"PK\x03\x04" + b"\0" * 200,  # a zip that is damaged
    b"\x80\x04\x95" + b"x" * 200,  # a pickle
    struct.pack("<Q", 2**60) + b"{}",  # a header of an exabyte
    struct.pack("<Q", 99_000_000) + b"{}",  # a header larger than the file
    struct.pack("<Q", 2) + b"[]",  # no object
    struct.pack("<Q", 40_000) + b"[" * 40_000,  # a header that nests without end
], ids=["zip", "pickle", "exabyte", "longer than the file", "list", "nested"])  # fmt: skip
def test_what_is_no_safetensors_file_is_refused(tmp_path, content):
    (tmp_path / "odd.safetensors").write_bytes(content)
    refused(tmp_path / "odd.safetensors", "not a valid checkpoint")


DAMAGES = {
    "a tensor is missing": (lambda t, c: t.pop("network.norm.weight"), "network.norm.weight is missing"),
    "a tensor is unknown": (lambda t, c: t.update({"network.extra": torch.zeros(1)}), "not expected"),
    "a shape is wrong": (lambda t, c: t.update({"network.norm.weight": torch.zeros(7)}), "network.norm.weight is F32"),
    "a type is wrong": (
        lambda t, c: t.update({"network.norm.weight": torch.zeros(16, dtype=torch.float64)}),
        "network.norm.weight is F64",
    ),
    "a weight is NaN": (lambda t, c: t["network.norm.weight"].fill_(torch.nan), "not finite"),
    "a moment is infinite": (lambda t, c: t["square.norm.weight"].fill_(torch.inf), "not finite"),
    "a head is missing": (lambda t, c: c["imitation"].update(structure=1.0), "head.mean.adjacent.far is missing"),
    "a head is unknown": (lambda t, c: t.update({"head.step": torch.zeros(())}), "'head.step' is not expected"),
    "a head for a network that has none": (
        lambda t, c: (c.update(network={"kind": "perceiver"}), c["imitation"].update(structure=1.0)),
        "structure needs a network of kind 'tokens'",
    ),
    "half an optimiser": (lambda t, c: t.pop("step"), "step is missing"),
    "an impossible sampler": (lambda t, c: t["generator"].fill_(255), "sampler"),
    "another format": (lambda t, c: c.update(format=99), "format is 99"),
    "no settings": (lambda t, c: c.pop("network"), "no 'network'"),
    "an unknown setting": (lambda t, c: c["network"].update(depth=3), "depth"),
    "an unknown kind of network": (lambda t, c: c["network"].update(kind="perciever"), "perceiver"),
    "an unknown problem": (lambda t, c: c.update(problem="JSSP"), "JSSP"),
    "another problem": (lambda t, c: c.update(problem="CVRP"), "is F32"),
    "a problem that has no such network": (lambda t, c: c.update(problem=["TSP"]), "problem"),
    "an expert that is no name": (lambda t, c: c["labels"].update(expert=3), "expert"),
    "a setting out of range": (lambda t, c: c["network"].update(width=10**9), "width"),
    "more layers than tensors": (lambda t, c: c["network"].update(layers=4000), "4000 layers"),
    "another width": (lambda t, c: c["network"].update(width=32), "is F32"),
    "an enormous network": (lambda t, c: c["network"].update(width=4096, heads=1), "is F32"),
    "negative progress": (lambda t, c: c["progress"].update(decisions=-1), "decisions"),
    "a seed that is no number": (lambda t, c: c.update(seed="1"), "seed"),
    "labels that are no object": (lambda t, c: c.update(labels=[1, 2]), "labels"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_one_sentence(tmp_path, parts, damage):
    tensors, metadata = parts
    content = json.loads(metadata["bq-nco"])
    change, said = DAMAGES[damage]
    change(tensors, content)
    metadata["bq-nco"] = json.dumps(content)
    save_file(tensors, tmp_path / "bad.safetensors", metadata)
    refused(tmp_path / "bad.safetensors", re.escape(said))


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"agent": "ppo"},
        {"agent": "bq-nco"},
        {"agent": "bq-nco", "bq-nco": "{"},
        {"agent": "bq-nco", "bq-nco": "[]"},
        {"agent": "bq-nco", "bq-nco": "[" * 9999},
    ],
)
def test_metadata_that_says_nothing_usable_is_refused(tmp_path, parts, metadata):
    save_file(parts[0], tmp_path / "bad.safetensors", metadata)
    refused(tmp_path / "bad.safetensors", "not a valid checkpoint")


@pytest.mark.parametrize(("name", "said"), [("tps", "Did you mean 'tsp'"), ("nowhere/agent", "there is no checkpoint")])
def test_a_checkpoint_that_is_not_there_is_one_sentence(name, said):
    refused(name, said)


PUBLISHED = [(problem, kind) for problem in ("TSP", "CVRP", "OP", "Knapsack") for kind in ("transformer", "perceiver")]
SIZES = {
    "transformer": {"width": 24, "layers": 2, "heads": 2, "hidden": 20},
    "perceiver": {"width": 24, "layers": 2, "heads": 2, "hidden": 20, "latents": 5, "latent_width": 8},
}


def published(problem, kind, **sizes):
    """A state dictionary of the published layout, with weights that nobody trained."""
    settings = network_settings(kind, **(SIZES[kind] | sizes))
    return make_network(PROBLEMS[problem], settings, torch.Generator().manual_seed(1)).state_dict()


@pytest.mark.parametrize(("problem", "kind"), PUBLISHED)
def test_a_file_of_the_published_layout_is_read(tmp_path, problem, kind):
    net = published(problem, kind)
    torch.save({"net": net, "optimizer": None, "current_iter": 3, "other": None}, tmp_path / "best.pt")
    agent = BQNCO.load(tmp_path / "best.pt")
    assert agent.problem.name == problem
    assert agent.policy.settings == network_settings(kind, **SIZES[kind])
    for name, each in agent.policy.network.state_dict().items():
        assert torch.equal(each, net[name])
    agent.save(tmp_path / "again")
    again = BQNCO.load(tmp_path / "again").policy.network.state_dict()
    assert all(torch.equal(each, again[name]) for name, each in agent.policy.network.state_dict().items())


def test_the_published_sizes_have_the_published_names_and_shapes():
    transformer, perceiver = (
        make_network(PROBLEMS["TSP"], network_settings(kind)).state_dict() for kind in ("transformer", "perceiver")
    )
    # the paper's own counts
    assert sum(each.numel() for each in transformer.values()) == 3_107_539
    assert sum(each.numel() for each in perceiver.values()) == 902_177
    assert transformer["encoder.8.attn.lambda1"].shape == (12, 192, 16)
    assert transformer["encoder.0.res_norm2.alpha"].shape == ()
    assert perceiver["latent_array"].shape == (1, 64, 48)
    assert perceiver["encoder.attn.lambda1"].shape == (8, 192, 24)
    assert perceiver["decoder.attn.lambda2"].shape == (8, 192, 6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda net: net.pop("input_emb.bias"), "input_emb.bias is missing"),
        (lambda net: net.update(extra=torch.zeros(1)), "'extra' is not expected"),
        (lambda net: net.update({"input_emb.bias": torch.zeros(7)}), "input_emb.bias is"),
        (lambda net: net.update({"input_emb.bias": torch.zeros(24).double()}), "float64"),
        (lambda net: net["input_emb.bias"].fill_(torch.nan), "not finite"),
        (lambda net: net.update({"input_emb.weight": torch.zeros(24, 5)}), "no problem has 5 features"),
        (lambda net: net.update(number=3), "not a tensor"),
        (lambda net: net.clear(), "missing"),
    ],
)
def test_a_damaged_file_of_the_published_layout_is_one_sentence(tmp_path, change, said):
    net = dict(published("TSP", "transformer"))
    change(net)
    torch.save({"net": net}, tmp_path / "best.pt")
    refused(tmp_path / "best.pt", said)


class Hostile:
    def __reduce__(self):
        return (open, ("/nowhere", "w"))


def test_code_in_a_file_of_torch_is_not_run(tmp_path):
    torch.save({"net": Hostile()}, tmp_path / "best.pt")
    refused(tmp_path / "best.pt", "not a valid checkpoint in the published layout")
