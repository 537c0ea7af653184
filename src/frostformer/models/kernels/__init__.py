"""Faster forms of what a backbone computes."""
