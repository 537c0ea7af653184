"""The report, which is made from result files alone."""
