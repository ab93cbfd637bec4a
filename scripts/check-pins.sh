#!/usr/bin/env bash
# Checks that the pinned packages can be installed, from wheels, on the oldest Python that the README
# promises and on the newest: the machine at hand has only one of them. Asks the registry.
# json2html is pure Python and published as a source archive alone.
set -euo pipefail
cd "$(dirname "$0")/.."

oldest=3.11.0 newest=3.14
for python in "$oldest" "$newest"; do
    for requirements in requirements.txt requirements-dev.txt; do
        .venv/bin/uv pip compile --quiet --only-binary :all: --no-binary json2html \
            --python-version "$python" --no-header --output-file /dev/null "$requirements" ||
            { echo "$requirements cannot be installed on Python $python: see above." >&2; exit 1; }
        echo "$requirements: can be installed on Python $python"
    done
done
