"""A plugin that claims an environment that the good plugin brings."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import EnvironmentSpec


@hookimpl
def mdpzoo_environments():
    return [EnvironmentSpec(id="good/Corridor-v0", kind="model", rules="nowhere:nothing", summary="theirs")]
