"""The subcommands that this plugin adds to ``mdpzoo``."""
