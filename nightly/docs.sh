# The documentation site: every page and link is right, the reference has every public name, nothing comes from elsewhere.
. "$SOURCE/nightly/stage.sh"
cd "$SOURCE"
make docs
public='import frostformer; print(*(f"frostformer.{module}.{name}" for name, module in frostformer._PUBLIC.items()))'
for name in $(.venv/bin/python -c "$public"); do
    grep -q "id=\"$name\"" site/reference/index.html
done
if grep -rhoE '<(script|img|link)[^>]*(src|href)="https?:[^>]*>' site --include '*.html' | grep -v 'rel="canonical"'; then exit 1; fi
note "$(find site -name index.html | wc -l) pages"
