"""What is known exactly of an environment with its default settings, in a sentence or two."""

import tables

from mdpzoo.experiments.truths.finding import Question, find_truth
from mdpzoo.specs import EnvironmentSpec

EPISODES = 8  # of the evaluation whose instances are solved, where a family solves instances


def truth_text(spec: EnvironmentSpec) -> str:
    """Says what is known exactly of an environment, or where its family says what it computes."""
    family = tables.family_of(spec.id)
    link = ""
    if family is not None and family.pages:
        link = f"See the page of its family, {tables.family_link(family)}, for what can be computed."
    known = None if spec.several_players else find_truth(Question(spec.id, {}, [0], EPISODES, 1_000))
    if known is None:
        return f"No single number is known for all its episodes. {link}"
    average = known.criterion == "average"
    optimum = known.gain if average and known.gain is not None else known.optimum
    unit = "reward per step" if average else "return of an episode"
    parts = [] if optimum is None else [f"The optimal {unit} is {'' if known.exact else 'about '}**{optimum:.4g}**"]
    if known.random is not None and not average:
        parts.append(f"that of uniformly random actions {known.random:.4g}")
    return f"{', '.join(parts)}: {known.source}. {link}".strip()
