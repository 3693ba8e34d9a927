// WheelAudit: what can be known of a finished wheel by reading it: container, tags, suffixes, symbols and libraries.
// SPDX-License-Identifier: MIT
//
// Reads bytes and, to find what a module's undefined symbols bind to, the Python runtime and the system's libraries.
// Starts nothing and imports nothing. Trusts no earlier step: file names are judged by the tags, symbols by the bytes.
// Source: binary-distribution-format, platform-compatibility-tags, PEP 384, 489, 600, 793, 3149.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/findings.h"
#include "languages/python/interpreter.h"
#include "languages/python/tags.h"

namespace cermet::cli {

// A module that the build says it put into the wheel.
struct AuditedModule {
    std::string name;
    std::string wheel_path;
    std::vector<std::string> exports;  // declared beside the init function
    python::Abi abi = python::Abi::Version;
    python::StableFloor floor;
};

struct WheelAudit {
    std::string_view bytes;  // of the wheel
    std::string file_name;
    std::vector<AuditedModule> modules;
    std::vector<std::string> libraries;  // shared libraries that the build put into it: paths in the wheel
    python::Interpreter python;
    std::string runtime_library;  // real path of libpython, or of the program that holds it
    std::string musl_version;     // "1.2": of the compiler's C library; "" = another one
};
void audit_wheel(const WheelAudit& audit, Findings& findings);

// Python modules of a wheel by the names that import them, sorted: "pkg", "pkg.part"; not __main__, nothing of .data.
std::vector<std::string> pure_modules(std::string_view bytes, std::string_view file_name);
// The names of members that differ between two wheels, or why they cannot be compared.
std::vector<std::string> differing_members(std::string_view left, std::string_view right);

// Symbols of the Python runtime among `undefined` that a limited API of this floor does not have, each with the reason.
std::vector<std::string> outside_stable_abi(const std::vector<std::string>& undefined, python::StableFloor floor);

}  // namespace cermet::cli
