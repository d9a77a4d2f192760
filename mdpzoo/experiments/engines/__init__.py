"""Engines that execute a study's tasks: a pool of local processes, or a Ray cluster; both run the same function."""
