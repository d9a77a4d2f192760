"""The display of records at the prompt and in notebooks."""

from mdpzoo.showing.records import entry_text, html_of, shown

__all__ = ["entry_text", "html_of", "shown"]
