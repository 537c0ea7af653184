"""Folders with one file for each sequence: pictures, sounds, small tables, arrays; and folders like UCI HAR."""
