"""Tables: CSV and its relatives, JSON records, Parquet, Feather and data frames."""
