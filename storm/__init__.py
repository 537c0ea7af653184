"""Kills, full disks, second writers and damaged files against the real command line; `python -m storm --help`."""
