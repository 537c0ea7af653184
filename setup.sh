#!/bin/sh
# Makes .venv with the pinned versions of constraints.txt and this package in editable form.
# Without an NVIDIA GPU it takes PyTorch's CPU build: on Linux the plain one brings gigabytes of CUDA libraries.
set -eu

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
        $pip install -q "torch==$torch+cpu" 2>/dev/null ||
            $pip install -q --retries 0 --index-url https://download.pytorch.org/whl/cpu "torch==$torch" 2>/dev/null ||
            $pip install -c constraints.txt torch
    fi
fi
$pip install -q -c constraints.txt -e '.[dev]'
