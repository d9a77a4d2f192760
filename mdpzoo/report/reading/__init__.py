"""Results folders of several programs, read into records."""
