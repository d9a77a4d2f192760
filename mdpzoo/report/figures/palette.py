"""The looks of agents: the same hue and dash for the same agent in every chart of a page.

The hues are those of Okabe and Ito 2008 (Color Universal Design), darkened on white and lightened on black in the style
sheet so that lines have a contrast of at least 3 to 1. If there are more agents than hues, dashes distinguish them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

HUES = 8
DASHES = (None, "6 3", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Look:
    """The look of one agent.

    Attributes:
        hue: a class of the style sheet, ``h0`` to ``h7``.
        dash: the dash pattern of lines, as in SVG; None: solid.
    """

    hue: str
    dash: str | None

    @property
    def swatch(self) -> str:
        """Classes of a short sample of the line, for legends and tables."""
        return f"swatch {self.hue} {'' if self.dash is None else 'dashed'}".rstrip()


def looks(agents: Sequence[str]) -> dict[str, Look]:
    """Returns a look for each agent, in their order."""
    return {
        agent: Look(f"h{place % HUES}", DASHES[place // HUES % len(DASHES)])
        for place, agent in enumerate(dict.fromkeys(agents))
    }
