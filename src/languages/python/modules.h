// Modules: extension modules, native libraries and programs of a package, built by the other languages and put together.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"
#include "languages/c/c.h"
#include "languages/python/environment.h"
#include "languages/python/package.h"
#include "languages/python/tags.h"

namespace cermet::python {

struct BuiltModule {
    std::string name;
    std::string wheel_path;  // "rustybt/lib/rank.cpython-312-x86_64-linux-gnu.so"
    exec::Input file;
    Abi abi = Abi::Version;
    StableFloor floor;
    bool operator==(const BuiltModule& o) const { return wheel_path == o.wheel_path && file == o.file; }
};

class BuildModule {
   public:
    using Value = BuiltModule;
    static constexpr std::string_view k_name = "module";
    explicit BuildModule(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    std::string describe() const { return "building module " + name_; }
    engine::Drawn drawn() const { return {"module", name_, name_}; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<BuiltModule> run(engine::Build build, BuildModule key);

// "py:numpy", "rust:core", "c:stats", "sys:zlib", "generate:tables"; `where` is the entry's place for errors.
class ProvideUse {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "use";
    ProvideUse(std::string use, Where where, Machine machine = Machine::Target)
        : use_(std::move(use)), where_(std::move(where)), machine_(machine) {}
    std::string text() const { return use_ + shown_machine(machine_); }
    std::string describe() const { return "providing " + use_; }
    const std::string& use() const { return use_; }
    const Where& where() const { return where_; }
    Machine machine() const { return machine_; }

   private:
    std::string use_;
    Where where_;
    Machine machine_;
};
engine::Task<c::Provides> run(engine::Build build, ProvideUse key);

// A declared download at its place.
struct ProvidedDownload {
    std::string path;       // canonical: of the file, or of the directory that it was unpacked into
    std::string directory;  // the same, or the one that holds the file
    exec::Input input;
    bool operator==(const ProvidedDownload&) const = default;
};
class ProvideDownload {
   public:
    using Value = ProvidedDownload;
    static constexpr std::string_view k_name = "provide-download";
    explicit ProvideDownload(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<ProvidedDownload> run(engine::Build build, ProvideDownload key);

struct BuiltProgram {
    std::string name;
    exec::Input file;
    bool install = true;
    std::vector<exec::Input> libraries;  // shared ones of this project that it needs to run
    bool operator==(const BuiltProgram&) const = default;
};

class BuildProgram {
   public:
    using Value = BuiltProgram;
    static constexpr std::string_view k_name = "program-target";
    explicit BuildProgram(std::string name, Machine machine = Machine::Target)
        : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_ + shown_machine(machine_); }
    std::string describe() const { return "building program " + name_; }
    engine::Drawn drawn() const { return {"program", text(), text()}; }
    const std::string& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    std::string name_;
    Machine machine_;
};
engine::Task<BuiltProgram> run(engine::Build build, BuildProgram key);

// Flags as the contract says: sysconfig of the target Python, the machine's record, the environment, the profile.
struct NativeFlags {
    std::vector<std::string> c_command, cxx_command;  // compiler words as the user or sysconfig wrote them
    std::vector<std::string> c, cxx, link;
    bool operator==(const NativeFlags&) const = default;
};
class FindNativeFlags {
   public:
    using Value = NativeFlags;
    static constexpr std::string_view k_name = "native-flags";
    // `python`: with the target Python's flags (modules), or without (programs and libraries outside a package).
    explicit FindNativeFlags(bool python, Machine machine = Machine::Target) : python_(python), machine_(machine) {}
    std::string text() const { return (python_ ? "python" : "plain") + shown_machine(machine_); }
    bool python() const { return python_; }
    Machine machine() const { return machine_; }

   private:
    bool python_;
    Machine machine_;
};
engine::Task<NativeFlags> run(engine::Build build, FindNativeFlags key);

// The compiler that goes with these flags.
class FindCompiler {
   public:
    using Value = c::Toolchain;
    static constexpr std::string_view k_name = "compiler";
    FindCompiler(c::Language language, bool python, Machine machine = Machine::Target)
        : language_(language), python_(python), machine_(machine) {}
    std::string text() const {
        return (language_ == c::Language::C ? "c " : "c++ ") + FindNativeFlags(python_, machine_).text();
    }
    c::Language language() const { return language_; }
    bool python() const { return python_; }
    Machine machine() const { return machine_; }

   private:
    c::Language language_;
    bool python_;
    Machine machine_;
};
engine::Task<c::Toolchain> run(engine::Build build, FindCompiler key);

// Real directories with the libraries of another machine, as its compiler names them; none where this one is built for.
class FindTargetLibraries {
   public:
    using Value = std::vector<std::string>;
    static constexpr std::string_view k_name = "target-libraries";
    std::string text() const { return {}; }
};
engine::Task<std::vector<std::string>> run(engine::Build build, FindTargetLibraries key);

}  // namespace cermet::python
