"""The plugin's commands for the ``mdpzoo`` command line."""
