"""The pretrained checkpoints of the package."""

from pathlib import Path

from mdpzoo.errors import CheckpointError, did_you_mean
from mdpzoo_combinatorial.instances import Instance
from mdpzoo_combinatorial.problems import PROBLEMS

FOLDER = Path(__file__).parent / "checkpoints"
SHIPPED = {name.lower(): FOLDER / f"{name.lower()}.safetensors" for name in PROBLEMS}


def shipped_for(instance: Instance) -> str:
    """Returns the checkpoint for an instance: that of its problem, or ``"atsp"`` for TSP without coordinates."""
    record = PROBLEMS[instance.problem]
    other = record.without_coordinates if getattr(instance, "coordinates", None) is None else None
    return (other or record.name).lower()


def file_named(path: str | Path) -> Path:
    """Returns the file of a path or of the name of a pretrained checkpoint, such as ``"tsp"``.

    Raises:
        CheckpointError: if there is no such file.
    """
    file = SHIPPED.get(str(path).lower(), Path(path))
    if not file.is_file() and not file.with_suffix(".safetensors").is_file():
        hint = did_you_mean(str(path), SHIPPED) or f" {', '.join(SHIPPED)} name those that come with the package."
        raise CheckpointError(f"there is no checkpoint {str(path)!r}.{hint}")
    return file
