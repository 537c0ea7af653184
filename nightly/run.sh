#!/usr/bin/env bash
# `make nightly`: the checks that take too long for `make check`. It ends with a table of all stages.
#
#     make nightly                        # every stage
#     make nightly STAGES="oldest bench"  # some of them
#
# A stage is a script nightly/NAME.sh and one line in `all_stages` below. The script runs in a new, empty folder. It fails
# when any of its commands fails, and nightly/stage.sh has the functions it may call: `skip`, `note`, `environment`. $SOURCE
# is a clone of this source tree, uncommitted changes included, with its own virtual environment in $SOURCE/.venv.
#
# Everything happens in one temporary folder, which is removed at the end; the source tree itself is only read.
# Needs Linux or another system with GNU coreutils (for `timeout`).
set -uo pipefail

all_stages() {       # name, minutes after which it is stopped
    stage check 30   # format, lint, types and all tests
    stage docs 5     # the documentation site, with warnings as errors
    stage browser 10 # the page, opened and clicked in a Chromium
    stage package 10 # wheel and sdist; the wheel installed and used
    stage oldest 10  # the lowest versions that pyproject.toml allows
    stage newest 20  # all tests on the newest Python of this machine
    stage smoke 20   # every study of the paper at its smallest scale
    stage demo 15    # the demo from a fresh clone, against results/demo
    stage bench 15   # every part of two benchmarks, each for a moment
}

# Clones the checkout and puts into the clone, as one more commit, what is not committed yet.
clone() {
    local git=(git "--git-dir=$SOURCE/.git" "--work-tree=$checkout")
    git clone --quiet --no-checkout "$checkout" "$SOURCE" &&
        "${git[@]}" add --all &&
        { "${git[@]}" diff --cached --quiet HEAD ||
            "${git[@]}" -c user.name=nightly -c user.email=nightly@localhost -c commit.gpgsign=false \
                commit --quiet --no-verify --message "What the working tree has beyond its last commit"; } &&
        git -C "$SOURCE" reset --quiet --hard
}

# Runs one stage and adds a row to the table.
stage() {
    local name=$1 minutes=$2 started=$SECONDS status result notes
    [[ " ${wanted:-$name} " == *" $name "* ]] || return 0
    printf '\n=== %s: at most %s minutes\n' "$name" "$minutes"
    mkdir "$work/$name"
    : >"$NOTE"
    cd "$work/$name" || exit 1
    timeout --kill-after=30 "${minutes}m" bash -euo pipefail "$SOURCE/nightly/$name.sh" </dev/null &
    running=$!
    wait "$running"
    status=$?
    running=""
    case $status in
        0) result=passed ;;
        77) result=skipped ;;
        124 | 137) result=failed && echo "stopped after $minutes minutes" >"$NOTE" ;;
        *) result=failed ;;
    esac
    [ "$result" != failed ] || failed=1
    notes=$(paste -s -d '|' "$NOTE")
    table+=("$(printf '%-9s %-8s %7d  %s' "$name" "$result" $((SECONDS - started)) "${notes//|/; }")")
    cd "$work" && rm -rf "${work:?}/$name"
}

cleanup() {
    [ -z "$running" ] || { kill "$running" && wait "$running"; }
    cd / && rm -rf "$work"
}

main() {
    checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    wanted=$* running="" failed=0 table=()
    for name in $wanted; do
        [ -f "$checkout/nightly/$name.sh" ] || { echo "nightly: no stage is named $name" >&2; exit 1; }
    done
    work=$(mktemp -d "${TMPDIR:-/tmp}/frostformer-nightly.XXXXXX")
    trap cleanup EXIT
    trap 'exit 130' INT TERM HUP
    export SOURCE=$work/source NOTE=$work/note TMPDIR=$work/tmp
    unset MAKEFLAGS MAKELEVEL MFLAGS PYTHONPATH VIRTUAL_ENV
    mkdir "$TMPDIR"
    if ! { clone && timeout --foreground 15m make -C "$SOURCE" .venv/ready; }; then
        echo "nightly: the clone could not be set up, so no stage ran" >&2
        exit 1
    fi
    all_stages
    echo
    printf '%-9s %-8s %7s\n' stage result seconds
    printf '%s\n' "${table[@]}"
    exit "$failed"
}

main "$@"
