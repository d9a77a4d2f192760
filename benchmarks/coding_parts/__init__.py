"""Parts of ``coding.py``."""
