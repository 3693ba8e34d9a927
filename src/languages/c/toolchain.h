// Toolchain: one C/C++ compiler described once, as data: which programs, which target, which version, one digest.
// SPDX-License-Identifier: MIT
//
// Any compiler with gcc-like options (gcc, clang, cross variants, wrappers). Probing runs the compiler a few times
// through exec, keyed by the content of its driver and of the files it told of, so it happens once per compiler and cache.
// The digest covers the driver, the programs it starts (cc1, as, ld, collect2), `files` and what it says of itself; it
// enters every action's platform.
// Fails: Environment when there is no compiler, or it cannot compile.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/build.h"
#include "platform/triple.h"

namespace cermet::c {

enum class Language { C, Cxx };
enum class Family { Gcc, Clang };

// What the compiler does where no option says otherwise, as far as two objects must agree on it.
struct Runtime {
    std::string cxx_library;           // "libstdc++", "libc++" or ""; C++ compilers only
    std::string cxx_version;           // "12", "14.0.6"
    bool cxx11_abi = false;            // libstdc++: std::string is std::__cxx11::basic_string
    std::string cxx_abi;               // __GXX_ABI_VERSION, "1017"
    std::map<std::string, int> sizes;  // "pointer", "long", "long double", "wchar_t": bytes
    std::vector<std::string> flags;    // defaults that change the ABI: "pie", "unsigned-char", "hard-float" …; sorted
    Json to_json() const;
    static Runtime from_json(const Json& json);
    bool operator==(const Runtime&) const = default;
};

struct Toolchain {
    std::vector<std::string> command;  // canonical driver and its fixed arguments: {"/usr/bin/clang", "--target=…"}
    Language language = Language::C;
    Family family = Family::Gcc;
    std::string version;  // "12.2.0"
    platform::Triple target;
    std::string libc;          // "glibc", "musl" or ""
    std::string libc_version;  // "2.36", "1.2.3"; "" where the compiler cannot tell
    Runtime runtime;
    std::string archiver;                    // canonical path of ar
    std::vector<std::string> include_order;  // the compiler's own search directories for <…>
    std::vector<std::string> library_order;  // and for libraries
    std::vector<std::string> programs;       // canonical paths of the programs the driver starts
    // Files beside them that results stand on: what the programs load, start files and libraries that every link takes,
    // headers that say which C library this is. Canonical, sorted.
    std::vector<std::string> files;
    std::string digest;  // 64 hex: the identity of all of it
    std::string identity() const { return digest.substr(0, 8); }
    Json to_json() const;
    static Result<Toolchain> from_json(const Json& json);
    bool operator==(const Toolchain& other) const { return digest == other.digest && command == other.command; }
};

// `command` as a user or sysconfig writes it: "gcc -pthread", "ccache clang"; words are split already, names are looked
// up on the user's PATH. Empty: cc, gcc or clang (c++, g++ or clang++), the first that exists.
class FindToolchain {
   public:
    using Value = Toolchain;
    static constexpr std::string_view k_name = "toolchain";
    // `archiver`: a name or path; empty: the variable AR, or ar.
    FindToolchain(Language language, std::vector<std::string> command, std::string archiver = {});
    std::string text() const;
    std::string describe() const { return "looking for a C compiler"; }
    Language language() const { return language_; }
    const std::vector<std::string>& command() const { return command_; }
    const std::string& archiver() const { return archiver_; }

   private:
    Language language_;
    std::vector<std::string> command_;
    std::string archiver_;
};
engine::Task<Toolchain> run(engine::Build build, FindToolchain key);

}  // namespace cermet::c
