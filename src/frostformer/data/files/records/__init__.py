"""Text files with one sequence in each line or record: `.ts`, ARFF, FASTA, FASTQ, plain lines."""
