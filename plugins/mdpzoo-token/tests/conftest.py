"""One torch thread, and the folder of reference values, which is not part of the repository."""

import json
import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def references() -> dict:
    """A file of the folder in ``MDPZOO_REFERENCES``, by default ``../shared/references`` seen from the root."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("MDPZOO_REFERENCES") or root / "../shared/references").resolve()
    if not (folder / "token.json").is_file():
        pytest.skip("no folder of reference values; name it in MDPZOO_REFERENCES")
    return json.loads((folder / "token.json").read_text())
