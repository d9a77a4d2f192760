"""Rows of dense infos: each fact where its mask holds, within mappings as well."""

import gymnasium
import numpy as np

from mdpzoo.interop.shells.infos import row_facts


class Telling(gymnasium.Env):
    """Says in its info what it was made with."""

    observation_space = action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, facts):
        self.facts = facts

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return 0, self.facts


def test_each_row_has_its_own_facts_and_no_others():
    facts = [{"clock": 1, "drift": {"force": 0.5}}, {"drift": {"force": 2.0, "mass": 3.0}}, {}]
    envs = gymnasium.vector.SyncVectorEnv([lambda each=each: Telling(each) for each in facts])
    infos = envs.reset()[1]
    assert [row_facts(infos, row) for row in range(3)] == facts
    assert isinstance(infos["drift"]["force"], np.ndarray)
