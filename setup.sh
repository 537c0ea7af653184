#!/bin/sh
# Makes .venv with the pinned versions of constraints.txt and this package in editable form.
# Without an NVIDIA GPU it takes PyTorch's CPU build: on Linux the plain one brings gigabytes of CUDA libraries.
#
# `sh setup.sh cpu-torch PYTHON VERSION` only puts PyTorch's CPU build into the environment of PYTHON, and fails where that
# build cannot be had (`make nightly` asks for it).
set -eu

cpu_torch() { # python, version
    "$1" -m pip --disable-pip-version-check install -q "torch==$2+cpu" 2>/dev/null ||
        "$1" -m pip --disable-pip-version-check install -q --retries 0 \
            --index-url https://download.pytorch.org/whl/cpu "torch==$2" 2>/dev/null
}

if [ "${1:-}" = cpu-torch ]; then
    cpu_torch "$2" "$3"
    exit
fi

python=""
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: Python 3.11 or newer is needed; install it, or name it with PYTHON=/path/to/python3" >&2
    exit 1
fi

"$python" -m venv .venv
pip="$PWD/.venv/bin/python -m pip --disable-pip-version-check"
torch=$(sed -n 's/^torch==//p' constraints.txt)

if ! .venv/bin/python -c 'import torch' 2>/dev/null; then
    if [ "$(uname -s)" != Linux ] || command -v nvidia-smi >/dev/null 2>&1; then
        $pip install -c constraints.txt torch
    else
        cpu_torch .venv/bin/python "$torch" || $pip install -c constraints.txt torch
    fi
fi
$pip install -q -c constraints.txt -e '.[dev]'
