"""From a RunConfig to a Result in a folder: one run, or many."""
