"""Pictures of tours."""

import subprocess
import sys

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, MissingExtraError
from mdpzoo_combinatorial.cities import BEST_KNOWN_CAPITALS_TOUR, CAPITALS, us_capitals
from mdpzoo_combinatorial.render import save_picture, tour_picture

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def test_a_picture_has_the_size_asked_for_and_shows_something():
    picture = tour_picture(SQUARE, [0, 1, 2, 3], size=(320, 200))
    assert (picture.shape, picture.dtype) == ((200, 320, 3), np.uint8)
    assert (picture[0, 0] == 255).all()
    assert (picture < 128).any()


def test_a_whole_tour_is_closed_and_a_partial_one_is_not():
    # the side from node 3 back to node 0 crosses the middle of the left edge
    assert (tour_picture(SQUARE, [0, 1, 2, 3])[250:350, :100] < 200).any()
    assert not (tour_picture(SQUARE, [0, 1, 2])[250:350, :100] < 200).any()


def test_a_longer_path_puts_more_ink_on_the_paper():
    ink = [int((tour_picture(SQUARE, range(length)) < 150).sum()) for length in range(5)]
    assert ink == sorted(set(ink))


def test_pictures_are_equal_each_time_and_the_current_node_shows():
    np.testing.assert_array_equal(tour_picture(SQUARE, [0, 1]), tour_picture(SQUARE, [0, 1]))
    assert (tour_picture(SQUARE, [0, 1]) != tour_picture(SQUARE, [0, 1], current=1)).any()


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.zeros((3, 2)), np.array([[0.0, 0.0], [0.0, 5.0]])])
def test_points_on_one_place_or_line_can_be_drawn(points):
    assert tour_picture(points, range(len(points)), labels=["$x_1"] * len(points)).shape == (600, 600, 3)


@pytest.mark.parametrize("extension", MAGIC)
def test_a_saved_picture_has_the_format_of_its_extension(tmp_path, extension):
    path = tmp_path / f"capitals{extension}"
    labels = [city.name for city in CAPITALS]
    save_picture(path, us_capitals(), BEST_KNOWN_CAPITALS_TOUR, title="48 capitals, $17 083 km$", labels=labels)
    assert path.read_bytes().startswith(MAGIC[extension])
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_another_extension_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(InstanceError, match=r"\.png, \.svg, \.pdf, got '.*tour\.jpg'"):
        save_picture(tmp_path / "tour.jpg", SQUARE, [0])
    with pytest.raises(InstanceError, match="cannot be written"):
        save_picture(tmp_path / "missing" / "tour.png", SQUARE, [0])


@pytest.mark.parametrize(("arguments", "message"), [
    ({"tour": [0, 4]}, "node 4"),
    ({"tour": [-1]}, "node -1"),
    ({"tour": [0], "current": 9}, "node 9"),
    ({"tour": [0], "size": (10**6, 10**6)}, "pixels"),
    ({"tour": [0], "labels": ["one"]}, "labels"),
])  # fmt: skip
def test_a_picture_of_what_is_not_there_is_an_error(arguments, message):
    with pytest.raises(InstanceError, match=message):
        tour_picture(SQUARE, **arguments)


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"mdpzoo-combinatorial\[render\]"):
        tour_picture(SQUARE, [0])


def test_importing_the_module_imports_no_matplotlib():
    code = f"import sys; sys.path[:] = {sys.path!r}; import mdpzoo_combinatorial.render as _"
    code += "; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
