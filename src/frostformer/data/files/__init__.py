"""Files that people have on disk, of any format, read as sequences.

The way of a file, from left to right:

    options.py   what the user says of it; unused.py refuses what says nothing of a file of its kind
    formats.py   the one list of formats; the first whose `recognises` says yes reads the file
    a format     in `tables/`, `arrays/`, `folders/`, `records/` or, where it is not read, `unread/`:
                 `understand` looks at the whole file once and gives a Schema with a note for every guess (schema.py),
                 `cases` then reads one Case after the other (case.py), by the same schema also from files to predict,
                 of which no answers are wanted (unanswered.py)
    reading.py   all cases of a file, and of a second one with the test, cut as cutting.py says: windows of recordings
                 (windows.py), one answer of many (one_answer.py)
    targets.py   answers, which are text up to here, as classes, labels or numbers
    traps/       what makes a score look better than it is

All formats share `parsing/` (what texts mean) and words.py (pieces of sentences). Nothing here imports torch.
"""
