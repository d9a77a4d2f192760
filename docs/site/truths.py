"""What is known exactly of an environment, in a sentence or two."""

from mdpzoo.specs import EnvironmentSpec


def truth_text(spec: EnvironmentSpec) -> str:
    """Says what is known exactly of an environment with its default settings."""
    return "See the page of the family."
