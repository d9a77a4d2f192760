"""BQ-NCO: bisimulation-quotiented neural combinatorial optimisation (Drakulic et al. 2023, arXiv 2301.03313)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdpzoo.errors import MissingExtraError

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO, shipped_for
    from mdpzoo_combinatorial.bq_nco.fine_tuning import MaskableBQPolicy
    from mdpzoo_combinatorial.bq_nco.search.decodings import Solutions
    from mdpzoo_combinatorial.bq_nco.training.labels import read_labels, write_labels

__all__ = ["BQNCO", "MaskableBQPolicy", "Solutions", "build", "load", "read_labels", "shipped_for", "write_labels"]
_HOMES = {
    "BQNCO": "algorithm",
    "MaskableBQPolicy": "fine_tuning",
    "Solutions": "search.decodings",
    "read_labels": "training.labels",
    "shipped_for": "algorithm",
    "write_labels": "training.labels",
}


def __getattr__(name: str) -> Any:
    """Imports the classes, and torch with them, when they are first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "sb3_contrib":
            raise
        text = "fine-tuning with masks needs sb3-contrib; type: pip install 'mdpzoo-combinatorial[ppo]'"
        raise MissingExtraError(text) from None


def build(
    env: Any,
    *,
    problem: str | None = None,
    network: str = "tokens",
    width: int | None = None,
    layers: int | None = None,
    heads: int | None = None,
    position: str | None = None,
    relative: bool | None = None,
    learning_rate: float = 2e-3,
    tokens: int = 4096,
    precision: str = "float32",
    labels: str | list[str] | None = None,
    size: int | None = None,
    num_instances: int = 2048,
    seed: int | None = None,
    device: str = "cpu",
    verbose: int = 0,
    tensorboard_log: str | None = None,
) -> "BQNCO":
    """Builds an untrained agent from settings that JSON can hold, for ``mdpzoo.make_agent``.

    Args:
        env: one of the five environments in either form, or None.
        problem: its name, where there is no environment.
        network: its kind: ``tokens``, ours.
        width: numbers per token; None, here and below: the default of the kind.
        layers: attention blocks.
        heads: attention heads.
        position: how places enter attention: ``distance``, ``rotary`` or ``none``.
        relative: whether tokens are described relative to what is left; False: as in the paper.
        learning_rate: of the optimisers, in (0, 1].
        tokens: in a training batch.
        precision: ``float32`` or ``bfloat16``.
        labels: files or folders of solved instances to imitate; None: solved when ``learn`` begins.
        size: nodes, customers or items of the instances then solved; None: the environment's, at most 100.
        num_instances: how many of them.
        seed: decides everything drawn at random.
        device: where the network lives.
        verbose: 1 writes the log to the terminal.
        tensorboard_log: a folder for TensorBoard.

    Raises:
        SettingError: a value is out of its range.
    """
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO
    from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
    from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings

    sizes = {"width": width, "layers": layers, "heads": heads, "position": position, "relative": relative}
    return BQNCO(
        "BQPolicy",
        env,
        problem=problem,
        network=network_settings(network, **{name: each for name, each in sizes.items() if each is not None}),
        imitation=ImitationSettings(learning_rate=learning_rate, tokens=tokens, precision=precision),
        labels=labels,
        size=size,
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

    if path is None:
        from mdpzoo_combinatorial.bq_nco.policy import problem_of

        path = problem_of(getattr(env, "observation_space", None)).lower()
    return BQNCO.load(path, env)
