#!/bin/sh
# Everything that is to be known of a GPU, without a network, each part for two minutes at most: `sh benchmarks/gpu.sh OUT`.
# PYTHON names a Python in which the package and its test tools are installed.
set -u
out=${1:-runs/gpu}
python=${PYTHON:-python}
mkdir -p "$out"

"$python" -m pytest tests/gpu -n0 -q --device cuda >"$out/tests.txt" 2>&1
tail -3 "$out/tests.txt"
# each measurement has a file of its own, so that a limit of time costs only what it stops
for name in steps cohort cached data peak trainer; do
    timeout 120 "$python" -m benchmarks "$name" --device cuda --seconds 4 --out "$out/$name"
done
