// Interpreter: one Python described once, as data: what tags, compiling and linking need of it.
// SPDX-License-Identifier: MIT
//
// Starts no process: k_probe_program is what the target's python3 is to run (-I -S is fine); its one line of JSON becomes
// an Interpreter. The record of a virtual environment and that of its base differ only in `environment` (paths of the
// environment); identity() leaves that out, so it is the same for every environment of one installation.
// Like PEP 739's build-details.json, with the sysconfig variables that compilers need. Copyable value.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "languages/python/requirement.h"

namespace cermet::python {

struct Interpreter {
    // Where this environment lies; not part of the identity.
    struct Environment {
        std::string executable;
        std::string prefix;
        std::string purelib;
        std::string platlib;
        std::string scripts;
    };

    std::string implementation;  // sys.implementation.name: cpython, pypy, graalpy
    int major = 0;
    int minor = 0;
    int micro = 0;
    std::string full_version;  // 3.13.0rc1 as platform.python_version() prints it
    std::string cache_tag;     // cpython-312
    std::string abiflags;      // "", "t", "d", "td"
    std::string soabi;         // cpython-312-x86_64-linux-gnu
    std::string ext_suffix;    // .cpython-312-x86_64-linux-gnu.so
    std::string multiarch;     // x86_64-linux-gnu or ""
    std::string platform;      // sysconfig.get_platform(): linux-x86_64, macosx-11.0-arm64, win-amd64
    bool gil_disabled = false;
    bool debug = false;
    int pointer_bits = 64;
    std::string base_executable;  // of the installation, links resolved
    std::string base_prefix;
    std::string include_directory;  // holds Python.h
    std::string platform_include_directory;
    std::string library_directory;  // LIBDIR
    std::string stdlib;
    std::map<std::string, std::string, std::less<>> vars;  // sysconfig: CC, CXX, CFLAGS, CCSHARED, LDSHARED, …
    MarkerEnvironment markers;                             // PEP 508's variables, without extra
    Environment environment;

    std::string version_text() const;              // "3.12"
    std::string nodot() const;                     // "312"
    std::string platform_tag() const;              // linux_x86_64: get_platform() with - and . as _
    std::string var(std::string_view name) const;  // "" when absent
    // Canonical text of all that can change what is built for this Python; the same for all its environments.
    std::string identity() const;
    Json to_json() const;
};

Result<Interpreter> interpreter_from_json(const Json& json);
Result<Interpreter> interpreter_from_probe(std::string_view probe_output);

extern const char* const k_probe_program;

}  // namespace cermet::python
