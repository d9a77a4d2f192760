"""One factory for every algorithm: it checks the settings, picks the policy by the observation and builds the agent."""

import inspect
from dataclasses import dataclass
from typing import Any

from gymnasium import spaces
from stable_baselines3.common.preprocessing import is_image_space

from mdpzoo.codes import load
from mdpzoo.errors import MdpzooError, SettingError, did_you_mean
from mdpzoo.interop.fixed import FixedAgent
from mdpzoo.settings import check_types

MASK = "action_mask"


@dataclass(frozen=True)
class Algorithm:
    """An algorithm of SB3 or sb3-contrib before it is built.

    Attributes:
        code: ``"module:Class"``.
        suffix: ending of the names of its policies.
        masked: ``"module:Class"`` of its policy for observations with ``action_mask``; None: it has none.
        asks: whether it calls the environment's ``action_masks()`` during learning.
    """

    code: str
    suffix: str = "Policy"
    masked: str | None = None
    asks: bool = False

    def __call__(self, env: Any, *, policy: Any = None, device: Any = "cpu", **settings: Any) -> Any:
        """Builds the agent.

        Args:
            env: an environment, or several of SB3's.
            policy: a name or class that the algorithm knows; None: by the observation space.
            device: where the networks live.
            **settings: the arguments of the algorithm's own constructor.

        Raises:
            SettingError: there is no such setting or policy, a value is rejected, or legal actions would be ignored.
        """
        algorithm = load(self.code)
        known = set(inspect.signature(algorithm.__init__).parameters) - {"self", "env", "_init_setup_model"}
        for name in settings.keys() - known:
            hint = did_you_mean(name, known) or f" Known: {', '.join(sorted(known))}"
            raise SettingError(f"unknown setting {name!r} of {algorithm.__name__}.{hint}")
        check_types(algorithm, settings, algorithm.__name__)
        if isinstance(policy, str) and policy not in algorithm.policy_aliases:
            names = algorithm.policy_aliases
            hint = did_you_mean(policy, names) or f" Known: {', '.join(names)}"
            raise SettingError(f"unknown policy {policy!r} of {algorithm.__name__}.{hint}")
        chosen = self._policy(env, algorithm.__name__) if policy is None else policy
        try:
            return algorithm(chosen, env, device=device, **settings)
        except (AssertionError, RuntimeError, TypeError, ValueError) as error:  # RuntimeError: no such device
            if isinstance(error, MdpzooError):
                raise
            reason = " ".join(str(error).split()) or type(error).__name__
            raise SettingError(f"{algorithm.__name__} refuses these settings: {reason:.200}") from error

    @property
    def settings_of(self) -> str:
        """The code that takes the settings, for lists of settings."""
        return self.code

    def _policy(self, env: Any, name: str) -> Any:
        observed = env.observation_space
        if isinstance(observed, spaces.Dict) and MASK in observed.spaces:
            return self._masked_policy(env, name)
        kind = "MultiInput" if isinstance(observed, spaces.Dict) else "Cnn" if is_image_space(observed) else "Mlp"
        return f"{kind}{self.suffix}"

    def _masked_policy(self, env: Any, name: str) -> Any:
        if self.masked is None or not (self.asks or isinstance(env.action_space, spaces.Discrete)):
            raise SettingError(
                f"{name} would ignore the observation's {MASK!r} here; use maskable-ppo, or ppo if actions are Discrete"
            )
        if self.asks:
            from sb3_contrib.common.maskable.utils import is_masking_supported

            if not is_masking_supported(env):
                raise SettingError(
                    f"{name} needs an environment with the method action_masks(); use ppo, which does not"
                )
            if not isinstance(env.action_space, spaces.Discrete):
                return "MultiInputPolicy"
        return load(self.masked)


def random(env: Any, *, seed: int | None = None, verbose: int = 0, device: Any = "cpu") -> FixedAgent:
    """Builds the agent that draws among the legal actions.

    Args:
        env: an environment, or several of SB3's.
        seed: non-negative; None: fresh randomness.
        verbose: 1 writes the log to the terminal.
        device: where the stream's position lives.

    Raises:
        SettingError: the action space is unbounded.
    """
    from mdpzoo_sb3.uniform import UniformPolicy

    UniformPolicy(env.observation_space, env.action_space, seed)  # refuses in a sentence what SB3 asserts
    return FixedAgent(UniformPolicy, env, policy_kwargs={"seed": seed}, seed=seed, verbose=verbose, device=device)


_MASKED = "mdpzoo_sb3.policies:MaskedMultiInputPolicy"

ppo = Algorithm("stable_baselines3:PPO", masked=_MASKED)
a2c = Algorithm("stable_baselines3:A2C", masked=_MASKED)
dqn = Algorithm("stable_baselines3:DQN")
sac = Algorithm("stable_baselines3:SAC")
td3 = Algorithm("stable_baselines3:TD3")
maskable_ppo = Algorithm("sb3_contrib:MaskablePPO", masked="mdpzoo_sb3.policies:ObservedMaskPolicy", asks=True)
recurrent_ppo = Algorithm("sb3_contrib:RecurrentPPO", suffix="LstmPolicy")
qr_dqn = Algorithm("sb3_contrib:QRDQN")
trpo = Algorithm("sb3_contrib:TRPO", masked=_MASKED)
