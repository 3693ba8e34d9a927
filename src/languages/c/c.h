// C and C++: compiling sources to objects, and linking objects to modules, libraries and executables.
// SPDX-License-Identifier: MIT
//
// The public header of the room: keys and values. Two modules that compile the same source the same way share one
// object, because the key is what is compiled and how, not for whom. All paths are canonical (exec/places.h).
// Discovery: the depfile, system headers included, so that upgrading a -dev package rebuilds what read it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exec/action.h"
#include "exec/run.h"
#include "languages/c/cross.h"
#include "languages/c/toolchain.h"

namespace cermet::c {

// What a target gives to those who use it: the answer of every `uses` entry, whatever language it is written in.
struct Provides {
    std::vector<std::string> include_dirs;
    std::vector<std::string> pxd_dirs;  // roots searched by cimport
    std::vector<std::string> compile_flags;
    std::vector<std::string> link_flags;  // -lm, -L…, after the archives
    std::vector<exec::Input> archives;    // static libraries, in link order
    std::vector<exec::Input> shared_libraries;
    std::vector<exec::Input> needed_libraries;  // shared ones that those need: found by the linker, not linked
    std::vector<exec::Input> inputs;            // generated files behind the directories: ordering and keys
    bool cxx = false;                           // an archive holds C++: whoever links it needs its runtime
    void add(const Provides& other);
    void add_to_link(const Provides& other);  // what of it concerns the linker alone
    bool operator==(const Provides&) const = default;
};

struct Compilation {
    std::string name;    // for the label: "prices"
    exec::Input source;  // digest may be empty: then it is a leaf of the checkout
    Language language = Language::C;
    Toolchain toolchain;
    std::vector<std::string> flags;  // in order, as given by sysconfig, environment, profile, target
    std::map<std::string, std::string> defines;
    std::vector<std::string> include_dirs;
    std::vector<exec::Input> inputs;  // generated headers
    std::string project_file;         // what to name in errors; the source when empty
};

class CompileObject {
   public:
    using Value = exec::Outcome;  // one object: file "<name>.o"
    static constexpr std::string_view k_name = "compile";
    explicit CompileObject(Compilation what);
    std::string text() const { return text_; }
    std::string describe() const;
    const Compilation& what() const { return *what_; }

   private:
    std::shared_ptr<const Compilation> what_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, CompileObject key);

enum class LinkKind { Module, SharedLibrary, Executable };

struct Linkage {
    std::string name;    // for the label
    std::string output;  // file name: "prices.cpython-312-x86_64-linux-gnu.so"
    LinkKind kind = LinkKind::Module;
    Toolchain toolchain;  // the driver that links: C++ when any object is
    std::vector<exec::Input> objects;
    Provides uses;
    std::vector<exec::Input> found;    // what -l and paths among the flags mean: they are no words of the command
    std::vector<std::string> flags;    // LDSHARED's rest, LDFLAGS, profile, target
    std::vector<std::string> exports;  // empty: no export control (executables); else only these symbols
    std::vector<std::string>
        run_paths;  // where the dynamic linker looks for `uses.shared_libraries`: "$ORIGIN/../.libs"
    std::string project_file;
};

class Link {
   public:
    using Value = exec::Outcome;
    static constexpr std::string_view k_name = "link";
    explicit Link(Linkage what);
    std::string text() const { return text_; }
    std::string describe() const;
    const Linkage& what() const { return *what_; }

   private:
    std::shared_ptr<const Linkage> what_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, Link key);

struct Archive {
    std::string name;
    std::string output;  // "libstats.a"
    Toolchain toolchain;
    std::vector<exec::Input> objects;
};

class MakeArchive {
   public:
    using Value = exec::Outcome;
    static constexpr std::string_view k_name = "archive";
    explicit MakeArchive(Archive what);
    std::string text() const { return text_; }
    std::string describe() const;
    const Archive& what() const { return *what_; }

   private:
    std::shared_ptr<const Archive> what_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, MakeArchive key);

Language language_of(std::string_view source);  // by extension; .c, .S and .s are C, the rest C++
bool is_c_source(std::string_view path);        // .c .cc .cpp .cxx .c++ .C .S .s
// -ffile-prefix-map for every place, so that plain and mount mode give equal bytes. Tools and outside directories lie
// anywhere, each with a map of its own: those that occur in `texts` (arguments) get one.
std::vector<std::string> prefix_maps(const std::vector<std::string>& texts);
// The #include "x.cpp" lines of an amalgamation: `sources = { from = … }`. Paths relative to the project directory.
std::vector<std::string> sources_named_in(std::string_view text, std::string_view file);

}  // namespace cermet::c
