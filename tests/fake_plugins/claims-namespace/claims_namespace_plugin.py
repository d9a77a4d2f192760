"""A plugin that claims an environment in the namespace of the host."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import EnvironmentSpec


@hookimpl
def mdpzoo_environments():
    return [EnvironmentSpec(id="mdpzoo/Theirs-v0", kind="model", rules="nowhere:nothing", summary="theirs")]
