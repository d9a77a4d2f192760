"""The folder of models with published quantities, which is not part of the repository."""

import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder that ``MDPZOO_DATA`` names, by default ``../shared/data`` seen from the repository's root."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("MDPZOO_DATA") or root / "../shared/data").resolve()
    if not (folder / "bridge").is_dir():
        pytest.skip("no folder of BRIDGE models; name it in MDPZOO_DATA")
    return folder
