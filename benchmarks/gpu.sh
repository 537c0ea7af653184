#!/bin/sh
# Everything that is to be known of a GPU, without a network, in nine minutes at most: `sh benchmarks/gpu.sh OUT`.
# PYTHON names a Python in which the package and its test tools are installed.
set -u
out=${1:-runs/gpu}
python=${PYTHON:-python}
mkdir -p "$out"

timeout 120 "$python" -m pytest tests/gpu -n0 -q --device cuda >"$out/tests.txt" 2>&1
tail -3 "$out/tests.txt"
# each measurement has a file of its own and a limit in seconds, so that one that is slow costs only itself
while read -r name limit; do
    timeout "$limit" "$python" -m benchmarks "$name" --device cuda --seconds 3 --out "$out/$name"
done <<END
steps 100
compiled 100
cohort 60
cached 30
data 30
peak 60
shares 40
END
