"""The report: pure functions of result files."""
