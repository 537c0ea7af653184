# Two of the benchmarks, each for a moment: only that they end well. The numbers mean nothing.
. "$SOURCE/nightly/stage.sh"
out=$PWD/bench
cd "$SOURCE"
.venv/bin/python -m benchmarks --seconds 0.5 --out "$out" steps cohort
test -s "$out/bench.json"
