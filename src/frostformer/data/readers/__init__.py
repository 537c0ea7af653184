"""Readers: files to arrays, without pickle."""
