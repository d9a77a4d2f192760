"""Study files for ``mdpzoo bench``."""
