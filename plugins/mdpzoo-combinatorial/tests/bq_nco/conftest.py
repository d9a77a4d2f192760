"""A checkpoint of a short run, and its parts."""

import pytest
from safetensors import safe_open

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings


@pytest.fixture(scope="package")
def saved(tmp_path_factory):
    """A file that ``learn(100)`` of the settings in ``test_checkpoint`` has left."""
    path = tmp_path_factory.mktemp("bq") / "agent.safetensors"
    network, imitation = network_settings(width=16, layers=1, heads=2), ImitationSettings(tokens=64, warm_up=3)
    agent = BQNCO(problem="TSP", network=network, imitation=imitation, size=8, num_instances=20, seed=4)
    agent.learn(100).save(path)
    return path


@pytest.fixture
def parts(saved):
    """Tensors and metadata of a good file, to be damaged."""
    with safe_open(saved, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())  # noqa: SIM118
