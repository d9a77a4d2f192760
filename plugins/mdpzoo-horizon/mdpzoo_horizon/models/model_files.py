"""Reads tabular models from files of MDPZoo or of the BRIDGE collection."""

import zipfile
from pathlib import Path

from mdpzoo.arrays import read_arrays
from mdpzoo.errors import InstanceError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.models.bridge_files import read_bridge


def read_model(path: str) -> TabularMDP:
    """Reads a model. The format is detected from the arrays in the file; nothing is unpickled.

    Args:
        path: an archive (.npz) written by ``TabularMDP.save``, or a BRIDGE file.

    Raises:
        InstanceError: if the file is missing, damaged or not a model; the message says why.
    """
    read_arrays(path, ())  # raises if this is not an archive
    with zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
    if "offsets" in names:
        return TabularMDP.load(path)
    if "transitions" in names:
        return read_bridge(path, screens=False).model
    raise InstanceError(
        f"{Path(path).name} is not a model: it has neither the array 'offsets' (MDPZoo) nor 'transitions' (BRIDGE)"
    )
