"""Text files with one sequence in each line or record.

ts.py (ts_header.py)                           `.ts`, of the UEA and UCR archives
arff.py (arff_header.py)                       `.arff`, of Weka
fasta.py (fasta_records.py, fasta_headers.py)  FASTA and FASTQ
plain_lines.py                                 lines, whose answers stand in a second file
"""
