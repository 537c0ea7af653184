"""Folders with one file for each sequence; the folder inside is the class, or a table of file names has the answers.

files.py, answers.py              what a folder holds, and where the answers are
images.py (image_decoding.py)     pictures
sounds.py (sound_decoding.py)     sounds
table_files.py (row_tables.py)    small tables, whose rows are the positions
array_files.py                    `.npy` files
har.py                            folders laid out like UCI HAR: a file for each channel, a line for each sequence
"""
