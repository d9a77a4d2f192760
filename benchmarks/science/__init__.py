"""The tables of RESULTS.md: their list, their results as JSON, how they are made again, and how the page is written."""
