"""How often the rule of `frostformer verdict` errs, and what it finds, by simulation: `make simulate`."""
