"""`python -m frostformer`, and so `torchrun -m frostformer`."""

from frostformer.cli.app import main

main()
