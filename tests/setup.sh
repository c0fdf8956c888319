#!/usr/bin/env bash
# What the Makefile needs from the machine itself: finds it, or fetches it through apt-get, or says what to install.
#   setup.sh python      prints a Python that can make a virtual environment
#   setup.sh node        prints a Node.js that can run the browser code's tests
#   setup.sh npm         sees that npm is there
#   setup.sh programs    sees that the programs that tests drive are there
#   setup.sh browsers    sees that Firefox and WebKitGTK are there
#   setup.sh theme DIR   unpacks a theme of WordPress into DIR/theme
#   setup.sh sites       sees that WordPress, PHP, MariaDB and Varnish are there
set -euo pipefail

stop() {
    echo "flashwire: $*" >&2
    exit 1
}

# Installs Debian packages; false where there is no apt-get, or no right to use it.
fetch() {
    command -v apt-get >/dev/null || return 1
    local root=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        root=(sudo -n)
    fi
    echo "Installing $* through apt-get ..." >&2
    # Debian's own switch against starting the services that come with a package: tests start their own.
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
        "${root[@]}" chmod +x "$policy"
        trap "${root[*]} rm -f $policy" RETURN
    fi
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update >&2 && "${apt[@]}" install -y --no-install-recommends "$@" >&2 </dev/null
}

find_python() {
    local name recent=""
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        recent=$name
        if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    [ -n "$recent" ] || stop "Python 3.11 or newer is needed; install it, or name one: make PYTHON=/path/to/python3.11 ..."
    # In Debian the module that makes virtual environments is a separate package.
    fetch python3-venv && python3 -c 'import ensurepip, venv' 2>/dev/null && command -v python3 && return
    stop "$recent cannot make a virtual environment; install its venv module (Debian: apt-get install python3-venv)."
}

find_node() {
    local found
    if found=$(command -v node) && "$found" -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
        echo "$found"
    else
        .venv/bin/python -c 'from playwright._impl._driver import compute_driver_executable as f; print(f()[0])'
    fi
}

find_npm() {
    command -v npm >/dev/null || fetch nodejs npm || stop "npm is needed for the checks; install Node.js 20 or newer."
}

# A program under any of its names, or its Debian package.
program() {
    local package=$1 name
    shift
    for name in "$@"; do
        ! command -v "$name" >/dev/null || return 0
    done
    missing+=("$package")
}

find_programs() {
    # Debian keeps servers where only root looks.
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    local missing=()
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] ||
        program chromium chromium chromium-browser google-chrome google-chrome-stable
    program nginx nginx
    program redis-server redis-server
    program openssl openssl
    # Servers of PostgreSQL are in the folder of their release, which is in no PATH.
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || program postgresql initdb
    # Its unit tests for rules, promtool, come with the server.
    program prometheus promtool
    # The benchmark's load client is compiled on the spot.
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    [ ${#missing[@]} = 0 ] || fetch "${missing[@]}" ||
        stop "the tests drive programs that are missing here; install: ${missing[*]}"
}

find_browsers() {
    local missing=()
    program firefox-esr firefox-esr firefox
    program webkit2gtk-driver WebKitWebDriver
    program xvfb xvfb-run
    command -v xauth >/dev/null || missing+=(xauth)
    [ ${#missing[@]} = 0 ] || fetch "${missing[@]}" || stop "install the browsers of the tests: ${missing[*]}"
}

# Its package is unpacked, not installed: a test needs one style sheet, and no web server.
find_theme() {
    local package=wordpress-theme-twentytwentyone
    [ ! -d "$1/theme" ] || return 0
    (cd "$1" && apt-get -qq download $package) || stop "download the Debian package $package into $1"
    dpkg-deb --extract "$1"/${package}_*.deb "$1/unpacked"
    mv "$1/unpacked/usr/share/wordpress/wp-content/themes/twentytwentyone" "$1/theme"
    rm -r "$1/unpacked" "$1"/${package}_*.deb
}

find_sites() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    local missing=() name themes=/usr/share/wordpress/wp-content/themes
    program php-cli php
    program mariadb-server mariadbd
    program varnish varnishd
    php -r 'exit(extension_loaded("mysqli") ? 0 : 1);' 2>/dev/null || missing+=(php-mysql)
    for name in twentytwentyone twentytwentythree; do
        [ -d "$themes/$name" ] || missing+=("wordpress-theme-$name")
    done
    [ -e "$themes/../languages/ar.mo" ] || missing+=(wordpress wordpress-l10n)
    [ ${#missing[@]} = 0 ] || fetch "${missing[@]}" || stop "install the servers of the tests: ${missing[*]}"
}

case ${1:-} in
python | node | npm | programs | browsers | theme | sites) "find_$1" "${@:2}" ;;
*) stop "usage: setup.sh python | node | npm | programs | browsers | theme DIR | sites" ;;
esac
