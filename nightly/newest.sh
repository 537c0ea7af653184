# All tests on the newest Python of this machine, with the versions of constraints.txt.
. "$SOURCE/nightly/stage.sh"
usual=$("$SOURCE/.venv/bin/python" -c 'import sys; print(sys.version_info.minor)')
for ((minor = usual + 20; minor > usual; minor--)); do
    if python=$(interpreter "3.$minor"); then break; fi
done
((minor > usual)) || skip "Python 3.$usual is the newest here, and check runs on it"

environment new "$python" "$(pinned_torch)" || skip "no CPU build of PyTorch $(pinned_torch) for Python 3.$minor here"
new/bin/python -m pip install --progress-bar off --constraint "$SOURCE/constraints.txt" --editable "${SOURCE}[dev,gguf,lora,parquet,tensorboard]"
note "Python 3.$minor"
cd "$SOURCE"
"$OLDPWD/new/bin/python" -m pytest -p no:cacheprovider
