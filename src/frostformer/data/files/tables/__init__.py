"""Tables: CSV and its relatives, JSON records, Parquet, Feather and data frames.

formats.py                             the three formats, and the second file of `--labels`
separated.py (dialect.py, headers.py)  a file as a `Source` of cells (cells.py): text in columns,
jsonlines.py, arrow.py                 JSON, and what pyarrow reads
survey.py, facts.py                    what is in each column, found in one pass
roles.py, forms.py, wide.py            what each column is for, and what makes a sequence
understanding.py, layout.py            all of it as a schema
remarks.py                             what is worth a sentence
rows.py, long.py (steps.py)            the cases: a row is a sequence, or a row is a position
channels.py, answers.py                cells as numbers and as answers
labels.py, splits.py                   answers of a second file, and columns that say train or test
"""
