"""The front page's gallery: a card with a picture for each environment, by family."""

import html

import environment_pages
import tables
from environment_pages import Picture

from mdpzoo import registry


def gallery(pictures: dict[str, Picture]) -> str:
    """Writes the gallery as Markdown.

    Args:
        pictures: of each environment, by its id.
    """
    parts = []
    for family in registry.families().values():
        own = [each for each in registry.environments().values() if tables.family_of(each.id) == family]
        if own:
            parts.append(f"## {family.name.capitalize()}")
            cards = "\n".join(_card(spec.id, spec.summary, pictures[spec.id]) for spec in own)
            parts.append(f"::::{{grid}} 2 3 4 4\n:gutter: 2\n\n{cards}\n::::")
    return "\n\n".join(parts) + "\n"


def _card(id: str, summary: str, picture: Picture) -> str:
    name = tables.page_name(id)
    image = f":img-top: {picture.path}\n:img-alt: {html.escape(summary)}\n"
    title = environment_pages.title_of(id)
    return (
        f":::{{grid-item-card}} {title}\n:link: environments/{name}\n:link-type: doc\n"
        f":class-card: zoo-card\n{image}\n{summary}\n:::\n"
    )
