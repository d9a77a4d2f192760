"""Pictures of tokens: where cells, signs and ends of turns are."""

import numpy as np

from mdpzoo_token.environments.token_table import BLANK, CELL, FONT, INK, PROMPT, WRITTEN, draw_table


def cell(picture, row, column):
    return picture[row * CELL + 1 : (row + 1) * CELL, column * CELL + 1 : (column + 1) * CELL]


def colours(picture):
    return {tuple(each) for each in picture.reshape(-1, 3).tolist()}


def test_a_picture_has_a_row_of_prompts_above_the_cells_of_the_tokens():
    picture = draw_table(["7"], ["1", "2"], 4, 4)
    assert picture.shape == (2 * CELL + 1, 4 * CELL + 1, 3)
    assert picture.dtype == np.uint8
    assert colours(cell(picture, 0, 0)) == {PROMPT, INK}
    assert colours(cell(picture, 0, 1)) == {(255, 255, 255)}
    assert colours(cell(picture, 1, 1)) == {WRITTEN, INK}
    assert colours(cell(picture, 1, 2)) == {BLANK}


def test_a_wider_line_stands_after_each_turn():
    picture = draw_table(["7"], [], 6, 2)
    ends = [column for column in range(1, 6) if (picture[CELL + 1 :, column * CELL] == INK).all()]
    assert ends == [2, 4]


def test_signs_differ_and_unknown_ones_have_one_of_their_own():
    def drawn(sign):
        return cell(draw_table([sign], [], 1, 1), 0, 0).tobytes()

    assert len({drawn(sign) for sign in FONT}) == len(FONT)
    assert drawn("?") == drawn("#")
    assert drawn("12") != drawn("21")
    assert drawn("1234") == drawn("123")  # three signs at most


def test_a_prompt_longer_than_the_tokens_widens_the_picture():
    assert draw_table(list("12345"), ["1"], 2, 2).shape[1] == 5 * CELL + 1
