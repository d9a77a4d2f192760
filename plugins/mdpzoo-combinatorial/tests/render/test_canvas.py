"""Sizes, widths and numbers of pictures."""

import numpy as np
import pytest

from mdpzoo_combinatorial.render.canvas import POINTS, Canvas, dot_size, fit_to_box, number

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (7.0, "7"),
        (0.123456, "0.123"),
        (12.345, "12.3"),
        (999.4, "999"),
        (999.7, "1,000"),  # three digits would make it 1e+03
        (1_234.56, "1,235"),
        (-2_500_000.0, "-2,500,000"),
        (1e12, "1e+12"),
    ],
)
def test_numbers_of_captions_have_three_digits_and_no_exponent_unless_they_are_very_large(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("count", "pixels"),
    [
        (1, 5.0),  # at most
        (100, 4.5),  # 45 / sqrt(100)
        (400, 2.25),
        (10_000, 1.2),  # at least, or dots would vanish
    ],
)
def test_dots_shrink_with_the_root_of_their_number(count, pixels):
    assert dot_size(count) * POINTS == pytest.approx(pixels)


@pytest.mark.parametrize(
    ("size", "width", "pixels"),
    [
        ((600, 600), 3.0, 3.0),
        ((1200, 2000), 3.0, 6.0),  # the shorter side counts
        ((60, 60), 3.0, 0.5),  # at least half a pixel
    ],
)
def test_lines_grow_with_the_picture_and_never_vanish(size, width, pixels):
    canvas = Canvas(size)
    canvas.lines([np.array([[0.0, 0.0], [9.0, 9.0]])], "black", width)
    assert canvas._figure.get_children()[-1].get_linewidths() == pytest.approx([pixels * POINTS])


def test_a_layout_fills_the_box_in_one_direction_and_keeps_its_shape():
    points = fit_to_box(np.array([[0.0, 0.0], [4.0, 1.0]]), (10.0, 0.0, 110.0, 100.0))
    assert points.tolist() == [[10.0, 37.5], [110.0, 62.5]]  # 100 wide, 25 high, in the middle
