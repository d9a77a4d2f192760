"""Change detectors on streams of symbols or rewards, usable on their own."""
