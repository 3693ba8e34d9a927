// Toolchain: one C/C++ compiler described once, as data: which programs, which target, which version, one digest.
// SPDX-License-Identifier: MIT
//
// Any compiler with gcc-like options (gcc, clang, cross variants, wrappers). Probing runs the compiler a few times
// through exec, keyed by the content of its driver, so it happens once per compiler and cache. The digest covers the
// driver, the programs it starts (cc1, as, ld, collect2) and what it says of itself; it enters every action's platform.
// Fails: Environment when there is no compiler, or it cannot compile.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/build.h"
#include "platform/triple.h"

namespace cermet::c {

enum class Language { C, Cxx };
enum class Family { Gcc, Clang };

struct Toolchain {
    std::vector<std::string> command;  // canonical driver and its fixed arguments: {"/usr/bin/clang", "--target=…"}
    Language language = Language::C;
    Family family = Family::Gcc;
    std::string version;  // "12.2.0"
    platform::Triple target;
    std::string archiver;                    // canonical path of ar
    std::vector<std::string> include_order;  // the compiler's own search directories for <…>
    std::vector<std::string> programs;       // canonical paths of the programs the driver starts
    std::string digest;                      // 64 hex: the identity of all of it
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
    FindToolchain(Language language, std::vector<std::string> command);
    std::string text() const;
    std::string describe() const { return "looking for a C compiler"; }
    Language language() const { return language_; }
    const std::vector<std::string>& command() const { return command_; }

   private:
    Language language_;
    std::vector<std::string> command_;
};
engine::Task<Toolchain> run(engine::Build build, FindToolchain key);

}  // namespace cermet::c
