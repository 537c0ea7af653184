"""Speed and memory, measured side by side: `frostformer bench`."""
