"""Weights & Biases through its own callback for Stable-Baselines3."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mdpzoo.experiments.run import Run
from mdpzoo.front import require


@contextmanager
def logging_to_wandb(run: Run, folder: Path) -> Iterator[Any]:
    """Sends a run's TensorBoard files to Weights & Biases while its block runs; yields the callback for ``learn``.

    Raises:
        MissingExtraError: if ``wandb`` is not installed.
    """
    require("wandb", "wandb")
    import wandb
    from wandb.integration.sb3 import WandbCallback

    name, own = "/".join(folder.parts[-3:]), tempfile.gettempdir()  # the folder must be the run's alone
    begun = wandb.init(project="mdpzoo", name=name, config=run.as_json(), dir=own, sync_tensorboard=True)
    try:
        yield WandbCallback()
    finally:
        begun.finish()
