# The tests of the page that need a browser, on a machine where `make check` may have skipped them: a Chromium is installed
# where there is none and that is allowed here.
. "$SOURCE/nightly/stage.sh"
find_chromium() {
    "$SOURCE/.venv/bin/python" -c 'import sys; sys.path.insert(0, "tests"); import browser; sys.exit(not browser.PROGRAM)'
}
cd "$SOURCE"
if ! find_chromium; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip "no Chromium here, and only root may install one"
    apt-get update -qq && apt-get install -qq -y chromium || skip "no Chromium here, and none could be installed"
    find_chromium || skip "no Chromium here, and the one that was installed is not on the path"
    note "with a Chromium that was installed for it"
fi
.venv/bin/python -m pytest -n 0 tests/report/test_browser.py
