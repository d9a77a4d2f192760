"""Tabular models from files: MDPZoo's own, or those of the BRIDGE collection."""

import zipfile
from pathlib import Path

from mdpzoo.arrays import read_arrays
from mdpzoo.errors import InstanceError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.models.bridge_files import read_bridge


def read_model(path: str) -> TabularMDP:
    """Reads a model; which kind of file it is, its arrays tell. Nothing is unpickled.

    Args:
        path: an archive (.npz) that ``TabularMDP.save`` has written, or one of BRIDGE.

    Raises:
        InstanceError: the file is missing, damaged or no model; says why.
    """
    read_arrays(path, ())  # is it an archive at all?
    with zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
    if "offsets" in names:
        return TabularMDP.load(path)
    if "transitions" in names:
        return read_bridge(path, screens=False).model
    raise InstanceError(
        f"{Path(path).name} is no model: it has neither the array 'offsets' (of MDPZoo) nor 'transitions' (of BRIDGE)"
    )
