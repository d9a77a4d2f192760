import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_adversarial import RobustnessGrid, draw_grids


def grid(shape, names=("mass", "friction"), seed=0):
    values = tuple(np.arange(1.0, size + 1) for size in shape)
    return RobustnessGrid(names[: len(shape)], values, np.random.default_rng(seed).random((*shape, 4)))


@pytest.mark.parametrize("shape", [(3, 2), (5,)])
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_is_written(tmp_path, shape, suffix):
    path = tmp_path / f"grid{suffix}"
    draw_grids({"sac": grid(shape), "qarl": grid(shape, seed=1)}, path)
    start = path.read_bytes()[:60]
    assert start.startswith(b"\x89PNG") if suffix == ".png" else b"<?xml" in start


def test_every_controller_has_a_panel(tmp_path):
    draw_grids({"one": grid((3, 2)), "another": grid((3, 2))}, tmp_path / "grid.svg")
    text = (tmp_path / "grid.svg").read_text()
    assert text.count('id="axes_') == 3  # two panels and the scale of colours


@pytest.mark.parametrize(
    ("grids", "name", "words"),
    [
        ({}, "grid.png", "at least one"),
        ({"a": grid((3, 2)), "b": grid((2, 2))}, "grid.png", "same parameters"),
        ({"a": grid((3,)), "b": grid((3,), ("gravity",))}, "grid.png", "same parameters"),
        ({"a": grid((3, 2))}, "grid.exe", "must end in"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, grids, name, words):
    with pytest.raises(SettingError, match=words):
        draw_grids(grids, tmp_path / name)
