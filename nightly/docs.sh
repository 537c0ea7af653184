# The documentation site: every page and link is right, the reference has every public name, nothing comes from elsewhere.
. "$SOURCE/nightly/stage.sh"
cd "$SOURCE"
make docs
[ "$(grep -c 'href="[.][.]/' site/reference/index.html)" -gt 0 ]
for name in $(.venv/bin/python -c 'import frostformer; print(*frostformer._PUBLIC)'); do
    grep -q "$name" site/reference/index.html
done
! grep -rhoE '<(script|img|link)[^>]*(src|href)="https?:' site --include '*.html' | grep -v 'rel="canonical"'
note "$(find site -name index.html | wc -l) pages"
