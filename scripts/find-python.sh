#!/usr/bin/env bash
# Prints a Python of version 3.11 or newer that can build virtual environments; fails without one.
# Each candidate is run, not only found: a version manager's shim may point at nothing, or into
# another user's home.
set -euo pipefail

usable='import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
for name in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
    path=$(command -v "$name" 2>/dev/null) || continue
    if "$path" -c "$usable" >/dev/null 2>&1; then
        echo "$path"
        exit 0
    fi
done
echo "No Python 3.11 or newer with its venv module was found." >&2
exit 1
