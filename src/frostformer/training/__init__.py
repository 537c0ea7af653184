"""From the first step to a finished training."""
