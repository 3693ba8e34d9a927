// Config: what a project says under [tool.cermet], typed, each value with its origin.
// SPDX-License-Identifier: MIT
//
// The text lies in pyproject.toml ([tool.cermet]) or, where there is no Python package, in
// cermet.toml (the same tables at top level). Every key is one row of the table in
// options/schema.cpp; parser, overrides, reference page and JSON schema come from those rows. Knows
// no compiler, no wheel: names of crates, markers and globs stay text for the rooms that understand
// them. Paths and globs are kept relative to Config::directory when they lie in it, else joined to
// their own file's directory: join_path(config.directory, value) is always right. How it fails:
// Project errors for what a file says, Usage errors for -C and CERMET_…; each names
// file:line:column or the option, and the nearest known name. Threads: a plain value, immutable
// once loaded.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/source_files.h"
#include "platform/triple.h"

namespace cermet::options {

enum class OriginKind { Default, File, OverridesFile, Environment, CommandLine };

// Where a value was set: a file with line and column, "CERMET_…", "-C …", or nowhere (the default).
struct Origin {
    OriginKind kind = OriginKind::Default;
    Where where;               // File and OverridesFile
    std::string name;          // Environment: the variable; CommandLine: "-C a.b=value"
    std::string text() const;  // "pyproject.toml:12", "CERMET_A__B", "-C a.b=value", "default"
};

template <class T>
struct Setting {
    T value{};
    Origin origin;
    bool set() const { return origin.kind != OriginKind::Default; }  // said by the user
    const T& operator*() const { return value; }
    const T* operator->() const { return &value; }
};

using Text = Setting<std::string>;
using Flag = Setting<bool>;
using Number = Setting<std::int64_t>;  // not negative
using Texts = Setting<std::vector<std::string>>;
using Defines = Setting<std::map<std::string, std::string>>;  // NAME -> value; true is "1"; false
                                                              // removes the name
using Values = Setting<std::map<std::string, Json>>;          // Cython directives: bool, integer, string or list
using Lists = Setting<std::map<std::string, std::vector<std::string>>>;

// `sources = ["a.c", "src/*.c"]` or `sources = { from = "src/all.cpp", exclude = ["src/main.cpp"] }`: the
// #include "x.cpp" lines of that file.
struct SourceList {
    std::vector<std::string> list;     // paths and globs
    std::string from;                  // empty unless the second form
    std::vector<std::string> exclude;  // of the second form: paths and globs that are left out
    bool empty() const { return list.empty() && from.empty(); }
};
using Sources = Setting<SourceList>;

// What every table has.
struct Table {
    std::string id;       // NAME of [profile.NAME] and [crates.NAME]; the index, as text, of [[x]]
    Where place;          // where the table was written
    Text when;            // PEP 508 marker or cfg(...), "" = always; unused by profile
    std::string said_by;  // of a table that only values from outside speak of: Origin::text() of the first of them
};

// A knob of the package for those who build it: other tables name it as "option:NAME" in their values, and with
// cfg(option = "NAME") in `when`.
struct Option : Table {
    Text type;  // "boolean" | "choice" | "text" | "number"
    Text initial;
    Texts choices;
    Text doc;
    Text value;                          // in its canonical spelling: what was said from outside, else the default
    std::vector<std::string> consumers;  // "rust-library.core.features": who names it
};

// What C, C++ and Cython targets share.
struct NativeOptions {
    Texts include_dirs;  // directories
    Defines define;
    Texts c_flags, cxx_flags, link_flags;
    Flag unity;          // sources are compiled together, several at a time
    Texts libraries;     // names for -l
    Texts library_dirs;  // directories for -L
    Texts uses;          // "py:numpy", "rust:core", "c:x", "sys:zlib", "tool:x", "download:x": see parse_use
};

// What every selection of crates shares; cargo's --features, --no-default-features, --all-features.
struct CrateOptions {
    Texts features;
    Flag default_features;
    Flag all_features;
    Text profile;    // cargo profile; "" = the one that belongs to the chosen profile
    Text selection;  // targets of one selection resolve their features together; "" = alone
};

struct Version {
    Text from;      // "git" | "cargo" | "file" | "" (then [project].version)
    Text file;      // from = "file": the path
    Text pattern;   // text around {version}: in the file, or of a tag
    Text crate;     // from = "cargo": package name or directory
    Text write;     // path of a Python file written into wheel, sdist and develop only; "" = none
    Text fallback;  // the version where git has none; "" = an error
    Where place;
};

// Where fields other than the version come from that project.dynamic lists.
struct DynamicFields {
    Text crate;   // directory of the crate whose manifest says them
    Text readme;  // the readme's file; goes before the crate's
    Where place;
};

struct Profile : Table {
    Text inherits;
    Texts c_flags, cxx_flags, link_flags;
    Defines define;
    Values cython_directives;
    Text rust;  // cargo's profile name; "" = the same name
};

struct CythonGroup : Table, NativeOptions {
    Texts modules;    // globs of .pyx or .py files: module name = path; or …
    Texts exclude;    // globs taken out of `modules`
    Text name;        // … one module with this name …
    Sources sources;  // … made of these: the first Cython source and any C or C++ sources
    Text language;    // "c" | "c++"
    Values directives;
    Values compile_time_env;
    Texts include_path;  // directories searched for .pxd and .pxi
    Flag annotate;
    Text limited_api;  // "no" | "3.9"
    Texts exports;     // symbols exported beside the init function
};

struct CModule : Table, NativeOptions {
    Text name;
    Sources sources;
    Text std;
    Text limited_api;  // "no" | "3.9"
    Texts exports;
};

struct CLibrary : Table, NativeOptions {
    Text name;
    Sources sources;
    Text kind;  // "static" | "shared" (one library inside the wheel)
    Text std;
    Texts public_include;  // directories given to those who use it
    Defines public_define;
    Texts exports;  // shared: the exported symbols; empty = all
};

struct Executable : Table, NativeOptions, CrateOptions {
    Text name;
    Sources sources;  // C and C++; or …
    Text crate;       // … package name or directory (has a '/') of a crate
    Text bin;         // its binary target; "" = the one called `name`, or the only one
    Text std;         // "c++20", "c11"
    Flag install;     // a script of the wheel
};

struct RustModule : Table, CrateOptions {
    Text name;   // dotted module name
    Text crate;  // package name or directory (has a '/')
    Texts exports;
    Text limited_api;  // "auto" (from the pyo3 features) | "no" | "3.9"
};

struct RustLibrary : Table, CrateOptions {
    Text name;
    Texts crates;          // package names or directories (with a '/')
    Text link;             // "static" | "shared"
    Texts public_include;  // directories with its headers and pxd, given to those who use it
    Texts exports;         // shared: the exported symbols; empty = all extern "C" ones
};

struct Generate : Table {
    Text name;
    Texts command;  // argv, passed as it stands: no shell, no expansion
    Texts inputs;   // globs
    Texts outputs;  // paths
    Texts uses;
    Texts provides;   // facts that it states over its channel, and others may ask for
    Defines options;  // values for what it asks over its channel
    Defines env;
    Texts pass_env;
    Text cwd;  // "." = the project
};

// A file of the network, known by its sha256.
struct Download : Table {
    Text name;
    Text url;
    Text sha256;   // 64 hex
    Number size;   // in bytes; 0 = not said
    Text license;  // SPDX expression, for the audit
    Text unpack;   // directory of the archive whose contents are given; "" = the file as it is
    Text file;     // a local file with these bytes, taken in place of the URL; "" = none
};

// Rules for one crate of the graph, said outside of it. `id` is the package name.
struct CrateRule : Table {
    Defines env;
    Texts pass_env;
    Texts tools;           // programs its build script runs
    Texts uses;            // what else of the project or the system it reads
    Texts features;        // added wherever the crate is selected
    Texts inputs;          // globs its build script reads outside its package
    Texts outputs;         // files its build script writes outside OUT_DIR
    Texts headers;         // globs below OUT_DIR: headers for those who use the crate's library
    Flag deny_run;         // never run its build script: `provides` stands in
    Lists provides;        // "rustc-link-lib" = ["z"], … the directives that stand in for the script
    Text library;          // "library:z": a library of the project that stands in for the script
    Defines options;       // values for what its script asks over its channel
    Flag network;          // its build script may use the network
    Flag for_users;        // what it gives its build script holds for all scripts that are built with the crate
    Flag canonical_paths;  // the script sees /cermet/… texts in place of rendered paths
};

// What builds for one machine. `id` is its triple, in any spelling.
struct ToolchainRecord : Table {
    Texts cc, cxx, ar;  // commands
    Texts c_flags, cxx_flags, link_flags;
    Texts pkg_config;    // command that answers for that machine
    Text python;         // build-details.json of its Python; "" = the one that the build runs with
    Texts include_dirs;  // of its Python, beside the one that its record names
    Text site_packages;  // directory with distributions for it; "" = the build environment's, where they fit
};

struct Cargo {
    Flag locked, offline;
    Text manifest_path;  // Cargo.toml of the workspace; "" = found from the crates named
    Text lock_file;      // a Cargo.lock used in place of the workspace's own; "" = its own
    Texts config;        // values of cargo's configuration, as its --config takes them
    Where place;
};

// What values from outside changed: as a document of the overrides file's format, in pieces.
struct Outside {
    std::vector<std::pair<std::string, std::string>> values;  // dotted key -> value, both as TOML writes them
    std::vector<std::string> tables;                          // whole tables that were added
    std::map<std::string, std::string> own_variables;         // [env] set, as the project itself says it
    std::vector<std::string> unrecorded;                      // of a record that was read: keys whose values it lacks
};

struct Config {
    std::string directory;       // the project's directory, in the terms of the SourceFiles it was read with
    std::string file;            // pyproject.toml or cermet.toml; "" when neither says anything about Cermet
    bool has_pyproject = false;  // a Python package: [project] can be asked of directory/pyproject.toml

    Texts packages;                      // import packages; empty = the one that matches project.name
    Text package_dir;                    // directory that holds them; "" = "src" where it holds them, else "."
    Texts include, exclude;              // globs, wheel
    Texts sdist_include, sdist_exclude;  // globs, sdist
    Text default_profile;
    Texts crate_rules;        // files with [crates.NAME] tables for everybody's use
    Defines provide;          // "library:z" -> "c:z": who answers when somebody asks for a fact
    Defines mirrors;          // how URLs of downloads begin -> what stands there instead
    Text vendored_downloads;  // directory with files of downloads, looked at before the network; "" = none
    Texts pass_env;           // [env]
    Defines env_set;          // [env]: as if they stood in the environment; what stands there goes before
    Text compatibility;       // the platform tag of the wheel: see parse_compatibility
    Flag strict;              // scripts cannot read what is not declared for them
    Text target;              // triple of the machine that is built for; "" = this one
    Version version;
    DynamicFields dynamic;
    Cargo cargo;
    std::vector<Profile> profiles;
    std::vector<CythonGroup> cython;
    std::vector<CModule> c_modules;
    std::vector<CLibrary> c_libraries;
    std::vector<Executable> executables;
    std::vector<RustModule> rust_modules;
    std::vector<RustLibrary> rust_libraries;
    std::vector<CrateRule> crates;
    std::vector<ToolchainRecord> toolchains;
    std::vector<Generate> generates;
    std::vector<Download> downloads;
    std::vector<Option> options;
    Outside outside;

    const CrateRule* find_crate(std::string_view name) const;
    const CLibrary* find_c_library(std::string_view name) const;
    const RustLibrary* find_rust_library(std::string_view name) const;
    const Generate* find_generate(std::string_view name) const;
    const Executable* find_executable(std::string_view name) const;
    const Download* find_download(std::string_view name) const;
    const ToolchainRecord* find_toolchain(const platform::Triple& machine) const;
};

// Values from outside, in rising precedence: overrides file, environment, command line.
struct Overrides {
    std::string file;  // a TOML file with the tables of cermet.toml; [cython.NAME] or [cython.0]
                       // addresses one of [[cython]]; or a wheel, whose record is such a file
    std::vector<std::pair<std::string, std::string>> environment;  // CERMET_A__B = value; other names are ignored
    std::vector<std::string> command_line;                         // "a.b=value", without -C
};

// The first setting in which two groups differ, beside which modules they name; "" = they agree, so
// that a module which both reach is one target.
std::string differing_setting(const CythonGroup& a, const CythonGroup& b);

// Reads directory/pyproject.toml or directory/cermet.toml, applies the overrides and checks across
// tables.
Result<Config> load_config(SourceFiles& files, const std::string& directory, const Overrides& overrides = {});

// The flags of a profile with what it inherits, in order. "release" and "dev" always exist.
struct ProfileFlags {
    std::string name;
    std::vector<std::string> c_flags, cxx_flags, link_flags;
    std::map<std::string, std::string> define;
    std::map<std::string, Json> cython_directives;
    std::string rust_profile;
};
Result<ProfileFlags> flags_for(const Config& config,
                               std::string_view profile);  // "" = default-profile

// "rust:core" -> {Rust, "core"}.
enum class UseKind { Python, Rust, C, System, Tool, Generate, Download, Fact };
struct Use {
    UseKind kind = UseKind::System;
    std::string name;
};
Result<Use> parse_use(std::string_view text);

// What the platform tag of a wheel promises: "manylinux_2_28" -> {Manylinux, 2, 28}; manylinux1, 2010 and 2014 as well.
enum class Promise { Linux, Auto, Manylinux, Musllinux };
struct Compatibility {
    Promise promise = Promise::Linux;
    int major = 0, minor = 0;  // of the C library; Manylinux and Musllinux only
};
Result<Compatibility> parse_compatibility(std::string_view text);

// Every knob: what `cermet options` lists.
struct Knob {
    std::string group;         // "options", "configuration", "features", …
    std::string path;          // "profile.release.c-flags", "cython.0.language"
    std::string type;          // "list of text", "one of c, c++", …
    std::string default_text;  // as TOML; "" = none
    std::string value;         // as TOML; "" = unset
    std::string origin;        // Origin::text()
    std::string doc;
    std::vector<std::string> consumers;  // tables, crates and steps that use it
    std::vector<std::string> by;         // of a crate's feature: who switches it on; of a variable that was observed:
                                         // who looked for it, "build script of z-sys v1.0.0 (cc1)"
};
// `profile`: the one that the command line chooses, "" = the default one.
std::vector<Knob> effective_options(const Config& config, const std::string& profile = {});
// The switches of [crates.NAME] of a crate that has no such table.
std::vector<Knob> crate_switches(const std::string& crate);

// --- the record (options/record.cpp) ---
// The file of a wheel's .dist-info with what was said from outside, and its text; "" where nothing was.
inline constexpr std::string_view k_record_file = "cermet-overrides.toml";
struct RecordedEnvironment {
    std::string profile;                           // of the command line; "" = not said
    std::map<std::string, std::string> variables;  // that steps read, with the user's values
};
std::string record_text(const Config& config, const RecordedEnvironment& environment);
// Of a variable that is about the person and the machine, not about what is built.
bool names_session(const std::string& name);
bool names_secret(std::string_view name);  // of a variable whose value nobody should read

std::string configuration_reference();  // docs/reference/configuration.md
Json configuration_schema();            // a JSON schema of [tool.cermet]

}  // namespace cermet::options
