"""A trained adapter at work."""
