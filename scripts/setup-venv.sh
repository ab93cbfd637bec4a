#!/usr/bin/env bash
# Makes .venv with the exact packages of requirements.txt, or of requirements-dev.txt with --dev.
# A stamp written at the very end says what is in it: an interrupted run goes on at the next, and
# a finished one costs nothing. An environment that was moved, or whose Python is gone or another
# user's, is built again.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=requirements.txt
[ "${1:-}" != --dev ] || requirements=requirements-dev.txt

stamp_of() {  # what the environment would be made from
    { echo "$PWD/.venv"; cat requirements.txt; [ "$1" = requirements.txt ] || cat "$1"; } | sha256sum
}

runs() { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

is_done() {  # the packages for tests include the program's own
    runs || return 1
    [ "$(cat .venv/.stamp-requirements-dev.txt 2>/dev/null)" = "$(stamp_of requirements-dev.txt)" ] ||
        [ "$(cat ".venv/.stamp-$requirements" 2>/dev/null)" = "$(stamp_of "$requirements")" ]
}

is_done && exit 0

if [ ! -w . ]; then
    echo "This folder belongs to $(stat -c %U .), and $(id -un) may not write here." >&2
    echo "Run as that user, or clone the repository into a folder of your own." >&2
    exit 1
fi

source=()
# Fetched by scripts/make-offline.sh, which leaves out what only the tests need.
if [ -e offline/SHA256SUMS ] && [ "$requirements" = requirements.txt ]; then
    (cd offline && grep ' wheels/' SHA256SUMS | sha256sum --check --quiet --strict) || {
        echo "The folder offline is not as it was made: copy it again." >&2; exit 1; }
    source=(--no-index --find-links offline/wheels)
fi

# Two of these at once take turns.
exec 9>.venv.lock
if command -v flock >/dev/null; then flock 9; fi
is_done && exit 0

is_ours() {  # its folder is this one, its files are this user's, its pip runs
    [ -O .venv ] && runs && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        [ "$(cat .venv/.folder 2>/dev/null)" = "$PWD/.venv" ]
}

if [ -e .venv ] && ! is_ours; then
    echo "The environment .venv is another user's, was moved or is broken: making it anew."
    old=".venv.old-$$"
    if ! mv .venv "$old" || ! rm -rf "$old"; then
        echo "It cannot be removed. By hand, as root: rm -rf '$PWD/.venv' '$PWD'/.venv.old-*" >&2
        exit 1
    fi
fi
if [ ! -e .venv ]; then
    python=$(scripts/find-python.sh)
    "$python" -m venv .venv
    echo "$PWD/.venv" >.venv/.folder
fi

echo "Installing the packages of $requirements (several hundred MB the first time) ..."
rm -f .venv/.stamp-*
# Called through the interpreter: the environment's own scripts name the folder it was made in.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --root-user-action=ignore "${source[@]}" --requirement "$requirements"
stamp_of "$requirements" >".venv/.stamp-$requirements"
