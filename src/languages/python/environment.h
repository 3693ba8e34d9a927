// Environment: the interpreter a build is for, and the distributions installed beside it, as keys.
// SPDX-License-Identifier: MIT
//
// Two interpreters are known: the base installation, whose identity enters keys, and the build environment's own, whose
// directories are only searched. A virtual environment that was deleted and made again gives equal keys. Distributions
// (Cython, numpy …) are copied once into immutable places, keyed by their RECORD.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"
#include "exec/executor.h"
#include "languages/c/c.h"
#include "languages/cython/cython.h"
#include "languages/python/interpreter.h"
#include "store/store.h"
#include "platform/machine.h"

namespace cermet::python {

struct Python {
    Interpreter record;
    std::string executable;  // canonical: /cermet/tool/python-1a2b3c4d/bin/python3.12, or /usr/bin/python3.12
    std::string digest;      // hex: identity, program and libpython
    std::vector<std::string> include_dirs;  // canonical
    std::vector<std::string> search_path;   // real site-packages directories of the build environment
    std::string runtime_library;            // real path of libpython or of the program that holds it
    bool operator==(const Python& o) const { return digest == o.digest && search_path == o.search_path; }
};

// The Python that is built for: of another machine, or where the configuration describes one, that; else the one below.
class FindPython {
   public:
    using Value = Python;
    static constexpr std::string_view k_name = "target-python";
    std::string text() const { return {}; }
    std::string describe() const { return "reading the Python environment"; }
};
engine::Task<Python> run(engine::Build build, FindPython key);

// The Python of the build environment: what Cython and generators run with.
class FindBuildPython {
   public:
    using Value = Python;
    static constexpr std::string_view k_name = "python";
    std::string text() const { return {}; }
    std::string describe() const { return "reading the Python environment"; }
};
engine::Task<Python> run(engine::Build build, FindBuildPython key);

using platform::Machine;
using platform::shown_machine;

// Gives a prefix outside of the system its place, and names the headers by it.
Status name_prefix(exec::Executor& executor, Python& python, const std::string& place);

struct Distribution {
    std::string name;  // normalised
    std::string version;
    std::string directory;  // canonical place: what PYTHONPATH lists
    std::string host;       // the place's real directory
    std::string dist_info;  // name of its .dist-info directory inside
    std::string digest;     // hex of the tree
    // Not copied, and among others in its directory: only what is below these counts; empty: all.
    std::vector<std::string> top_levels;
    bool found() const { return !directory.empty(); }
    bool operator==(const Distribution&) const = default;
};

// A distribution by name; absence is an answer. `directory`: a site-packages; "" = those of the build environment.
class FindDistribution {
   public:
    using Value = Distribution;
    static constexpr std::string_view k_name = "distribution";
    explicit FindDistribution(const std::string& name, std::string directory = {});
    std::string text() const { return directory_.empty() ? name_ : name_ + "\n" + directory_; }
    const std::string& name() const { return name_; }
    const std::string& directory() const { return directory_; }

   private:
    std::string name_;
    std::string directory_;
};
engine::Task<Distribution> run(engine::Build build, FindDistribution key);

// What `uses = ["py:NAME"]` gives: include directories (its pkg-config entry point, else its `include` directories),
// and its root for cimports.
class ProvideDistribution {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-distribution";
    explicit ProvideDistribution(std::string name, Machine machine = Machine::Target)
        : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_ + shown_machine(machine_); }
    std::string describe() const { return cat_name(); }
    engine::Drawn drawn() const { return {"distribution", name_, name_}; }
    const std::string& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    std::string cat_name() const { return "using the Python distribution " + name_; }
    std::string name_;
    Machine machine_;
};
engine::Task<c::Provides> run(engine::Build build, ProvideDistribution key);

// The build environment's Cython, ready for cython::Cythonize. Every distribution of [build-system] requires that is
// installed is on its search path, so that cimports from site-packages work.
class FindCython {
   public:
    using Value = cython::Compiler;
    static constexpr std::string_view k_name = "cython-compiler";
    std::string text() const { return {}; }
    std::string describe() const { return "looking for Cython"; }
};
engine::Task<cython::Compiler> run(engine::Build build, FindCython key);

// The site-packages directories that belong to an interpreter, found by looking, without running it.
std::vector<std::string> site_directories(const std::string& executable);
// Real path of the file that changes when an installed distribution does: its RECORD.
std::optional<std::string> distribution_record(const std::vector<std::string>& search_path, const std::string& name);
// "python" as a fact: the base installation behind an interpreter and its digest; nullopt when it is gone.
std::optional<std::string> python_fact(store::Store& store, const std::string& executable);
// The current facts of the build environment, for checking a remembered request: "dist:numpy" -> "2.1.0 <digest>".
std::optional<std::string> distribution_fact(store::Store& store, const std::vector<std::string>& search_path,
                                             const std::string& name);

}  // namespace cermet::python
