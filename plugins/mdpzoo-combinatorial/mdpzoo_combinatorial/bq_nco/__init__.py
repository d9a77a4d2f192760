"""BQ-NCO: bisimulation-quotiented neural combinatorial optimisation (Drakulic et al. 2023, arXiv 2301.03313)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdpzoo.codes import lazily
from mdpzoo.errors import MissingExtraError

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO
    from mdpzoo_combinatorial.bq_nco.fine_tuning import MaskableBQPolicy
    from mdpzoo_combinatorial.bq_nco.search.decodings import Solutions
    from mdpzoo_combinatorial.bq_nco.shipped import shipped_for
    from mdpzoo_combinatorial.bq_nco.training.labels import read_labels, write_labels
    from mdpzoo_combinatorial.bq_nco.training.regrets import measure_regrets

__all__ = [
    "BQNCO",
    "MaskableBQPolicy",
    "Solutions",
    "build",
    "load",
    "measure_regrets",
    "read_labels",
    "shipped_for",
    "write_labels",
]
_HOMES = {
    "BQNCO": "algorithm",
    "MaskableBQPolicy": "fine_tuning",
    "Solutions": "search.decodings",
    "measure_regrets": "training.regrets",
    "read_labels": "training.labels",
    "shipped_for": "shipped",
    "write_labels": "training.labels",
}
_find, __dir__ = lazily(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    """Imports the classes, and thereby torch, when they are first used."""
    try:
        return _find(name)
    except ModuleNotFoundError as error:
        if error.name != "sb3_contrib":
            raise
        text = "fine-tuning with masks needs sb3-contrib; type: pip install 'mdpzoo-combinatorial[ppo]'"
        raise MissingExtraError(text) from None


def build(
    env: Any,
    *,
    problem: str | None = None,
    seed: int | None = None,
    device: str = "cpu",
    verbose: int = 0,
    tensorboard_log: str | None = None,
    **settings: Any,
) -> "BQNCO":
    """Builds an untrained agent from JSON values, for ``mdpzoo.make_agent``.

    Args:
        env: an environment of this plugin in either form, or None.
        problem: its name, if there is no environment.
        seed: random seed.
        device: of the network.
        verbose: 1 writes the log to the terminal.
        tensorboard_log: a folder for TensorBoard.
        **settings: see ``settings.Settings``. Its parts are mappings: ``imitation={"tokens": 256}`` here,
            ``--set imitation.tokens=256`` at the prompt.

    Raises:
        SettingError: if a setting is unknown, or a value has a wrong type or range.
    """
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO

    return BQNCO(
        "BQPolicy",
        env,
        problem=problem,
        seed=seed,
        device=device,
        verbose=verbose,
        tensorboard_log=tensorboard_log,
        **settings,
    )


build.settings_of = "mdpzoo_combinatorial.bq_nco.settings:Settings"  # type: ignore[attr-defined]  # for lists


def load(path: str | Path | None = None, env: Any = None) -> "BQNCO":
    """Loads a saved agent, or a pretrained one, for ``mdpzoo.load_agent``.

    Raises:
        CheckpointError: if the file cannot be used.
    """
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO

    if path is None:
        from mdpzoo_combinatorial.bq_nco.policy import problem_of

        path = problem_of(getattr(env, "observation_space", None)).lower()
    return BQNCO.load(path, env)
