#!/usr/bin/env bash
# Fetches everything that a machine without a network needs into the folder `offline`: the Python
# packages as wheels, and Debian's packages with all that they need. Run it on a machine with a
# network and the same Debian and Python; copy the checkout with the folder; `make run` there uses it.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(scripts/find-python.sh)
new=offline.new
rm -rf "$new"
mkdir -p "$new/wheels" "$new/debs/partial"

echo "Fetching the Python packages for $("$python" --version) ..."
"$python" -m venv "$new/venv"
"$new/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-input \
    --only-binary :all: --dest "$new/wheels" --requirement requirements.txt
rm -rf "$new/venv"

# As for a machine on which nothing is installed: what it needs in turn is fetched, too.
echo "Fetching Debian's packages ..."
apt-get --quiet --quiet --yes --no-install-recommends --download-only \
    -o Dir::State::status=/dev/null -o Dir::Cache::archives="$PWD/$new/debs" \
    -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" \
    install postgresql-postgis python3-venv make >/dev/null
rm -rf "$new/debs/partial" "$new/debs/lock"

(  # an index, by which apt takes the folder for an archive
    cd "$new/debs"
    for file in *.deb; do
        dpkg-deb --field "$file"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" \
            "$(sha256sum "$file" | cut -d ' ' -f 1)"
    done >Packages
)

(cd "$new" && find wheels debs -type f -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
rm -rf offline
mv "$new" offline
echo "offline: $(find offline/wheels -type f | wc -l) wheels, $(find offline/debs -name "*.deb" | wc -l)" \
    "packages of Debian, $(du -sh offline | cut -f1)"
