"""Tasks: data, how it is read, how it is scored."""
