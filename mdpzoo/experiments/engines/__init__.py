"""What executes a study's tasks: a pool of processes on this machine, or a Ray cluster; both run the same function."""
