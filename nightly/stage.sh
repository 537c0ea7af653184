# What a stage may call; every stage begins with `. "$SOURCE/nightly/stage.sh"`.

# The command that failed goes into the table.
trap 'note "${0##*/} line $LINENO: $BASH_COMMAND"' ERR

# Ends the stage as skipped, with the reason for the table.
skip() {
    echo "$*" >"$NOTE"
    exit 77
}

# Puts a remark into the table.
note() {
    echo "$*" >>"$NOTE"
}

# Makes a virtual environment in the folder $1 with the interpreter $2 and the CPU build of PyTorch version $3, and nothing
# else; fails where no such build can be had.
environment() {
    rm -rf "$1"
    "$2" -m venv "$1"
    sh "$SOURCE/setup.sh" cpu-torch "$1/bin/python" "$3"
}

# The version of PyTorch that `make` installs.
pinned_torch() {
    sed -n 's/^torch==//p' "$SOURCE/constraints.txt"
}

# The interpreter of Python version $1, such as 3.12, on the path or among pyenv's; fails where there is none.
interpreter() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if "$candidate" -c "import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}
