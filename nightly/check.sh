# `make check`, the same as on every push but with all extras, whose tests are skipped where they are not installed; then the
# tests that are too slow for it.
. "$SOURCE/nightly/stage.sh"
"$SOURCE/.venv/bin/python" -m pip install --progress-bar off --constraint "$SOURCE/constraints.txt" \
    --editable "${SOURCE}[dask,export,gguf,lora,parquet,tensorboard]"
make -C "$SOURCE" check
cd "$SOURCE" # where `python -m benchmarks...` can be started, as some of these tests do
.venv/bin/python -m pytest -m slow
