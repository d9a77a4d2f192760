import numpy as np
import pytest
import torch
from gymnasium import spaces
from sb3_contrib import MaskablePPO
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import SettingError
from mdpzoo.specs import AgentSpec
from mdpzoo_combinatorial.attention import AttentionExtractor, AttentionPolicy, MaskableAttentionPolicy
from mdpzoo_combinatorial.attention.agent import attention_ppo
from mdpzoo_combinatorial.attention.extractor import _slots
from mdpzoo_combinatorial.attention.tokens import Layout

SIZES = {"TSP": "num_nodes", "ATSP": "num_nodes", "CVRP": "num_customers", "OP": "num_customers"}
SIZES |= {"Knapsack": "num_items"}
EVERY = [(problem, form) for problem in SIZES for form in ("direct", "bq")]
SMALL = {"features_extractor_kwargs": {"width": 32, "layers": 1, "heads": 2}}

APART = {"share_features_extractor": False}  # an extractor for the actor and one for the critic


def envs(problem, form="direct", rows=4, size=7):
    return mdpzoo.make_sb3(f"mdpzoo/{problem}-v0", rows, form=form, **{SIZES[problem]: size})


def single(problem, form="direct", size=7):
    return mdpzoo.make(f"mdpzoo/{problem}-v0", form=form, **{SIZES[problem]: size})


def seen(made, steps=0):
    """Observations after some legal steps, the first legal action each."""
    made.seed(3)
    observation = made.reset()
    for _ in range(steps):
        observation, *_ = made.step(observation["action_mask"].argmax(1))
    return observation


def policy(made, kind=AttentionPolicy, **settings):
    torch.manual_seed(0)
    return kind(made.observation_space, made.action_space, lambda _: 1e-3, **(SMALL | settings))


def law(made, network, observation):
    return network.get_distribution(network.obs_to_tensor(observation)[0]).distribution.probs.detach()


@pytest.mark.parametrize(("problem", "form"), EVERY)
def test_every_observation_of_ours_is_read_whatever_is_in_it(problem, form):
    made = envs(problem, form)
    layout = Layout(made.observation_space)
    extractor = AttentionExtractor(made.observation_space, width=32, layers=2, heads=2)
    network = policy(made)
    for steps in (0, 3):
        observation = seen(made, steps)
        tensors, _ = network.obs_to_tensor(observation)
        batch = {name: part.float() for name, part in tensors.items()}
        if layout.current:
            batch[layout.current] = torch.eye(layout.tokens)[tensors[layout.current]]
        tokens = layout.read(batch)
        assert tokens.features.shape == (4, layout.tokens, layout.features)
        assert layout.tokens * layout.variants == made.action_space.n
        found = extractor(batch)
        assert found.shape == (4, extractor.features_dim)
        assert torch.isfinite(found).all()


@pytest.mark.parametrize("problem", ["TSP", "CVRP", "OP", "Knapsack"])
def test_names_of_tokens_do_not_matter_but_the_first(problem):
    made = envs(problem)
    observation, network = seen(made, 2), policy(made)
    tokens = Layout(made.observation_space).tokens
    first = int("current" in observation)
    order = np.concatenate([np.arange(first), first + np.random.default_rng(0).permutation(tokens - first)])
    turned = {}
    for name, part in observation.items():
        if name == "current":
            turned[name] = np.argsort(order)[part]
        elif name == "action_mask":
            turned[name] = part.reshape(4, tokens, -1)[:, order].reshape(4, -1)
        else:
            turned[name] = part[:, order] if part.shape[1] == tokens else part
    expected = law(made, network, observation).unflatten(1, (tokens, -1))[:, order].flatten(1)
    torch.testing.assert_close(law(made, network, turned), expected)


@pytest.mark.parametrize(("problem", "form"), [("TSP", "direct"), ("TSP", "bq"), ("CVRP", "bq"), ("Knapsack", "bq")])
def test_what_is_visited_or_padding_changes_nothing(problem, form):
    made = envs(problem, form)
    observation, network = seen(made, 3), policy(made)
    mask = observation["action_mask"]
    tokens = Layout(made.observation_space).tokens
    kept = observation["valid"] if form == "bq" else mask | (np.arange(tokens) == observation["current"][:, None])
    if form == "direct":
        kept[:, 0] = True
    assert not kept.all()
    changed = {
        name: np.where(kept.reshape(4, tokens, *[1] * (part.ndim - 2)), part, np.float32(0.3))
        if part.dtype == np.float32 and part.shape[1] == tokens
        else part
        for name, part in observation.items()
    }
    torch.testing.assert_close(law(made, network, changed), law(made, network, observation))


def test_costs_between_tokens_reach_the_scores():
    made = envs("ATSP")
    observation, network = seen(made), policy(made)
    before = law(made, network, observation)
    observation["costs"] = observation["costs"].copy()
    observation["costs"][:, 3, 4] += 1.0  # neither is the current node, so no distance shows it
    assert (law(made, network, observation) - before).abs().max() > 1e-6


@pytest.mark.parametrize(("problem", "form"), EVERY)
@pytest.mark.parametrize("kind", [AttentionPolicy, MaskableAttentionPolicy])
def test_predictions_are_legal_without_being_told_the_masks(problem, form, kind):
    made = single(problem, form)  # raises at an illegal action
    algorithm = PPO if kind is AttentionPolicy else MaskablePPO
    agent = algorithm(kind, made, policy_kwargs=SMALL, seed=0, device="cpu")
    evaluate_policy(agent, made, n_eval_episodes=2, deterministic=False, warn=False)


@pytest.mark.parametrize("kind", [AttentionPolicy, MaskableAttentionPolicy])
def test_forward_evaluation_and_distribution_agree_on_one_masked_law(kind):
    made = envs("CVRP")
    network = policy(made, kind)
    observation, _ = network.obs_to_tensor(seen(made, 2))
    actions, values, logs = network(observation)
    found = network.get_distribution(observation).distribution
    again, evaluated, entropy = network.evaluate_actions(observation, actions)
    assert found.probs[~observation["action_mask"]].abs().max() == 0
    torch.testing.assert_close(logs, evaluated)
    torch.testing.assert_close(logs, found.log_prob(actions))
    torch.testing.assert_close(values, again)
    torch.testing.assert_close(values, network.predict_values(observation))
    (values.sum() + logs.sum() + entropy.sum()).backward()
    assert all(torch.isfinite(each.grad).all() for each in network.parameters() if each.grad is not None)


def test_an_observation_that_allows_nothing_leaves_every_action_possible():
    made = envs("Knapsack")
    observation = seen(made)
    observation["action_mask"] = np.zeros_like(observation["action_mask"])
    found = law(made, policy(made), observation)
    assert torch.isfinite(found).all()
    assert (found > 0).all()


@pytest.mark.parametrize(
    ("algorithm", "kind", "settings"),
    [
        (PPO, AttentionPolicy, {"batch_size": 32, "n_epochs": 1}),
        (A2C, AttentionPolicy, {}),
        (MaskablePPO, MaskableAttentionPolicy, {"batch_size": 32, "n_epochs": 1}),
        (
            MaskablePPO,
            MaskableAttentionPolicy,
            {"batch_size": 32, "policy_kwargs": {"share_features_extractor": False}},
        ),
        (
            MaskablePPO,  # an ordinary script: dense layers over the extractor's features
            "MultiInputPolicy",
            {"batch_size": 32, "policy_kwargs": {"features_extractor_class": AttentionExtractor}},
        ),
    ],
)
def test_an_ordinary_script_trains_saves_and_loads(algorithm, kind, settings, tmp_path):
    made = envs("TSP")
    agent = algorithm(kind, made, n_steps=16, seed=0, device="cpu", **settings).learn(64)
    agent.save(tmp_path / "agent")
    loaded = algorithm.load(tmp_path / "agent", env=made, device="cpu")
    assert type(loaded.policy) is type(agent.policy)
    observation = seen(made, 2)
    masks = {"action_masks": observation["action_mask"]} if algorithm is MaskablePPO else {}
    np.testing.assert_array_equal(
        loaded.predict(observation, deterministic=True, **masks)[0],
        agent.predict(observation, deterministic=True, **masks)[0],
    )


@pytest.mark.parametrize("form", ["direct", "bq"])
def test_the_agent_comes_back_from_load_agent_and_nothing_is_unpickled(form, tmp_path, monkeypatch):
    spec = AgentSpec(id="attention-ppo", build="mdpzoo_combinatorial.attention.agent:attention_ppo", summary="")
    monkeypatch.setitem(registry._agents, "attention-ppo", spec)
    sizes = {"width": 32, "layers": 1, "heads": 2}
    made = envs("CVRP", form)
    agent = mdpzoo.make_agent("attention-ppo", made, seed=0, n_steps=16, batch_size=32, n_epochs=1, **sizes).learn(64)
    agent.save(tmp_path / "agent.zip")
    loaded = mdpzoo.load_agent(tmp_path / "agent.zip")
    observation = seen(made, 2)
    torch.testing.assert_close(law(made, loaded.policy, observation), law(made, agent.policy, observation))


def test_attention_learns_in_seconds_what_a_random_tour_is_far_from():
    made = envs("TSP", rows=64, size=10)
    chance = evaluate_policy(mdpzoo.make_agent("random", made, seed=0), made, 256)[0]
    settings = {"n_steps": 9, "batch_size": 192, "n_epochs": 4, "learning_rate": 3e-3, "gamma": 1.0}
    agent = attention_ppo(made, width=32, layers=1, heads=2, seed=0, **settings).learn(64 * 9 * 15)
    assert evaluate_policy(agent, made, 256)[0] > 0.8 * chance  # returns are negative: tours a fifth shorter


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 31}, "width must be a multiple of heads"),
        ({"width": 16, "heads": 4}, "over 4 times as large, got width 16, heads 4"),  # two coordinates, plus two
        ({"layers": 0}, r"layers must lie in 1\.\.4096, got 0"),
        ({"heads": True}, "heads must be an integer"),
        ({"widht": 64}, "unknown setting 'widht' of attention-ppo. Did you mean 'width'"),
        ({"n_epochs": "3"}, "n_epochs"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_a_sentence(settings, message):
    with pytest.raises(SettingError, match=message):
        attention_ppo(single("TSP"), **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"net_arch": [64]}, "has no dense layers"),
        ({"features_extractor_class": torch.nn.Module}, "needs an AttentionExtractor, got Module"),
    ],
)
def test_an_attention_policy_refuses_what_it_would_not_use(settings, message):
    made = envs("TSP")
    with pytest.raises(SettingError, match=message):
        policy(made, **settings)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (spaces.Box(0, 1, (3,)), "attention needs a Dict observation with the entry 'action_mask'"),
        (spaces.Dict({"x": spaces.Box(0, 1, (3,))}), "attention needs a Dict observation"),
        (
            spaces.Dict({"x": spaces.Box(0, 1, (3,)), "action_mask": spaces.MultiBinary(4)}),
            "'action_mask' has 4 entries, which is not a multiple of 3 tokens",
        ),
        (
            spaces.Dict({"x": spaces.Box(0, 1, (4, 2, 2)), "action_mask": spaces.MultiBinary(4)}),
            r"observation entry 'x' has shape \(4, 2, 2\), which does not fit 4 tokens",
        ),
    ],
)
def test_an_observation_that_has_no_tokens_is_refused(space, message):
    with pytest.raises(SettingError, match=message):
        AttentionExtractor(space)


def test_products_of_slots_are_squared_distances_times_the_attended_tokens():
    coordinates = torch.rand(3, 7, 2, generator=torch.Generator().manual_seed(0))
    keys = torch.arange(7) < torch.tensor([[7], [4], [1]])
    query, key = _slots(coordinates, keys)
    squares = torch.cdist(coordinates, coordinates) ** 2
    expected = -keys.sum(1).view(3, 1, 1) * squares
    assert torch.allclose((query @ key.transpose(2, 3))[:, 0], expected, atol=1e-5)
