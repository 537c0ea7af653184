"""Lists of runs that answer a question."""
