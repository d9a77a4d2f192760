"""Files of the published layout that would run code when they are read."""

from pathlib import Path

import pytest
import torch

from mdpzoo.errors import CheckpointError
from mdpzoo_combinatorial.bq_nco.networks.published_files import is_published, read_published


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_file_that_would_run_code_is_an_error_and_runs_nothing(tmp_path):
    file, mark = tmp_path / "best.pt", tmp_path / "mark"
    torch.save({"net": Trap(mark)}, file)
    assert is_published(file)
    with pytest.raises(CheckpointError, match=r"best\.pt is not a valid checkpoint in the published layout"):
        read_published(file)
    assert not mark.exists()
