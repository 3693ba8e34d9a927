// Cross: the compilers for another machine than this one, as a record, variables of the environment and custom name them.
// SPDX-License-Identifier: MIT
//
// Custom: GNU's programs have the machine in front of their names (aarch64-linux-gnu-gcc). Variables that build scripts
// know too go before the record: CC_<triple with _>, CXX_…, AR_…, CFLAGS_…, CXXFLAGS_…, LDFLAGS_…, PKG_CONFIG_…. Plain CC
// is the build machine's. Fails: Environment where there is no such compiler, Project where it is one for another machine.
#pragma once
#include <string>
#include <vector>

#include "engine/build.h"
#include "languages/c/toolchain.h"

namespace cermet::c {

struct CrossRecord {
    platform::Triple target;
    std::vector<std::string> cc, cxx, ar;  // commands; empty: by custom
    std::vector<std::string> c_flags, cxx_flags, link_flags;
    std::vector<std::string> pkg_config;  // empty: nothing is said of one
    Where place;  // where it is said that, or how, this machine is built for
    std::string text() const;
};

// With what the environment says; every command is there.
class FindCrossTools {
   public:
    using Value = CrossRecord;
    static constexpr std::string_view k_name = "cross-tools";
    explicit FindCrossTools(CrossRecord record) : record_(std::move(record)), text_(record_.text()) {}
    std::string text() const { return text_; }
    const CrossRecord& record() const { return record_; }

   private:
    CrossRecord record_;
    std::string text_;
};
engine::Task<CrossRecord> run(engine::Build build, FindCrossTools key);

class FindCrossToolchain {
   public:
    using Value = Toolchain;
    static constexpr std::string_view k_name = "cross-toolchain";
    FindCrossToolchain(Language language, CrossRecord record)
        : language_(language), record_(std::move(record)), text_(record_.text()) {}
    std::string text() const { return cat_text(); }
    std::string describe() const { return "looking for a compiler for " + record_.target.rust(); }
    Language language() const { return language_; }
    const CrossRecord& record() const { return record_; }

   private:
    std::string cat_text() const { return (language_ == Language::C ? "c " : "c++ ") + text_; }
    Language language_;
    CrossRecord record_;
    std::string text_;
};
engine::Task<Toolchain> run(engine::Build build, FindCrossToolchain key);

// "aarch64_unknown_linux_gnu": how names of variables spell a triple.
std::string variable_suffix(std::string_view triple);

}  // namespace cermet::c
