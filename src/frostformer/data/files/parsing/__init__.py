"""What texts mean: lines, numbers, times, lists, and the names by which people call columns and parts."""
