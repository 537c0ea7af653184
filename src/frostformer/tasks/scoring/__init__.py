"""How a model's outputs are judged: one file for each kind of answer."""
