# Builds the sdist and, from the sdist, the wheel; looks into the wheel; installs it without extras and uses it. The wheel
# gets the newest versions of everything but PyTorch, as a user would.
. "$SOURCE/nightly/stage.sh"
python=$SOURCE/.venv/bin/python

"$python" -m venv builder
builder/bin/python -m pip install --progress-bar off build
builder/bin/python -m build --outdir dist "$SOURCE"
"$python" "$SOURCE/nightly/wheel_contents.py" dist/*.whl

environment user "$python" "$(pinned_torch)"
user/bin/python -m pip install --progress-bar off dist/*.whl
user/bin/python -m pip check
PATH=$PWD/user/bin:$PATH
frostformer --help >/dev/null
python -c 'import frostformer as ff; print("frostformer", ff.__version__, "from", ff.__file__)'
[ "$(frostformer --version)" = "$(python -c 'from importlib.metadata import version; print(version("frostformer"))')" ]
frostformer run --task digits --backbone embedded --steps 5 --evaluate-every 5 --device cpu --out runs/digits
frostformer evaluate runs/digits
frostformer report runs --out report.html
grep -q '</html>' report.html
