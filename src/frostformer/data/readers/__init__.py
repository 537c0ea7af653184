"""Reads the data files of the tasks. None of these formats is pickle, since reading a pickle can run code."""
