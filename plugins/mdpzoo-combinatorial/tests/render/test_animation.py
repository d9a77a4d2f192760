"""Animations of policies, and ``mdpzoo animate`` as a user runs it."""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import IllegalActionError, MissingExtraError, SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.render.animation import construct, encoder_of, frames_of, gif, mp4

Image = pytest.importorskip("PIL.Image", reason="animations need Pillow")
pytest.importorskip("matplotlib", reason="pictures need matplotlib")
PROBLEMS = ("TSP", "ATSP", "CVRP", "OP", "Knapsack")


class FirstLegal:
    """Plays the first action that is legal."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return observation["action_mask"].argmax(), state


class Last:
    """Plays the last action, legal or not."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.array(len(observation["action_mask"]) - 1), state


class Masked:
    """Like MaskablePPO: is told what is legal."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False, action_masks=None):
        return action_masks.argmax(), state


def made(problem, form="direct", policy=None, size=8):
    (instance,) = generate(problem, 1, size, 5)
    env = mdpzoo.make(f"mdpzoo/{problem}-v0", instance=instance, form=form)
    return construct(env, policy or FirstLegal(), instance)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_both_forms_construct_the_same_solution_part_by_part(problem):
    # the first legal action names the same token in both forms, since those left keep their order
    direct, path = made(problem), made(problem, "bq")
    assert [str(each) for each in direct.parts] == [str(each) for each in path.parts]
    assert direct.instance.objective(direct.solution) == path.instance.objective(path.solution)
    assert len(direct.parts) > 2


def test_the_parts_grow_by_one_node_each():
    parts = made("TSP").parts
    assert [len(each) for each in parts] == list(range(1, 9))
    assert all((after[:-1] == before).all() for before, after in zip(parts, parts[1:], strict=False))


def test_a_policy_that_asks_for_masks_is_told_them():
    assert [str(each) for each in made("CVRP", policy=Masked()).parts] == [str(each) for each in made("CVRP").parts]


def test_an_illegal_choice_is_an_error():
    with pytest.raises(IllegalActionError):
        made("CVRP", policy=Last())  # by way of the depot from the depot


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_gif_has_a_frame_for_each_choice_and_rests_at_the_end(problem):
    construction = made(problem)
    frames = frames_of(construction, 100, "title", side=200)
    assert len(frames) == len(construction.parts)
    assert len({each.tobytes() for each in frames}) == len(frames)
    shown = Image.open(io.BytesIO(gif(frames, seconds=0.8)))
    assert (shown.format, shown.size, shown.n_frames, shown.info["loop"]) == ("GIF", (200, 200), len(frames), 0)
    shown.seek(len(frames) - 1)
    assert shown.info["duration"] == 2_000
    assert shown.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert np.abs(np.asarray(shown.convert("RGB")).astype(int) - frames[-1]).mean() < 3


def test_of_many_choices_the_first_and_the_last_are_among_the_frames():
    construction = made("TSP", size=40)
    few, all_ = frames_of(construction, 5, side=100), frames_of(construction, 40, side=100)
    assert len(few) == 5
    np.testing.assert_array_equal(few[0], all_[0])
    np.testing.assert_array_equal(few[-1], all_[-1])
    with pytest.raises(SettingError, match="at least 2 frames, got 1"):
        frames_of(construction, 1)


def test_without_pillow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"mdpzoo-combinatorial\[render\]"):
        gif([np.zeros((50, 50, 3), np.uint8)])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # imageio-ffmpeg leaves pipes open
def test_a_film_has_the_frames_size_and_rests_at_the_end():
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    frames = frames_of(made("TSP", size=10), 10, side=101)  # H.264 takes even sides only
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        path.write_bytes(mp4(frames, seconds=5.0))
        told = next(reader := imageio_ffmpeg.read_frames(path))
        shown = [np.frombuffer(each, np.uint8).reshape(100, 100, 3) for each in reader]
    assert told["size"] == (100, 100)
    assert len(shown) == len(frames) + 4  # 500 milliseconds each, and two seconds more of the last
    assert np.abs(shown[-1].astype(int) - frames[-1][:100, :100]).mean() < 6


def test_without_ffmpeg_the_error_names_the_extra_before_anything_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError, match=r"mdpzoo-combinatorial\[video\]', or write a .gif"):
        encoder_of(Path("tour.mp4"))


def frames_in(path):
    with Image.open(path) as shown:
        return shown.n_frames


def mdpzoo_animate(*arguments):
    command = [sys.executable, "-m", "mdpzoo", "animate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_the_command_writes_a_gif_of_a_file_and_one_json_object(tmp_path):
    path, out = tmp_path / "items.txt", tmp_path / "solution.gif"
    path.write_text("3\n0 6 3\n1 5 2\n2 4 2\n4\n")
    done = mdpzoo_animate(path, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    # 5 / 2 is the best ratio, then 6 / 3 no longer fits: items 1 and 2
    assert (told["problem"], told["agent"], told["objective"], told["choices"]) == ("Knapsack", "greedy-ratio", 9, 2)
    assert (told["frames"], told["bytes"]) == (3, out.stat().st_size)
    assert frames_in(out) == 3
    assert sorted(each.name for each in tmp_path.iterdir()) == ["items.txt", "solution.gif"]


def test_an_agent_that_comes_trained_solves_a_random_instance(tmp_path):
    out = tmp_path / "tour.gif"
    arguments = ["--agent", "bq-nco", "--form", "bq", "--size", 12, "--seed", 3, "--frames", 4, "--out", out]
    done = mdpzoo_animate("mdpzoo/TSP-v0", *arguments)
    assert done.returncode == 0, done.stderr
    assert "by bq-nco, 11 choices in 4 frames" in done.stdout
    assert frames_in(out) == 4


@pytest.mark.parametrize(("arguments", "named"), [
    (["mdpzoo/TPS-v0", "--out", "a.gif"], "Did you mean 'mdpzoo/TSP-v0'"),
    (["missing.tsp", "--out", "a.gif"], "missing.tsp"),
    (["missing.tsp", "--size", "9", "--out", "a.gif"], "leave --size out"),
    (["mdpzoo/TSP-v0", "--out", "a.png"], "must end in .gif or .mp4, got 'a.png'"),
    (["mdpzoo/TSP-v0", "--out", "no/such/folder/a.gif"], "no folder"),
    (["mdpzoo/TSP-v0", "--agent", "bq-noc", "--out", "a.gif"], "Did you mean 'bq-nco'"),
    (["mdpzoo/Knapsack-v0", "--agent", "nearest-neighbour", "--out", "a.gif"], "'distance'"),
])  # fmt: skip
def test_what_cannot_be_animated_is_one_sentence_and_exit_code_2(tmp_path, monkeypatch, capsys, arguments, named):
    from mdpzoo.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["mdpzoo", "animate", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (2, "")
    assert named in told.err
    assert "Traceback" not in told.err
    assert not list(tmp_path.iterdir())
