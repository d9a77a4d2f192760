"""What the plugin adds to the ``mdpzoo`` command line."""
