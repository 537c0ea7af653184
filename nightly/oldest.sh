# The tests of models and training with the lowest versions that pyproject.toml allows, extras included. PyTorch is lowered
# only where a CPU build of its lowest version can be had, since the other builds bring gigabytes of CUDA libraries.
. "$SOURCE/nightly/stage.sh"
"$SOURCE/.venv/bin/python" "$SOURCE/nightly/floors.py" "$SOURCE" >floors.txt
lowest_python=$(sed -n 's/^python==//p' floors.txt)
lowest_torch=$(sed -n 's/^torch==//p' floors.txt)
extras=$(sed -n 's/^# extras: //p' floors.txt)

python=$(interpreter "$lowest_python") || skip "no Python $lowest_python here"
if ! environment old "$python" "$lowest_torch"; then
    environment old "$python" "$(pinned_torch)" || skip "no CPU build of PyTorch here"
    note "with PyTorch $(pinned_torch): no CPU build of the lowest, $lowest_torch, here"
fi
grep -v -e '^python==' -e '^torch==' floors.txt >constraints.txt
grep -e '^pytest==' -e '^pytest-xdist==' -e '^hypothesis==' "$SOURCE/constraints.txt" >tools.txt
old/bin/python -m pip install --progress-bar off --constraint constraints.txt --requirement tools.txt \
    --editable "${SOURCE}[$extras]"
cd "$SOURCE"
# The lowest transformers still calls what the PyTorch of today warns of.
"$OLDPWD/old/bin/python" -m pytest -p no:cacheprovider -W 'ignore:`torch.jit.script`:DeprecationWarning' \
    tests/models tests/training
