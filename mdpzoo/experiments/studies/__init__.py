"""Studies: agents x environments x seeds, from one file to a folder of runs."""
