// Tags: which wheel tags an artefact gets from an interpreter record, and how they and file names are written.
// SPDX-License-Identifier: MIT
//
// Knows nothing of audits: the platform is given (linux_x86_64 or the result of manylinux.h). Pure values.
// Source: packaging.python.org platform-compatibility-tags, binary-distribution-format; PEP 425, 600, 803.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "languages/python/interpreter.h"
#include "languages/python/version.h"

namespace cermet::python {

// What the modules of a wheel promise.
enum class Abi {
    None,        // no extension module: py3-none-any, or py3-none-<platform> with executables or ctypes libraries
    Version,     // for exactly this interpreter: cp312-cp312-…
    Stable,      // abi3: cp39-abi3-…
    StableBoth,  // one module for abi3 and abi3t: cp315-abi3.abi3t-…
    StableFree,  // abi3t alone: cp315-abi3t-…
};

struct StableFloor {
    int major = 3;
    int minor = 0;
};

// A compressed tag set: py2.py3-none-any.
struct TagSet {
    std::vector<std::string> pythons;
    std::vector<std::string> abis;
    std::vector<std::string> platforms;
    std::string text() const;                   // parts sorted, joined by "." and "-"
    std::vector<std::string> expanded() const;  // the product, sorted: what WHEEL lists
    bool pure() const { return platforms.size() == 1 && platforms[0] == "any"; }
};

Result<TagSet> parse_tags(std::string_view text);

// `platforms`: {"any"} for pure wheels, {"linux_x86_64"}, {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}.
Result<TagSet> wheel_tags(const Interpreter& python, Abi abi, StableFloor floor, std::vector<std::string> platforms);

// File suffix of an extension module: EXT_SUFFIX, .abi3.so or (floor 3.15 and up) .abi3-x86_64-linux-gnu.so, .abi3t.so.
Result<std::string> module_suffix(const Interpreter& python, Abi abi, StableFloor floor);
// The suffixes by which native modules are recognised in a tree: ".so", ".pyd", ".dylib", ".dll".
bool is_native_file(std::string_view file_name);
// "_core" of "_core.cpython-312-x86_64-linux-gnu.so"; what `import` calls the file.
std::string module_stem(std::string_view file_name);
// Whether the interpreter would import a file of this name (its own EXT_SUFFIX, abi3 forms, bare .so).
bool importable_suffix(const Interpreter& python, std::string_view file_name);

std::string escape_version(const Version& version);                            // normalised, "-" never occurs
std::string distribution_stem(std::string_view name, const Version& version);  // "my_pkg-1.0"
std::string wheel_file_name(std::string_view name, const Version& version, std::string_view build, const TagSet& tags);
struct WheelName {
    std::string name;  // escaped as written
    Version version;
    std::string build;  // "" or begins with a digit
    TagSet tags;
};
Result<WheelName> parse_wheel_file_name(std::string_view file_name);

}  // namespace cermet::python
