"""Jumanji's environments: one compiled, vectorised step a call, and whole episodes in one compiled scan.

Its environment: ``python3 -m venv jumanji && jumanji/bin/pip install jumanji==1.1.2 jax==0.10.2``.

Chosen in its favour: actions lie on the device beforehand; dispatch is synchronous and random numbers are not
partitionable, both of which cost less CPU time; B = 1 is not vectorised. A scan cannot take actions from outside, and
its compiler may drop observations that nobody reads; so it stands beside the comparison, not in it.
"""

import worker  # first: it sets the number of threads  # isort: skip
from typing import Any

import jax
import jax.numpy as jnp
from jumanji.environments import CVRP, TSP, Knapsack
from jumanji.environments.packing.knapsack.generator import RandomGenerator
from jumanji.environments.routing.cvrp import generator as cvrp_generator
from jumanji.environments.routing.tsp import generator as tsp_generator

CAPACITY = {50: 40, 100: 50}  # of a CVRP's vehicle, as in the literature


def make(problem: str, size: int) -> Any:
    """An environment; None for problems that it has not."""
    if problem == "TSP":
        return TSP(tsp_generator.UniformGenerator(size))
    if problem == "CVRP":
        return CVRP(cvrp_generator.UniformGenerator(size, CAPACITY[size], 10))
    if problem == "Knapsack":
        return Knapsack(RandomGenerator(size, size / 4))
    return None


class Episodes:
    """B episodes of one environment."""

    def __init__(self, env: Any, batch: int) -> None:
        """Compiles, makes instances, and records one legal episode of each."""
        one = batch == 1
        act = env.step if one else jax.vmap(env.step)
        seeds = jax.random.split(jax.random.PRNGKey(0), batch)
        self.start = jax.jit(env.reset)(seeds[0]) if one else jax.jit(jax.vmap(env.reset))(seeds)
        self.key = jax.random.key(0)

        def draw(key: Any, mask: Any) -> tuple[Any, Any]:
            key, now = jax.random.split(key)
            return key, (jax.random.uniform(now, mask.shape) + mask).argmax(-1)

        def play(key: Any, state: Any, mask: Any) -> tuple[Any, Any, Any, Any]:
            key, action = draw(key, mask)
            return key, action, *act(state, action)

        self.step, self.play = jax.jit(act), jax.jit(play)
        self.actions = self._record()
        self.steps = batch * len(self.actions)
        stacked = jnp.stack(self.actions)

        def replayed(state: Any) -> Any:
            def body(state: Any, action: Any) -> Any:
                state, seen = act(state, action)
                return state, seen.reward

            return jax.lax.scan(body, state, stacked)

        def sampled(key: Any, state: Any, mask: Any) -> Any:
            def body(carry: Any, _: Any) -> Any:
                key, state, mask = carry
                key, _, state, seen = play(key, state, mask)
                return (key, state, seen.observation.action_mask), seen.reward

            return jax.lax.scan(body, (key, state, mask), length=len(stacked))

        self.replayed, self.sampled = jax.jit(replayed), jax.jit(sampled)

    def _record(self) -> list[Any]:
        key, (state, seen), actions = self.key, self.start, []
        while not actions or not bool(seen.last().all()):
            key, action, state, seen = self.play(key, state, seen.observation.action_mask)
            actions.append(action)
        return actions

    def begin(self) -> Any:
        """The start; states are immutable."""
        return self.start

    def replay(self, start: Any) -> int:
        """The recorded episodes, a call a step."""
        state, seen = start
        for action in self.actions:
            state, seen = self.step(state, action)
        jax.block_until_ready((state, seen))
        return self.steps

    def sample(self, start: Any) -> int:
        """As many steps, each action drawn in the same compiled call."""
        key, (state, seen) = self.key, start
        for _ in self.actions:
            key, _, state, seen = self.play(key, state, seen.observation.action_mask)
        jax.block_until_ready((state, seen))
        return self.steps

    def scan(self, start: Any) -> int:
        """The recorded episodes in one call."""
        jax.block_until_ready(self.replayed(start[0]))
        return self.steps

    def scan_sampling(self, start: Any) -> int:
        """As many steps in one call, each action drawn."""
        jax.block_until_ready(self.sampled(self.key, start[0], start[1].observation.action_mask))
        return self.steps


def prepare(problem: str, size: int, batch: int) -> worker.Plays:
    """The plays of a shape; none for problems that it has not."""
    env = make(problem, size)
    if env is None:
        return {}
    episodes = Episodes(env, batch)
    return {
        ("Jumanji", worker.ALONE): worker.Play(episodes.begin, episodes.replay),
        ("Jumanji", worker.SAMPLER): worker.Play(episodes.begin, episodes.sample),
        ("Jumanji, scanned", worker.ALONE): worker.Play(episodes.begin, episodes.scan),
        ("Jumanji, scanned", worker.SAMPLER): worker.Play(episodes.begin, episodes.scan_sampling),
    }


if __name__ == "__main__":
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    jax.config.update("jax_threefry_partitionable", False)
    worker.main("Jumanji", prepare)
