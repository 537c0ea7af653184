"""Result files and what can be said of several seeds; no torch."""
