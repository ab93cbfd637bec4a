#!/usr/bin/env bash
# Checks for the system packages the program needs and installs the missing ones where it may:
# PostgreSQL with PostGIS (unless DATABASE_URL names a database), a Python that can build a
# virtual environment and, with --tests, what a browser test needs. Says the exact command otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

with_tests=no
for argument in "$@"; do
    case "$argument" in
        --tests) with_tests=yes ;;
        *) echo "setup-system: unknown argument $argument" >&2; exit 2 ;;
    esac
done

has_postgis() {
    local control
    for control in /usr/share/postgresql/*/extension/postgis.control \
                   /usr/share/postgresql/extension/postgis.control \
                   /usr/share/pgsql/extension/postgis.control; do
        [ -e "$control" ] && return 0
    done
    return 1
}

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null; }

# The browser tests' driver is a Node.js that Playwright brings along; it needs this library.
has_libatomic() { compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null || [ -e /usr/lib64/libatomic.so.1 ]; }

has_database_url() {
    [ -n "${DATABASE_URL:-}" ] || grep -qs '^ *\(export \)\?DATABASE_URL=.' .env
}

missing=()
has_database_url || has_postgis || missing+=(postgresql-postgis)
scripts/find-python.sh >/dev/null 2>&1 || missing+=(python3-venv)
if [ "$with_tests" = yes ]; then
    has_chromium || missing+=(chromium)
    has_libatomic || missing+=(libatomic1)
    command -v ogrinfo >/dev/null || missing+=(gdal-bin)
    command -v redis-server >/dev/null || missing+=(redis-server)
    [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || missing+=(nginx-light)
    command -v caddy >/dev/null || missing+=(caddy)
fi
[ "${#missing[@]}" -gt 0 ] || exit 0

install="apt-get install --yes --no-install-recommends ${missing[*]}"

if ! command -v apt-get >/dev/null; then
    echo "This machine lacks: ${missing[*]} (Debian's names)." >&2
    echo "Install them with its package manager, or set DATABASE_URL to a PostGIS that exists." >&2
    exit 1
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "This machine lacks: ${missing[*]}. Ask an administrator to run, once:" >&2
    echo >&2
    echo "    apt-get update && $install" >&2
    echo >&2
    exit 1
fi

# The program runs a cluster of its own. Debian would also create and start one called `main`
# on port 5432 when PostgreSQL arrives; nobody asked for it. Clusters that exist stay as they are.
conf=/etc/postgresql-common/createcluster.conf
if [[ " ${missing[*]} " == *" postgresql-postgis "* ]] && [ ! -e "$conf" ] &&
        [ ! -e /usr/bin/pg_createcluster ]; then
    "${as_root[@]}" mkdir -p "$(dirname "$conf")"
    echo "create_main_cluster = false" | "${as_root[@]}" tee "$conf" >/dev/null
fi

echo "Installing ${missing[*]} ..."
export DEBIAN_FRONTEND=noninteractive
quietly() {  # prints the output of apt only if it fails
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then cat "$log" >&2; rm -f "$log"; return 1; fi
    rm -f "$log"
}
# Another installation may hold apt's lock for a while: wait for it rather than fail.
options="-o DPkg::Lock::Timeout=300"
# Without a network Debian's packages come from the folder that scripts/make-offline.sh made: apt
# knows nothing else then, and chooses what this machine lacks or has in too old a version.
if [ -e offline/SHA256SUMS ] && [ "$with_tests" = no ]; then
    (cd offline && grep ' debs/' SHA256SUMS | sha256sum --check --quiet --strict) || {
        echo "The folder offline is not as it was made: copy it again." >&2; exit 1; }
    apt=$(mktemp -d)
    trap '"${as_root[@]}" rm -rf "$apt"' EXIT
    mkdir -p "$apt/lists/partial"
    echo "deb [trusted=yes] file:$(pwd | sed 's/ /%20/g')/offline/debs ./" >"$apt/sources.list"
    options+=" -o Dir::Etc::sourcelist=$apt/sources.list -o Dir::Etc::sourceparts=-"
    options+=" -o Dir::State::lists=$apt/lists -o APT::Sandbox::User=root"
fi
# shellcheck disable=SC2086
quietly "${as_root[@]}" apt-get $options --quiet update || true
# shellcheck disable=SC2086
if ! quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get $options --yes \
        -o Dpkg::Options::=--force-confold --no-install-recommends install "${missing[@]}"; then
    echo "The installation failed. By hand, as root: apt-get update && $install" >&2
    exit 1
fi
# The tests start servers of their own; the services that Debian starts with the packages are not
# wanted. Those that were there before stay.
for package in redis-server nginx-light caddy; do
    if [[ " ${missing[*]} " == *" $package "* ]] && [ -d /run/systemd/system ]; then
        "${as_root[@]}" systemctl disable --now --quiet "${package%-light}" || true
    fi
done
scripts/find-python.sh >/dev/null
