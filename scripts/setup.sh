#!/usr/bin/env bash
# Makes .venv and sees to the system libraries. Starts nothing, never asks. `setup.sh test` adds what the tests need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C.UTF-8
wants_tests=$([ "${1:-}" = test ] && echo 1 || echo 0)
stamp=.venv/cchc-setup

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say "Cần Python 3.11 trở lên (đến 3.13). / Python 3.11 to 3.13 is needed; found: $(python3 --version 2>&1 || true)"
    return 1
}

# Prints the Debian packages that this machine lacks, judged by what they bring, not by how it came there.
missing_packages() {
    local libraries
    libraries=$(ldconfig -p 2>/dev/null || true)
    [[ $libraries == *libpango-1.0.so.0* ]] || echo libpango-1.0-0
    [[ $libraries == *libpangoft2-1.0.so.0* ]] || echo libpangoft2-1.0-0
    [[ $libraries == *libharfbuzz-subset.so.0* ]] || echo libharfbuzz-subset0
    if [ ! -f "$stamp" ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$(basename "$(readlink -f "$python")")-venv"
    fi
    [ "$wants_tests" = 1 ] || return 0
    command -v pdftotext >/dev/null || echo poppler-utils
    command -v xgettext >/dev/null || echo gettext
    command -v redis-server >/dev/null || echo redis-server
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || echo postgresql
    if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
        if grep -qi '^ID=ubuntu' /etc/os-release 2>/dev/null; then echo chromium-browser; else echo chromium; fi
    fi
}

install_packages() {
    local root=() line="apt-get install -y --no-install-recommends $*"
    if ! command -v apt-get >/dev/null; then
        say "Thiếu thư viện hệ thống. / System packages are missing (Debian names): $*"
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            say "Thiếu gói hệ thống; hãy chạy dòng sau rồi gọi lại. / Run this line, then try again:"
            say ""
            say "    sudo apt-get update && sudo $line"
            say ""
            return 1
        fi
        root=(sudo -n)
    fi
    say "apt: $*"
    local quiet=("${root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -qq -o DPkg::Lock::Timeout=300)
    "${quiet[@]}" update </dev/null >&2
    "${quiet[@]}" install -y --no-install-recommends "$@" </dev/null >&2
}

if [ -x .venv/bin/python ] && [ -f "$stamp" ]; then python=.venv/bin/python; else python=$(find_python); fi
mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}"

# One set-up at a time in this checkout; the lock goes with the process.
exec 9<scripts/setup.sh
flock 9

wanted=$(cat requirements.lock requirements-dev.lock | sha256sum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ] || ! .venv/bin/python -c '' 2>/dev/null; then
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "Tạo môi trường Python… / making .venv"
        rm -rf .venv
        "$(find_python)" -m venv .venv
    fi
    say "Cài các gói Python… / installing packages"
    rm -f "$stamp"
    .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --require-virtualenv \
        -r requirements-dev.lock </dev/null >&2
    printf '%s\n' "$wanted" >"$stamp.new"
    mv "$stamp.new" "$stamp"
fi

for po in locale/*/LC_MESSAGES/*.po; do
    if [ -f "$po" ] && [ ! "${po%.po}.mo" -nt "$po" ]; then
        .venv/bin/python scripts/compile_messages.py
        break
    fi
done
