#!/bin/sh
# Builds Cermet from nothing but a C++20 compiler and five header packages.
# SPDX-License-Identifier: MIT
#
#   sh bootstrap.sh             stage 0, then stage 1: build/cermet, optimised
#   sh bootstrap.sh --stage0    one compiler call: build/stage0/cermet
#
# Stage 0 compiles src/all.cpp, which includes every source, without libdeflate (archives are stored, not compressed).
# Stage 1 is built by stage 0, from the same list, with Cermet's own rules for C++ and the configuration in pyproject.toml.
# CXX chooses the compiler; CPPFLAGS and LDFLAGS are passed on to it.
set -eu

cd "$(dirname "$0")"

stage0_only=no
for word in "$@"; do
    case $word in
        --stage0) stage0_only=yes ;;
        -h | --help)
            sed -n '5,11s/^# \{0,1\}//p' bootstrap.sh
            exit 0
            ;;
        *)
            echo "bootstrap: unknown option $word; the only one is --stage0" >&2
            exit 2
            ;;
    esac
done

fail() { # message, hint
    echo "bootstrap: $1" >&2
    [ -z "${2:-}" ] || echo "  hint: $2" >&2
    exit 3
}

# How this system calls a package: Debian, Fedora, Arch, Homebrew.
install_line() {
    if [ -f /etc/debian_version ]; then
        echo "apt install $1"
    elif [ -f /etc/fedora-release ] || [ -f /etc/redhat-release ]; then
        echo "dnf install $2"
    elif [ -f /etc/arch-release ]; then
        echo "pacman -S $3"
    elif [ "$(uname -s)" = Darwin ]; then
        echo "brew install $4"
    else
        echo "install $1 (Debian), $2 (Fedora), $3 (Arch) or $4 (Homebrew)"
    fi
}

# --- the compiler -----------------------------------------------------------------------------------------------------

mkdir -p build/stage0

chosen=${CXX:-} # stage 1 is told of the user's choice only: `pip install .` builds with the same commands then

find_compiler() {
    if [ -n "${CXX:-}" ]; then
        # CXX may carry options: the first word is the program.
        command -v "${CXX%% *}" > /dev/null 2>&1 || fail "CXX names $CXX, which is not on PATH"
        return
    fi
    for CXX in g++ clang++ c++; do
        if command -v "$CXX" > /dev/null 2>&1; then return; fi
    done
    fail "no C++ compiler found" "$(install_line g++ gcc-c++ gcc gcc), or set CXX"
}

# Reads a program from stdin; compiles without keeping anything.
accepts() {
    # shellcheck disable=SC2086  # CXX and CPPFLAGS are lists of words
    $CXX -std=c++20 ${CPPFLAGS:-} "$@" -x c++ - > /dev/null 2> build/stage0/check.log
}

find_compiler
version=$($CXX --version 2> /dev/null | sed -n 1p)
echo 'int main() { return 0; }' | accepts -fsyntax-only \
    || fail "$CXX does not accept -std=c++20 ($version)" "g++ 12, clang 14 or newer is needed"
accepts -fsyntax-only << 'CODE' || fail "$CXX has no C++20 coroutines ($version)" "g++ 12, clang 14 or newer is needed"
#include <compare>
#include <concepts>
#include <coroutine>
#include <span>
struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};
Task wait() { co_await std::suspend_never{}; }
int main() { wait(); }
CODE

# --- the headers ------------------------------------------------------------------------------------------------------

missing=no
need_header() { # header, Debian, Fedora, Arch, Homebrew
    grep -rqsF "#include <$1>" src || return 0
    if ! echo "#include <$1>" | accepts -E; then
        echo "bootstrap: the header <$1> is missing" >&2
        echo "  hint: $(install_line "$2" "$3" "$4" "$5")" >&2
        missing=yes
    fi
}
need_header toml++/toml.h libtomlplusplus-dev tomlplusplus-devel tomlplusplus tomlplusplus
need_header nlohmann/json.hpp nlohmann-json3-dev json-devel nlohmann-json nlohmann-json
need_header CLI/CLI.hpp libcli11-dev cli11-devel cli11 cli11
need_header fmt/format.h libfmt-dev fmt-devel fmt fmt
need_header xxhash.h libxxhash-dev xxhash-devel xxhash xxhash
[ $stage0_only = yes ] || need_header libdeflate.h libdeflate-dev libdeflate-devel libdeflate libdeflate
[ $missing = no ] || exit 3
rm -f build/stage0/check.log

# --- stage 0 ----------------------------------------------------------------------------------------------------------

size_of() { wc -c < "$1" | awk '{ printf "%.1f MB", $1 / 1e6 }'; }

# What stage 0 is made of: the compiler, its options, every source's content and name.
stamp() {
    echo "$CXX $version ${CPPFLAGS:-} ${LDFLAGS:-}"
    find src -type f \( -name '*.cpp' -o -name '*.h' \) | LC_ALL=C sort | xargs cksum
}

if [ -x build/stage0/cermet ] && stamp | cmp -s - build/stage0/stamp; then
    echo "stage 0: up to date, $(size_of build/stage0/cermet)"
else
    rm -f build/stage0/stamp
    stamp > build/stage0/stamp.new
    start=$(date +%s)
    # shellcheck disable=SC2086
    $CXX -std=c++20 -O0 -DCERMET_STAGE0 ${CPPFLAGS:-} -Isrc src/all.cpp -o build/stage0/cermet -pthread ${LDFLAGS:-} \
        || fail "stage 0 does not compile with $CXX ($version)"
    mv build/stage0/stamp.new build/stage0/stamp
    echo "stage 0: $(($(date +%s) - start)) s, $(size_of build/stage0/cermet) ($version)"
fi
[ $stage0_only = no ] || exit 0

# --- stage 1 ----------------------------------------------------------------------------------------------------------

start=$(date +%s)
if [ -n "$chosen" ]; then export CXX; else unset CXX; fi
build/stage0/cermet build --out-dir build tool:cermet || exit $?
[ -x build/cermet ] || fail "stage 0 made no build/cermet"
echo "stage 1: $(($(date +%s) - start)) s, $(size_of build/cermet) (build/cermet)"
