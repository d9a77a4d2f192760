import json

import numpy as np
import pytest
from gymnasium import spaces

from mdpzoo.errors import SettingError
from mdpzoo.records.spaces import space_from_json, space_to_json


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(5, start=2),
        spaces.MultiDiscrete([3, 4]),
        spaces.MultiBinary(3),
        spaces.Box(-np.inf, np.inf, (2, 3), np.float32),
        spaces.Box(np.array([0.0, -1.5]), np.array([1.0, np.inf]), dtype=np.float64),
        spaces.Dict({"a": spaces.Box(0, 255, (2,), np.uint8), "b": spaces.Dict({"c": spaces.Discrete(2)})}),
    ],
)
def test_a_space_survives_json(space):
    assert space_from_json(json.loads(json.dumps(space_to_json(space)))) == space


def test_a_space_that_arrays_do_not_hold_is_named():
    with pytest.raises(SettingError, match="cannot hold a Text space"):
        space_to_json(spaces.Text(3))


@pytest.mark.parametrize(
    "content",
    [None, [], {"kind": "Ship"}, {"kind": "Box"}, {"kind": "Discrete", "n": -1, "start": 0}, {"kind": "MultiDiscrete"}],
)
def test_a_damaged_space_is_refused(content):
    with pytest.raises(ValueError, match="space"):
        space_from_json(content)
