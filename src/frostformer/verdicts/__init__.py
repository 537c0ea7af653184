"""Does a frozen pretrained transformer help on these sequences? See `docs/verdict.md`."""
