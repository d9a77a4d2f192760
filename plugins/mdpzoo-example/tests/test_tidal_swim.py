import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.shells.batched_vector import autoreset
from mdpzoo.interop.shells.infos import facts_of, row_facts
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo_example.rivers import river_swim
from mdpzoo_example.tidal_swim import TidalState, TidalSwim, both_rivers

ID = "mdpzoo/TidalSwim-v0"
STEPS, LIMIT = 10_000, 50  # 200 episodes
ACTIONS = np.random.default_rng(0).integers(2, size=STEPS)


@pytest.fixture(scope="module")
def trajectory():
    """Positions, rewards and clocks of one long life, and each episode's start."""
    env = mdpzoo.make(ID, period=37, max_episode_steps=LIMIT, reveal="always")
    seen, info = env.reset(seed=5)
    events = [(seen, info["clock"])]
    for action in ACTIONS:
        seen, reward, _, truncated, info = env.step(action)
        events.append((seen, reward, info["clock"], info["phase"]))
        if truncated:
            seen, info = env.reset()
            events.append((seen, info["clock"]))
    return events


def test_the_clock_runs_on_through_resets_and_a_seed_starts_it_again(trajectory):
    starts = [event[1] for event in trajectory if len(event) == 2]
    assert starts == list(range(0, STEPS + 1, LIMIT))
    env = mdpzoo.make(ID, reveal="always")
    env.reset(seed=0)
    env.step(1)
    assert env.reset()[1]["clock"] == 1
    assert env.reset(seed=0)[1]["clock"] == 0


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("output", ["numpy", "torch"])
@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
def test_a_vector_environments_row_lives_the_same_life(trajectory, mode, output, dense):
    settings = {"max_episode_steps": LIMIT, "reveal": "always", "output": output}
    if dense:
        envs = TensorVectorEnv(TidalSwim(period=37).batched(), 3, autoreset_mode=autoreset(mode), **settings)
    else:
        envs = mdpzoo.make_vec(ID, 3, period=37, autoreset_mode=mode, **settings)
    seen, infos = envs.reset(seed=3)  # row 2 has seed 5
    events = [(int(seen[2]), row_facts(infos, 2)["clock"])]
    for action in ACTIONS:
        seen, rewards, _, truncated, infos = envs.step(np.full(3, action))
        ended = bool(truncated[2])
        last, shown = (infos["final_info"], infos["final_obs"]) if ended and mode == "same_step" else (infos, seen)
        facts = row_facts(last, 2)
        events.append((int(shown[2]), float(rewards[2]), facts["clock"], facts["phase"]))
        if ended and mode == "next_step":
            seen, _, _, _, infos = envs.step(np.full(3, action))
        if ended and mode == "disabled":
            seen, infos = envs.reset(options={"reset_mask": np.ones(3, bool)})
        if ended:
            events.append((int(seen[2]), row_facts(infos, 2)["clock"]))
    assert events == trajectory


def test_a_row_of_sb3s_environment_lives_the_same_life(trajectory):
    envs = mdpzoo.make_sb3(ID, 3, period=37, max_episode_steps=LIMIT, reveal="always")
    envs.seed(3)
    seen = envs.reset()
    events = [(int(seen[2]), envs.reset_infos[2]["clock"])]
    for action in ACTIONS:
        seen, rewards, dones, infos = envs.step(np.full(3, action))
        shown = infos[2]["terminal_observation"] if dones[2] else seen[2]
        events.append((int(shown), float(rewards[2]), infos[2]["clock"], infos[2]["phase"]))
        if dones[2]:
            assert infos[2]["TimeLimit.truncated"]
            events.append((int(seen[2]), envs.reset_infos[2]["clock"]))
    rounded = [(each[0], float(np.float32(each[1])), *each[2:]) if len(each) == 4 else each for each in trajectory]
    assert events == rounded


@pytest.mark.parametrize("reveal", ["never", "end"])
def test_the_label_comes_once_an_episode_or_never(reveal):
    env = mdpzoo.make(ID, max_episode_steps=7, reveal=reveal)
    env.reset(seed=0)
    for step in range(1, 50):
        _, _, _, truncated, info = env.step(1)
        assert facts_of(info) == ({"clock": step, "phase": 0} if truncated and reveal == "end" else {})
        if truncated:
            assert env.reset()[1] == {}


def test_gymnasium_itself_gives_the_label_at_the_registered_limit():
    import gymnasium

    env = gymnasium.make(f"mdpzoo:{ID}", reveal="end")
    env.reset(seed=0)
    infos = [env.step(1)[4] for _ in range(200)]
    assert infos == [{}] * 199 + [{"clock": 200, "phase": 0}]


@pytest.mark.parametrize(
    ("clock", "phase", "best"),
    [
        (0, 0, 5),
        (999, 0, 5),  # the last step of low tide
        (1000, 1, 0),  # the first of high tide
        (1999, 1, 0),
        (2000, 0, 5),
    ],
)
def test_the_large_reward_changes_banks_exactly_with_the_tide(clock, phase, best):
    tide = TidalSwim()
    assert tide.reveal(TidalState(3, clock)) == {"clock": clock, "phase": phase}
    paid = [
        max(tide.step(TidalState(place, clock), action, lambda: 0.99)[1] for action in (0, 1)) for place in range(6)
    ]
    assert int(np.argmax(paid)) == best


def test_high_tide_is_the_mirror_image_of_low_tide():
    low, (joint, rewards) = river_swim(5), both_rivers(5).to_arrays()
    transitions, paid = low.to_arrays()
    for place in range(5):
        for action in (0, 1):
            np.testing.assert_array_equal(joint[9 - place, 1 - action, 9:4:-1], transitions[place, action])
            np.testing.assert_array_equal(rewards[9 - place, 1 - action, 9:4:-1], paid[place, action])


@pytest.mark.parametrize("settings", [{"period": 0}, {"length": 1}])
def test_numbers_out_of_range_are_named(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must (be at least|lie in)"):
        TidalSwim(**settings)


def test_an_action_that_there_is_not_is_refused():
    env = mdpzoo.make(ID)
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match=r"action must lie in 0\.\.1, got 2"):
        env.step(2)


@pytest.mark.parametrize("dense", [False, True])
def test_a_seed_starts_the_clock_of_the_rows_that_it_resets_and_of_no_others(dense):
    settings = {"reveal": "always", "max_episode_steps": 50}
    if dense:
        envs = TensorVectorEnv(TidalSwim().batched(), 3, autoreset_mode=autoreset("disabled"), **settings)
    else:
        envs = mdpzoo.make_vec(ID, 3, autoreset_mode="disabled", **settings)
    envs.reset(seed=0)
    for _ in range(4):
        envs.step(np.ones(3, int))
    _, infos = envs.reset(seed=[7, None, None], options={"reset_mask": np.array([True, True, False])})
    assert [row_facts(infos, row).get("clock") for row in range(3)] == [0, 4, None]
    _, infos = envs.reset(seed=[None, 8, None])
    assert infos["clock"].tolist() == [0, 0, 4]
