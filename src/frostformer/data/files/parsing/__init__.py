"""What texts mean, for all formats.

text.py                        a file as lines: encodings, gzip, line ends
numbers.py, times.py           numbers as people and as programs spell them; dates and times
lists.py                       lists in one cell
spellings.py                   answers: nothing, yes or no, classes
naming.py, named_columns.py    what the name of a column says; columns that an option names
parts.py                       train, validation and test, as people call them
values.py                      the values of a case, made of texts and channels
"""
