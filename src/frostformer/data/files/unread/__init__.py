"""Kinds of files that are not read, each with the way to convert it."""
