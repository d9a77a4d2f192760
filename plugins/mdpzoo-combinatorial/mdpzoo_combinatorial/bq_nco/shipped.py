"""The pretrained checkpoints of the package."""

from pathlib import Path

from mdpzoo_combinatorial.instances import Instance
from mdpzoo_combinatorial.problems import PROBLEMS

FOLDER = Path(__file__).parent / "checkpoints"
SHIPPED = {name.lower(): FOLDER / f"{name.lower()}.safetensors" for name in PROBLEMS}


def shipped_for(instance: Instance) -> str:
    """Returns the checkpoint for an instance: that of its problem, or ``"atsp"`` for TSP without coordinates."""
    record = PROBLEMS[instance.problem]
    other = record.without_coordinates if getattr(instance, "coordinates", None) is None else None
    return (other or record.name).lower()
