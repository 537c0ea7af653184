"""Makes a backbone: pretrains a small GPT-2 on plain text or on the paper's bit-memory task."""
