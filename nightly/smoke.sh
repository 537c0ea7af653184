# Every study of the paper at its smallest scale. Tasks whose data is not on this machine are left out; where
# FROSTFORMER_DATA names a folder with the data, all of them run.
. "$SOURCE/nightly/stage.sh"
"$SOURCE/.venv/bin/frostformer" reproduce all --scale smoke --jobs 2 --out smoke >log 2>&1 || true
sed -n '/runs could not be made/p' log
if grep 'runs could not be made' log | grep -v -e 'could not be downloaded' -e 'lacks remote_homology'; then exit 1; fi
grep -q '</html>' smoke/report.html
note "$(find smoke -name result.json | wc -l) runs; not here: $(grep -c 'runs could not be made' log) kinds of data"
