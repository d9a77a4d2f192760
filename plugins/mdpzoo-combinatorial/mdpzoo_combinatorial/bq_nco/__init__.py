"""BQ-NCO: bisimulation-quotiented neural combinatorial optimisation (Drakulic et al. 2023, arXiv 2301.03313)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO
    from mdpzoo_combinatorial.bq_nco.search import Solutions

__all__ = ["BQNCO", "Solutions", "build", "load"]
_HOMES = {"BQNCO": "algorithm", "Solutions": "search"}


def __getattr__(name: str) -> Any:
    """Imports the classes, and torch with them, when they are first asked for."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def build(
    env: Any,
    *,
    width: int = 96,
    layers: int = 6,
    heads: int = 6,
    learning_rate: float = 1.5e-3,
    tokens: int = 4096,
    edge_weight: float = 0.3,
    labels: str | list[str] | None = None,
    num_nodes: int | None = None,
    num_instances: int = 2048,
    seed: int | None = None,
    device: str = "cpu",
    verbose: int = 0,
    tensorboard_log: str | None = None,
) -> "BQNCO":
    """Builds an untrained agent from settings that JSON can hold, for ``mdpzoo.make_agent``.

    Args:
        env: ``mdpzoo/TSP-v0`` in either form, or None.
        width: numbers per token, a multiple of ``heads``.
        layers: attention blocks.
        heads: attention heads.
        learning_rate: AdamW's, in (0, 1].
        tokens: nodes in a training batch.
        edge_weight: weight of the loss over every token's neighbours, at least 0.
        labels: files or folders of tours to imitate; None: solved when ``learn`` begins.
        num_nodes: of the instances then solved; None: the environment's, at most 100.
        num_instances: how many of them.
        seed: decides everything drawn at random.
        device: where the network lives.
        verbose: 1 writes the log to the terminal.
        tensorboard_log: a folder for TensorBoard.

    Raises:
        SettingError: a value is out of its range.
    """
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO
    from mdpzoo_combinatorial.bq_nco.imitation import ImitationSettings
    from mdpzoo_combinatorial.bq_nco.network import PathNetworkSettings

    return BQNCO(
        "BQPolicy",
        env,
        network=PathNetworkSettings(width, layers, heads),
        imitation=ImitationSettings(learning_rate=learning_rate, tokens=tokens, edge_weight=edge_weight),
        labels=labels,
        num_nodes=num_nodes,
        num_instances=num_instances,
        seed=seed,
        device=device,
        verbose=verbose,
        tensorboard_log=tensorboard_log,
    )


def load(path: str | Path | None = None, env: Any = None) -> "BQNCO":
    """Reads a saved agent, or the one that comes with the package, for ``mdpzoo.load_agent``.

    Raises:
        CheckpointError: the file cannot be used.
    """
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO

    return BQNCO.load("tsp" if path is None else path, env)
