"""A plugin that prints while it is imported, and answers with what is no list of specs."""

from mdpzoo.hookspecs import hookimpl

print("rubbish on standard output")


@hookimpl
def mdpzoo_environments():
    return ["good/Corridor-v0", 42]
