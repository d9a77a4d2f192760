"""Pictures of instances, solutions and environments' states."""

import subprocess
import sys
import time

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import InstanceError, MissingExtraError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, KnapsackInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.instances.cities import BEST_KNOWN_CAPITALS_TOUR, CAPITALS, us_capitals
from mdpzoo_combinatorial.render import picture, save_picture, tour_picture
from mdpzoo_combinatorial.render.canvas import CURRENT, EMPTY, LINE, ROUTES, START, UNVISITED

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
IDS = ["mdpzoo/TSP-v0", "mdpzoo/ATSP-v0", "mdpzoo/CVRP-v0", "mdpzoo/OP-v0", "mdpzoo/Knapsack-v0"]

SOLVED = {  # a small instance of each problem and a solution
    "TSP": (TSPInstance("square", SQUARE), [0, 1, 2, 3]),
    "ATSP": (ATSPInstance("turn", [[0, 1, 9], [9, 0, 1], [1, 9, 0]]), [0, 1, 2]),
    "CVRP": (CVRPInstance("corners", [0, 1, 2, 3], 4, SQUARE), [[1, 2], [3]]),
    "OP": (OPInstance("prizes", [0, 1, 2, 3], 3.5, SQUARE), [0, 1, 2]),
    "Knapsack": (KnapsackInstance("items", [6, 5, 4], [3, 2, 2], 4), [1, 2]),
}


def pixels_of(image, colour):
    """How many pixels have exactly the colour."""
    return int((image == np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)).all(2).sum())


def test_a_picture_has_the_size_asked_for_and_shows_something():
    shown = tour_picture(SQUARE, [0, 1, 2, 3], size=(320, 200))
    assert (shown.shape, shown.dtype) == ((200, 320, 3), np.uint8)
    assert (shown[0, 0] == 255).all()
    assert (shown < 128).any()


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


@pytest.mark.parametrize("points", [
    np.zeros((1, 2)),
    np.zeros((3, 2)),
    np.array([[0.0, 0.0], [0.0, 5.0]]),
    np.array([[0.0, 1e300], [-1e300, 0.0]]),  # whose distance overflows when squared
])  # fmt: skip
def test_points_on_one_place_or_line_or_far_away_can_be_drawn(points):
    assert tour_picture(points, range(len(points)), labels=["$x_1"] * len(points)).shape == (600, 600, 3)


@pytest.mark.parametrize("problem", SOLVED)
def test_points_on_one_place_can_be_drawn_for_every_problem(problem):
    instance, solution = SOLVED[problem]
    if problem != "Knapsack":
        assert picture(instance, solution, layout=np.zeros((instance.num_nodes, 2))).shape == (600, 600, 3)


@pytest.mark.parametrize("extension", MAGIC)
def test_a_saved_picture_has_the_format_of_its_extension(tmp_path, extension):
    path = tmp_path / f"capitals{extension}"
    labels = [city.name for city in CAPITALS]
    save_picture(path, us_capitals(), BEST_KNOWN_CAPITALS_TOUR, title="48 capitals, $17 083 km$", labels=labels)
    assert path.read_bytes().startswith(MAGIC[extension])
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("problem", SOLVED)
@pytest.mark.parametrize("title", [None, r"$\frac{x$ \\ ^_{", "x" * 500, "two\nlines", "東京"])
def test_every_problem_is_drawn_and_saved_under_any_title(tmp_path, problem, title):
    instance, solution = SOLVED[problem]
    save_picture(tmp_path / "picture.png", instance, solution, title=title, size=(300, 200))
    assert (tmp_path / "picture.png").read_bytes().startswith(MAGIC[".png"])
    assert (picture(instance, solution, size=(300, 200)) < 200).any()


def test_another_extension_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(InstanceError, match=r"\.png, \.svg, \.pdf, got '.*tour\.jpg'"):
        save_picture(tmp_path / "tour.jpg", SQUARE, [0])
    with pytest.raises(InstanceError, match="cannot be written"):
        save_picture(tmp_path / "missing" / "tour.png", SQUARE, [0])


@pytest.mark.parametrize(("arguments", "message"), [
    ({"tour": [0, 4]}, "node 4"),
    ({"tour": [-1]}, "node -1"),
    ({"tour": [0], "current": 9}, "node 9"),
    ({"tour": [0], "size": (10**6, 10**6)}, "width and height"),
    ({"tour": [0], "labels": ["one"]}, "labels"),
])  # fmt: skip
def test_a_picture_of_what_is_not_there_is_an_error(arguments, message):
    with pytest.raises(InstanceError, match=message):
        tour_picture(SQUARE, **arguments)


@pytest.mark.parametrize(("problem", "solution", "message"), [
    ("CVRP", [[1, 2, 3]], "loads 6, more than the capacity 4"),
    ("OP", [1, 2], "must begin at the depot"),
    ("Knapsack", [3], "item 3"),
    ("TSP", [0, 7], "node 7"),
])  # fmt: skip
def test_a_picture_of_what_is_no_solution_is_an_error(problem, solution, message):
    with pytest.raises(InstanceError, match=message):
        picture(SOLVED[problem][0], solution)


def test_a_current_node_is_for_tours_and_labels_are_for_nodes(tmp_path):
    with pytest.raises(InstanceError, match="for tours, not for CVRP; leave it out"):
        save_picture(tmp_path / "routes.png", *SOLVED["CVRP"], current=1)
    with pytest.raises(InstanceError, match="a knapsack has no nodes; leave them out"):
        save_picture(tmp_path / "items.png", *SOLVED["Knapsack"], labels=["a"] * 3)


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"mdpzoo-combinatorial\[render\]"):
        tour_picture(SQUARE, [0])


def test_importing_the_module_imports_no_matplotlib():
    code = f"import sys; sys.path[:] = {sys.path!r}; import mdpzoo_combinatorial.render as _"
    code += "; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_each_route_has_its_colour_and_a_column_as_high_as_its_load():
    instance, _ = SOLVED["CVRP"]
    shown = picture(instance, [[1, 2], [3]], complete=False, arranged=False)
    columns = shown[600 - 96 : 600 - 36]  # where the vehicles' columns are, 60 pixels high
    heights = [np.unique(np.argwhere((columns == rgb(colour)).all(2))[:, 0]).size for colour in ROUTES[:3]]
    assert heights == [45, 45, 0]  # both carry 3 of 4; there is no third route
    assert pixels_of(columns, EMPTY) > 0


def rgb(colour):
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)


def test_the_budget_bar_is_filled_by_the_share_that_the_tour_takes():
    instance = OPInstance("there and back", [0, 1, 5], 4.0, [[0, 0], [1, 0], [9, 0]])
    bar = picture(instance, [0, 1])[600 - 45]
    used, left = (int((bar == rgb(colour)).all(1).sum()) for colour in (LINE, EMPTY))
    assert used == pytest.approx(left, abs=2)  # 2 of 4


def test_what_is_taken_fills_the_knapsack_and_what_is_left_is_grey():
    instance, _ = SOLVED["Knapsack"]
    empty, half, full = (picture(instance, items) for items in ([], [1], [1, 2]))
    assert pixels_of(full[:150], EMPTY) <= 60  # the line between the two items
    assert pixels_of(half[:150], EMPTY) / pixels_of(empty[:150], EMPTY) == pytest.approx(0.5, abs=0.01)  # 2 of 4
    assert pixels_of(empty, UNVISITED) > pixels_of(half, UNVISITED) > pixels_of(full, UNVISITED) > 0


def test_arrows_tell_a_tour_from_its_reverse():
    instance, _ = SOLVED["ATSP"]
    assert (picture(instance, [0, 1, 2]) != picture(instance, [0, 2, 1])).any()
    square, _ = SOLVED["TSP"]
    assert (picture(square, [0, 1, 2, 3]) == picture(square, [0, 3, 2, 1])).mean() > 0.999  # but for rounding


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("id", IDS)
def test_every_state_of_every_environment_has_a_picture_of_its_own(id, form):
    env = mdpzoo.make(id, form=form, render_mode="rgb_array")
    env.reset(seed=0)
    env.action_space.seed(0)
    before, ended = env.render(), False
    while not ended:
        _, _, ended, _, _ = env.step(env.action_space.sample())
        after = env.render()
        assert (after.shape, after.dtype) == ((600, 600, 3), np.uint8)
        assert (after != before).any()
        before = after


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("form", ["direct", "bq"])
def test_the_compiled_and_the_tensors_side_draw_the_same(id, form):
    shown = []
    for made in (
        mdpzoo.make_vec(id, 2, form=form, render_mode="rgb_array", output=each) for each in ("numpy", "torch")
    ):
        made.reset(seed=[3, 4])
        shown.append(made.render())
    np.testing.assert_array_equal(shown[0], shown[1])
    assert (shown[0][0] != shown[0][1]).any()


@pytest.mark.parametrize("id", IDS[:4])
def test_the_quotiented_form_marks_origin_and_destination(id):
    env = mdpzoo.make(id, form="bq", render_mode="rgb_array")
    env.reset(seed=1)
    env.step(env.action_space.sample())
    shown = env.render()[:540]  # above the legend
    assert pixels_of(shown, START) > 30
    assert pixels_of(shown, CURRENT) > 30


@pytest.mark.parametrize("problem", SOLVED)
@pytest.mark.parametrize("form", ["direct", "bq"])
def test_an_environment_of_one_instance_is_drawn(problem, form):
    env = mdpzoo.make(f"mdpzoo/{problem}-v0", instance=SOLVED[problem][0], form=form, render_mode="rgb_array")
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert (env.render() < 200).any()


@pytest.mark.filterwarnings("ignore:.*HumanRendering wrapper is being applied")  # Gymnasium says that it shows it
@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("id", IDS)
def test_in_human_mode_a_window_shows_the_picture(monkeypatch, id, form):
    pygame = pytest.importorskip("pygame", reason="windows need pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")  # SDL's own driver for machines without a screen
    env = mdpzoo.make(id, form=form, render_mode="human")
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert env.render() is None
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
    assert (shown == env.unwrapped.render()).all()
    env.close()


@pytest.mark.parametrize(("problem", "size", "solution"), [
    ("TSP", 1_000, range(1_000)),
    ("CVRP", 1_000, [[6 * route + stop for stop in range(1, 7) if 6 * route + stop <= 1_000] for route in range(167)]),
    ("Knapsack", 10_000, range(100)),
])  # fmt: skip
def test_large_pictures_take_less_than_half_a_second_of_a_core(problem, size, solution):
    (instance,) = generate(problem, 1, size, 0)
    picture(*SOLVED[problem])  # fonts
    began = time.process_time()
    assert picture(instance, list(solution)).shape == (600, 600, 3)
    assert time.process_time() - began < 0.5
