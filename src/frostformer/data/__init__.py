"""Sequences in memory, batches of them, and the files they come from."""
