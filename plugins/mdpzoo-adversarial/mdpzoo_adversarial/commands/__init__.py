"""Commands that this plugin adds."""
