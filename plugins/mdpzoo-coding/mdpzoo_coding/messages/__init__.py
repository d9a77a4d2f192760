"""Texts and files sent through policies: encryption, framing, run files."""
