"""Files that people have on disk, of any format, read as sequences."""
