# The demo as the README has it, from a fresh clone. Its test accuracies must be those of results/demo where versions and
# processor are the same; elsewhere it only has to end well.
. "$SOURCE/nightly/stage.sh"
git clone --quiet "$SOURCE" clone
make -C clone demo
grep -q '</html>' clone/runs/demo/report.html
note "$(clone/.venv/bin/python "$SOURCE/nightly/same_results.py" clone/runs/demo clone/results/demo)"
