# Set-up on a fresh machine: system packages, rustc, a virtual environment under build/. Sourced by test, demo, .ci/run.
# SPDX-License-Identifier: MIT
# shellcheck shell=bash

give_up() { # message, hint
    echo "error: $1" >&2
    [ -z "${2:-}" ] || echo "  hint: $2" >&2
    exit 3
}

is_debian() { [ -f /etc/debian_version ] && command -v apt-get > /dev/null && command -v dpkg-query > /dev/null; }

# system_packages PACKAGE…: Debian's names. There they are installed; elsewhere what is missing shows in the first step
# that needs it, and their names are said once.
system_packages() {
    local missing=() package root=()
    if ! is_debian; then
        echo "set-up: this is not Debian or Ubuntu; these packages or their like are needed: $*"
        return 0
    fi
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -ne 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null || give_up "missing packages: ${missing[*]}" "as root: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    echo "set-up: ${root[*]} apt-get install ${missing[*]}"
    mkdir -p build/logs
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}" > build/logs/apt.log 2>&1 \
        || { "${root[@]}" apt-get update -q >> build/logs/apt.log 2>&1 \
            && "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}" >> build/logs/apt.log 2>&1; } \
        || give_up "apt-get failed, see build/logs/apt.log" "install ${missing[*]} yourself"
}

# need_space GB: a full disk shows as the odd failure of some step, so it is said first.
need_space() {
    local free
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "$free" -ge "$1" ] || echo "set-up: only $free GB are free on this disk, and $1 GB are needed: steps may fail for that"
}

# rust_target TRIPLE: the standard library for another machine. Where rustup cannot have it, stories say that they need it.
rust_target() {
    [ ! -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ] || return 0
    mkdir -p build/logs
    echo "set-up: rustup target add $1"
    command -v rustup > /dev/null && rustup target add "$1" > build/logs/rustup.log 2>&1 \
        || echo "set-up: rustc gets no standard library for $1; stories that need it are skipped"
}

HEADER_PACKAGES=(libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libxxhash-dev libdeflate-dev)

need_compiler() {
    if [ -z "${CXX:-}" ] && ! command -v g++ > /dev/null && ! command -v clang++ > /dev/null; then
        system_packages g++
    fi
}

need_rust() {
    command -v rustc > /dev/null || give_up "rustc is missing: install it from https://rustup.rs and start again"
    command -v cargo > /dev/null || give_up "cargo is missing (it fetches crates): install it from https://rustup.rs"
}

# Sets $python: an interpreter that can make virtual environments and has its headers.
need_python() {
    python=${PYTHON:-python3}
    command -v "$python" > /dev/null || system_packages python3
    if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then system_packages python3-venv; fi
    if ! "$python" -c '
import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'; then
        system_packages python3-dev
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' \
        || give_up "$("$python" --version) is too old" "Python 3.9 or newer is needed; PYTHON=… chooses one"
}

# venv FOLDER ARGUMENT…: a virtual environment with what `pip install ARGUMENT…` gives, made again when that changes.
venv() {
    local folder=$1 stamp
    shift
    stamp="$("$python" -c 'import sys; print(sys.version, sys.prefix)') $* $(cat tests/requirements.txt)"
    if [ -f "$folder/stamp" ] && [ "$(cat "$folder/stamp")" = "$stamp" ]; then return 0; fi
    echo "set-up: virtual environment $folder"
    rm -rf "$folder"
    mkdir -p build/logs "$(dirname "$folder")"
    { "$python" -m venv "$folder" && "$folder/bin/python" -m pip install -q --disable-pip-version-check "$@"; } \
        > "build/logs/venv.log" 2>&1 || {
        tail -n 15 build/logs/venv.log >&2
        give_up "cannot make the virtual environment $folder" "the whole log: build/logs/venv.log"
    }
    echo "$stamp" > "$folder/stamp"
}
