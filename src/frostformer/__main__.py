"""`python -m frostformer`, and so `torchrun -m frostformer`."""

from frostformer.cli import main

main()
