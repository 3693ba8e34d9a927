// The schema's rows: every key of the configuration with type, default, sentence and example.
// SPDX-License-Identifier: MIT
#include "options/schema.h"

#include <type_traits>

#include "base/text.h"

namespace cermet::options {

namespace schema_detail {

template <class M>
constexpr Storage storage_for() {
    if constexpr (std::is_same_v<M, Text>) return Storage::String;
    if constexpr (std::is_same_v<M, Flag>) return Storage::Boolean;
    if constexpr (std::is_same_v<M, Number>) return Storage::Integer;
    if constexpr (std::is_same_v<M, Texts>) return Storage::Strings;
    if constexpr (std::is_same_v<M, Defines>) return Storage::DefineMap;
    if constexpr (std::is_same_v<M, Values>) return Storage::ValueMap;
    if constexpr (std::is_same_v<M, Lists>) return Storage::ListMap;
    if constexpr (std::is_same_v<M, Sources>) return Storage::SourcePaths;
}

template <class T, auto Member>
void* field_of(void* table) {
    return &(static_cast<T*>(table)->*Member);
}

template <class T, auto Member>
Row row(const char* key, Kind kind, const char* example, const char* doc, const char* default_text = "",
        std::vector<std::string> choices = {}) {
    using M = std::remove_reference_t<decltype(std::declval<T&>().*Member)>;
    if (storage_of(kind) != storage_for<M>()) abort_bug(cat("schema row ", key, " has a wrong kind"));
    Row made;
    made.key = key;
    made.kind = kind;
    made.choices = std::move(choices);
    made.default_text = default_text;
    made.doc = doc;
    made.example = example;
    made.field = &field_of<T, Member>;
    return made;
}

template <auto Vector>
struct Many {
    using T = typename std::remove_reference_t<decltype(std::declval<Config&>().*Vector)>::value_type;
    static std::size_t count(Config& c) { return (c.*Vector).size(); }
    static void* element(Config& c, std::size_t i) { return &(c.*Vector)[i]; }
    static Table* head(Config& c, std::size_t i) { return &(c.*Vector)[i]; }
    static void add(Config& c) { (c.*Vector).emplace_back(); }
    static void remove(Config& c, std::size_t i) {
        (c.*Vector).erase((c.*Vector).begin() + static_cast<std::ptrdiff_t>(i));
    }
};

template <class T>
Row when_row() {
    return row<T, &T::when>("when", Kind::String, "\"sys_platform == 'linux'\"",
                            "A PEP 508 marker or `cfg(…)`: the table counts only where it is true.");
}

template <auto Vector>
Section many(const char* name, Shape shape, const char* doc, std::vector<Row> rows) {
    Section section;
    section.name = name;
    section.shape = shape;
    section.doc = doc;
    section.rows = std::move(rows);
    section.count = &Many<Vector>::count;
    section.element = &Many<Vector>::element;
    section.head = &Many<Vector>::head;
    section.add = &Many<Vector>::add;
    section.remove = &Many<Vector>::remove;
    return section;
}

template <class T>
void add_native(std::vector<Row>& rows) {
    rows.push_back(
        row<T, &T::include_dirs>("include-dirs", Kind::Paths, "[\"include\"]", "Directories searched for headers."));
    rows.push_back(row<T, &T::define>("define", Kind::DefineMap, "{ NPY_NO_DEPRECATED_API = \"NPY_1_7_API_VERSION\" }",
                                      "Macros; `true` defines one as 1, `false` takes it away."));
    rows.push_back(row<T, &T::c_flags>("c-flags", Kind::Words, "[\"-O2\"]",
                                       "Options for the C compiler, after those of the profile."));
    rows.push_back(row<T, &T::cxx_flags>("cxx-flags", Kind::Words, "[\"-std=c++20\"]",
                                         "Options for the C++ compiler, after those of the profile."));
    rows.push_back(
        row<T, &T::unity>("unity", Kind::Boolean, "true",
                          "Compile the sources together, sixteen at a time in their order: much less to read "
                          "for a build from nothing, more to do after an edit.",
                          "false"));
    rows.push_back(row<T, &T::link_flags>("link-flags", Kind::Words, "[\"-Wl,--as-needed\"]",
                                          "Options for the link, after those of the profile."));
    rows.push_back(row<T, &T::libraries>("libraries", Kind::Strings, "[\"m\"]",
                                         "System libraries to link, by the name `-l` takes."));
    rows.push_back(row<T, &T::library_dirs>("library-dirs", Kind::Paths, "[\"vendor/lib\"]",
                                            "Directories searched for libraries."));
    rows.push_back(row<T, &T::uses>(
        "uses", Kind::Strings, "[\"py:numpy\", \"sys:zlib\"]",
        "Providers of headers, pxd files, libraries and flags: `py:` a Python package, `rust:` and "
        "`c:` libraries of "
        "this project, `sys:` pkg-config, `tool:` a program, `generate:` a generate table, `download:` a "
        "download table, `library:` and `headers:` what a crate's build script provides."));
}

template <class T>
void add_crate(std::vector<Row>& rows) {
    rows.push_back(row<T, &T::features>("features", Kind::Strings, "[\"ffi\"]", "Cargo features to enable."));
    rows.push_back(row<T, &T::default_features>("default-features", Kind::Boolean, "false",
                                                "Enable the crate's default features.", "true"));
    rows.push_back(
        row<T, &T::all_features>("all-features", Kind::Boolean, "true", "Enable every feature of the crate.", "false"));
    rows.push_back(row<T, &T::profile>("profile", Kind::String, "\"release\"",
                                       "Cargo profile; without it the one that belongs to the chosen profile."));
    rows.push_back(row<T, &T::selection>("selection", Kind::String, "\"all\"",
                                         "Targets that name the same selection resolve their "
                                         "features together, as one cargo command would; "
                                         "without it each target is resolved alone."));
}

Section top() {
    Section section;
    section.doc =
        "Everything is optional. Paths and globs are relative to the file that holds them; in "
        "globs `*` and `?` stay "
        "within one directory and `**` crosses any number of them.";
    section.single = [](Config& config) -> void* { return &config; };
    section.rows = {
        row<Config, &Config::packages>("packages", Kind::Strings, "[\"rustybt\"]",
                                       "Import packages of the wheel; without it the one package "
                                       "whose name matches `project.name`."),
        row<Config, &Config::package_dir>("package-dir", Kind::Path, "\"src\"",
                                          "Directory that holds the packages; without it `src` "
                                          "where they are there, else the project itself."),
        row<Config, &Config::include>("include", Kind::Globs, "[\"**/*.pxd\"]",
                                      "Files of the packages that the wheel carries beside .py, "
                                      ".pyi, py.typed and built modules."),
        row<Config, &Config::exclude>("exclude", Kind::Globs, "[\"rustybt/tests/**\"]",
                                      "Files that the wheel leaves out."),
        row<Config, &Config::sdist_include>("sdist-include", Kind::Globs, "[\"docs/**\"]",
                                            "Files that the sdist carries beside those it must."),
        row<Config, &Config::sdist_exclude>(
            "sdist-exclude", Kind::Globs, "[\"tests/data/**\"]",
            "Files that the sdist leaves out; leaving out what the build reads is an error."),
        row<Config, &Config::crate_rules>(
            "crate-rules", Kind::Globs, "[\"packaging/rules/*.toml\"]",
            "Files with tables [crates.NAME] for crates that may or may not be there, shared by packages. A table of "
            "the "
            "project goes before one of a file; of those the first that fits a crate's version counts."),
        row<Config, &Config::provide>(
            "provide", Kind::EnvMap, "{ \"library:z\" = \"c:z\" }",
            "Who answers when a build script, a generator or `uses` asks for a fact: `c:`, `rust:`, `sys:`, `py:`, "
            "`generate:` or `tool:` with a name, or `crate:NAME` for what that crate's build script provides."),
        row<Config, &Config::default_profile>("default-profile", Kind::String, "\"release\"",
                                              "The profile where the command line names none.", "release"),
        row<Config, &Config::mirrors>("mirrors", Kind::EnvMap,
                                      "{ \"https://github.com/\" = \"https://mirror.example/github/\" }",
                                      "How the URLs of downloads begin, and what is asked in place of it; the "
                                      "longest that fits counts."),
        row<Config, &Config::vendored_downloads>(
            "vendored-downloads", Kind::Path, "\"vendor/.downloads\"",
            "Directory with files of downloads, as `cermet vendor` writes it; what "
            "lies there is not asked of the network."),
        row<Config, &Config::compatibility>(
            "compatibility", Kind::String, "\"manylinux_2_28\"",
            "What the wheel's platform tag promises: `linux` nothing, `auto` the most that its native files keep, "
            "`manylinux_2_N`, `manylinux2014` or `musllinux_1_N` just this, and a file that breaks it is an error.",
            "linux"),
        row<Config, &Config::strict>(
            "strict", Kind::Boolean, "true",
            "Build scripts and generators can read nothing but what is declared for them, the toolchain and the "
            "system's directories. An error where the kernel has no Landlock.",
            "false"),
        // lint: allow(triple) an example for the reference page, never parsed
        row<Config, &Config::target>("target", Kind::String, "\"aarch64-unknown-linux-gnu\"",
                                     "Triple of the machine that is built for, in any usual spelling; `--target` says "
                                     "it too. Without it this machine."),
    };
    return section;
}

Section version() {
    Section section;
    section.name = "version";
    section.shape = Shape::Single;
    section.doc =
        "Where the version comes from when `project.dynamic` lists it. In an sdist PKG-INFO "
        "decides.";
    section.single = [](Config& config) -> void* { return &config.version; };
    section.place = [](Config& config) -> Where* { return &config.version.place; };
    section.rows = {
        row<Version, &Version::from>("from", Kind::Choice, "\"git\"",
                                     "The source: tags of git, the manifest of a crate, or a text file.", "",
                                     {"git", "cargo", "file"}),
        row<Version, &Version::file>("file", Kind::Path, "\"rustybt/__init__.py\"",
                                     "The file to read; with `from = \"file\"` only."),
        row<Version, &Version::pattern>("pattern", Kind::String, "'__version__ = \"{version}\"'",
                                        "Text around `{version}`, in the file or of a tag; without "
                                        "it `__version__ = \"{version}\"` and "
                                        "`v{version}` or `{version}`."),
        row<Version, &Version::crate>("crate", Kind::Crate, "\"core\"",
                                      "Package name or directory of the crate; with `from = \"cargo\"` only."),
        row<Version, &Version::write>("write", Kind::Path, "\"rustybt/_version.py\"",
                                      "A Python module with the version, written into wheel, sdist "
                                      "and develop, never into the checkout."),
        row<Version, &Version::fallback>("fallback", Kind::String, "\"0.0.0\"",
                                         "The version where there is no git history; without it that is an error."),
    };
    return section;
}

Section dynamic() {
    Section section;
    section.name = "dynamic";
    section.shape = Shape::Single;
    section.doc = "Where other fields than the version come from when `project.dynamic` lists them.";
    section.single = [](Config& config) -> void* { return &config.dynamic; };
    section.place = [](Config& config) -> Where* { return &config.dynamic.place; };
    section.rows = {
        row<DynamicFields, &DynamicFields::crate>(
            "crate", Kind::Path, "\"rust/crates/rustybt\"",
            "Directory of the crate whose manifest says them: description, readme, license, license-files, authors, "
            "keywords, urls. What it does not say is left out."),
        row<DynamicFields, &DynamicFields::readme>("readme", Kind::Path, "\"README.rst\"",
                                                   "The readme's file; it goes before the crate's."),
    };
    return section;
}

Section cargo() {
    Section section;
    section.name = "cargo";
    section.shape = Shape::Single;
    section.doc = "How the crates of this project are found and locked.";
    section.single = [](Config& config) -> void* { return &config.cargo; };
    section.place = [](Config& config) -> Where* { return &config.cargo.place; };
    section.rows = {
        row<Cargo, &Cargo::locked>("locked", Kind::Boolean, "true",
                                   "A Cargo.lock that is missing or would change is an error.", "false"),
        row<Cargo, &Cargo::offline>("offline", Kind::Boolean, "true", "Crates never come from the network.", "false"),
        row<Cargo, &Cargo::manifest_path>("manifest-path", Kind::Path, "\"rust/Cargo.toml\"",
                                          "Cargo.toml of the workspace; without it the one found "
                                          "from the crates that are named."),
        row<Cargo, &Cargo::lock_file>("lock-file", Kind::Path, "\"packaging/Cargo.lock\"",
                                      "A Cargo.lock used in place of the workspace's own."),
        row<Cargo, &Cargo::config>("config", Kind::Strings, "[\"profile.release.lto = 'off'\"]",
                                   "Values of cargo's configuration, or files of them, as cargo's `--config` takes "
                                   "them; they go before those of `.cargo/config.toml`."),
    };
    return section;
}

Section toolchain() {
    using Record = ToolchainRecord;
    return many<&Config::toolchains>(
        "toolchain", Shape::Named,
        "What builds for one machine; NAME is its triple, in any usual spelling. It counts where that machine is built "
        "for. For another machine than this one, variables such as CC are for programs that the build itself runs; "
        "those for it have the triple in their names, with `_` for `-`: CC_TRIPLE, CXX_TRIPLE, AR_TRIPLE, "
        "CFLAGS_TRIPLE, CXXFLAGS_TRIPLE, LDFLAGS_TRIPLE, PKG_CONFIG_TRIPLE.",
        {row<Record, &Record::cc>(
             "cc", Kind::Words, "[\"/opt/board/bin/gcc\"]",
             "The C compiler; without it, for another machine, the one called `TRIPLE-gcc`, as GNU "
             "writes the triple."),
         row<Record, &Record::cxx>("cxx", Kind::Words, "[\"/opt/board/bin/g++\"]",
                                   "The C++ compiler; without it `TRIPLE-g++`."),
         row<Record, &Record::ar>("ar", Kind::Words, "[\"/opt/board/bin/ar\"]",
                                  "What makes archives; without it `TRIPLE-ar`."),
         row<Record, &Record::c_flags>(
             "c-flags", Kind::Words, "[\"-O2\", \"-mcpu=cortex-a72\"]",
             "Options for the C compiler, before those of the environment and of the profile."),
         row<Record, &Record::cxx_flags>("cxx-flags", Kind::Words, "[\"-O2\"]",
                                         "Options for the C++ compiler, in the same place; without it `c-flags`."),
         row<Record, &Record::link_flags>("link-flags", Kind::Words, "[\"--sysroot=/opt/board\"]",
                                          "Options for every link, in the same place."),
         row<Record, &Record::pkg_config>(
             "pkg-config", Kind::Words, "[\"/opt/board/bin/pkg-config\"]",
             "What answers `sys:` uses; without it `TRIPLE-pkg-config`. Build scripts for that machine find "
             "it in PKG_CONFIG_TRIPLE."),
         row<Record, &Record::python>("python", Kind::Path, "\"cross/aarch64/build-details.json\"",
                                      "The machine's Python as data: the `build-details.json` of PEP 739, which Python "
                                      "3.14 and newer install. It is not run."),
         row<Record, &Record::include_dirs>("include-dirs", Kind::Paths, "[\"cross/aarch64/usr/include\"]",
                                            "Directories with headers of that Python, beside the one in its record."),
         row<Record, &Record::site_packages>("site-packages", Kind::Path, "\"cross/aarch64/site-packages\"",
                                             "Directory where `py:` uses are looked for; without it in the build "
                                             "environment, where only what fits every machine is taken.")});
}

Section environment() {
    Section section;
    section.name = "env";
    section.shape = Shape::Single;
    section.doc = "Steps see a closed environment; what is listed here is let in, and is part of every key.";
    section.single = [](Config& config) -> void* { return &config; };
    section.rows = {row<Config, &Config::pass_env>("pass-env", Kind::Strings, "[\"OPENSSL_DIR\"]",
                                                   "Names of environment variables that every step may see."),
                    row<Config, &Config::env_set>(
                        "set", Kind::EnvMap, "{ CFLAGS = \"-O1\" }",
                        "Variables as if they stood in the environment of the build; what stands there goes before.")};
    return section;
}

Section option() {
    return many<&Config::options>(
        "options", Shape::Named,
        "A knob for those who build the package: `-C options.NAME=value`, `CERMET_OPTIONS__NAME`, or `options.NAME = "
        "value` in an overrides file. Other tables name it as `\"option:NAME\"`, in a list, as a table's value or as a "
        "text, and in `when` with `cfg(option = \"NAME\")` or `cfg(option = \"NAME=value\")`. In a list a boolean "
        "stands "
        "for its name where it is true, and for nothing where it is false; elsewhere for true or false (a macro is "
        "defined "
        "as 1, or not at all).",
        {row<Option, &Option::type>("type", Kind::Choice, "\"choice\"", "What it takes.", "boolean",
                                    {"boolean", "choice", "text", "number"}),
         row<Option, &Option::initial>(
             "default", Kind::Scalar, "\"rustls\"",
             "Its value where nobody says one; without it false, the first of the choices, an "
             "empty text or 0."),
         row<Option, &Option::choices>("choices", Kind::Strings, "[\"rustls\", \"native-tls\"]",
                                       "What a choice can be."),
         row<Option, &Option::doc>("doc", Kind::String, "\"The library for TLS.\"",
                                   "One sentence for `cermet options`.")});
}

Section profile() {
    return many<&Config::profiles>(
        "profile", Shape::Named,
        "One name, all languages: `release` and `dev` always exist. Flags come after those of the "
        "target Python and "
        "the environment, and before those of the target.",
        {row<Profile, &Profile::inherits>("inherits", Kind::String, "\"release\"",
                                          "A profile whose values come first."),
         row<Profile, &Profile::c_flags>("c-flags", Kind::Words, "[\"-O2\"]", "Options for the C compiler."),
         row<Profile, &Profile::cxx_flags>("cxx-flags", Kind::Words, "[\"-O2\"]", "Options for the C++ compiler."),
         row<Profile, &Profile::link_flags>("link-flags", Kind::Words, "[\"-s\"]", "Options for every link."),
         row<Profile, &Profile::define>("define", Kind::DefineMap, "{ NDEBUG = true }",
                                        "Macros for C, C++ and Cython's output."),
         row<Profile, &Profile::cython_directives>("cython-directives", Kind::ValueMap, "{ profile = false }",
                                                   "Cython directives, before those of the target."),
         row<Profile, &Profile::rust>("rust", Kind::String, "\"release\"",
                                      "Cargo's profile; without it the one of the same name.")});
}

Section cython() {
    std::vector<Row> rows = {
        row<CythonGroup, &CythonGroup::modules>("modules", Kind::Globs, "[\"rustybt/**/*.pyx\"]",
                                                "Globs of Cython sources: each is a module named "
                                                "by its path. Or use `name` and `sources`."),
        row<CythonGroup, &CythonGroup::exclude>("exclude", Kind::Globs, "[\"rustybt/old/*.pyx\"]",
                                                "Globs taken out of `modules`."),
        row<CythonGroup, &CythonGroup::name>("name", Kind::String, "\"rustybt.lib.rank\"",
                                             "Dotted name of one module; with `sources`."),
        row<CythonGroup, &CythonGroup::sources>("sources", Kind::SourcePaths, "[\"lib/rank.pyx\", \"lib/tree.c\"]",
                                                "Its sources: one Cython source and any number of C and C++ ones."),
        row<CythonGroup, &CythonGroup::language>("language", Kind::Choice, "\"c++\"", "What Cython writes.", "c",
                                                 {"c", "c++"}),
        row<CythonGroup, &CythonGroup::directives>("directives", Kind::ValueMap,
                                                   "{ language_level = \"3\", embedsignature = true }",
                                                   "Cython compiler directives."),
        row<CythonGroup, &CythonGroup::compile_time_env>("compile-time-env", Kind::ValueMap, "{ DEBUG = false }",
                                                         "Values for Cython's IF and DEF."),
        row<CythonGroup, &CythonGroup::include_path>(
            "include-path", Kind::Paths, "[\"pxd\"]",
            "Directories searched for .pxd and .pxi files, after the project and the Python "
            "packages."),
        row<CythonGroup, &CythonGroup::annotate>("annotate", Kind::Boolean, "true",
                                                 "Write Cython's annotated HTML page as well.", "false"),
        row<CythonGroup, &CythonGroup::limited_api>("limited-api", Kind::String, "\"3.11\"",
                                                    "Oldest Python of an abi3 module; `no` for none.", "no"),
        row<CythonGroup, &CythonGroup::exports>(
            "exports", Kind::Strings, "[\"my_api\"]",
            "Symbols the module exports beside its init function; `*` exports all."),
    };
    add_native<CythonGroup>(rows);
    rows.push_back(when_row<CythonGroup>());
    return many<&Config::cython>("cython", Shape::Array,
                                 "A group of Cython modules with shared settings, or one module. A module that two "
                                 "groups reach is one target where their settings agree, else an error.",
                                 std::move(rows));
}

Section c_module() {
    std::vector<Row> rows = {
        row<CModule, &CModule::name>("name", Kind::String, "\"pkg._fast\"", "Dotted name of the module."),
        row<CModule, &CModule::sources>("sources", Kind::SourcePaths, "[\"src/fast/*.c\"]",
                                        "C and C++ sources, paths or globs."),
        row<CModule, &CModule::std>("std", Kind::String, "\"c11\"", "Language standard, as `-std=` takes it."),
        row<CModule, &CModule::limited_api>("limited-api", Kind::String, "\"3.9\"",
                                            "Oldest Python of an abi3 module; `no` for none.", "no"),
        row<CModule, &CModule::exports>("exports", Kind::Strings, "[\"fast_api\"]",
                                        "Symbols the module exports beside its init function; `*` exports all."),
    };
    add_native<CModule>(rows);
    rows.push_back(when_row<CModule>());
    return many<&Config::c_modules>("c-module", Shape::Array, "An extension module written in C or C++.",
                                    std::move(rows));
}

Section c_library() {
    std::vector<Row> rows = {
        row<CLibrary, &CLibrary::name>("name", Kind::String, "\"tree\"",
                                       "Name of the library: others say `uses = [\"c:tree\"]`."),
        row<CLibrary, &CLibrary::sources>("sources", Kind::SourcePaths, "[\"src/tree/*.c\"]",
                                          "C and C++ sources, paths or globs."),
        row<CLibrary, &CLibrary::kind>("kind", Kind::Choice, "\"shared\"",
                                       "An archive, or one shared library inside the wheel.", "static",
                                       {"static", "shared"}),
        row<CLibrary, &CLibrary::std>("std", Kind::String, "\"c++17\"", "Language standard, as `-std=` takes it."),
        row<CLibrary, &CLibrary::public_include>("public-include", Kind::Paths, "[\"src/tree/include\"]",
                                                 "Directories with its headers, given to those who use it."),
        row<CLibrary, &CLibrary::public_define>("public-define", Kind::DefineMap, "{ TREE_API = true }",
                                                "Macros for itself and for those who use it."),
        row<CLibrary, &CLibrary::exports>("exports", Kind::Strings, "[\"tree_new\"]",
                                          "Exported symbols of a shared library; without it all."),
    };
    add_native<CLibrary>(rows);
    rows.push_back(when_row<CLibrary>());
    return many<&Config::c_libraries>("c-library", Shape::Array, "A C or C++ library for other targets.",
                                      std::move(rows));
}

Section executable() {
    std::vector<Row> rows = {
        row<Executable, &Executable::name>("name", Kind::String, "\"cermet\"", "Name of the program."),
        row<Executable, &Executable::sources>(
            "sources", Kind::SourcePaths, "{ from = \"src/all.cpp\" }",
            "C and C++ sources, or `{ from = \"x.cpp\" }`: the sources which that file includes, without those that "
            "`exclude = [\"main.cpp\"]` beside it names."),
        row<Executable, &Executable::crate>(
            "crate", Kind::Crate, "\"rust/cli\"",
            "Package name, or directory (with a `/`), of a crate, in place of sources."),
        row<Executable, &Executable::bin>("bin", Kind::String, "\"cli\"",
                                          "The crate's binary; without it the one called `name`, or the only one."),
        row<Executable, &Executable::std>("std", Kind::String, "\"c++20\"", "Language standard, as `-std=` takes it."),
        row<Executable, &Executable::install>("install", Kind::Boolean, "false", "Ship it as a command of the wheel.",
                                              "true"),
    };
    add_native<Executable>(rows);
    add_crate<Executable>(rows);
    rows.push_back(when_row<Executable>());
    return many<&Config::executables>("executable", Shape::Array, "A program, from C and C++ or from a crate.",
                                      std::move(rows));
}

Section rust_module() {
    std::vector<Row> rows = {
        row<RustModule, &RustModule::name>("name", Kind::String, "\"rustybt._rustybt\"", "Dotted name of the module."),
        row<RustModule, &RustModule::crate>("crate", Kind::Crate, "\"rust/crates/rustybt\"",
                                            "Package name, or directory (with a `/`), of the PyO3 crate."),
        row<RustModule, &RustModule::limited_api>(
            "limited-api", Kind::String, "\"auto\"",
            "Oldest Python of an abi3 module; `auto` reads pyo3's features, `no` for none.", "auto"),
        row<RustModule, &RustModule::exports>("exports", Kind::Strings, "[\"my_api\"]",
                                              "Symbols the module exports beside its init function; `*` exports all."),
    };
    add_crate<RustModule>(rows);
    rows.push_back(when_row<RustModule>());
    return many<&Config::rust_modules>("rust-module", Shape::Array, "An extension module written in Rust.",
                                       std::move(rows));
}

Section rust_library() {
    std::vector<Row> rows = {
        row<RustLibrary, &RustLibrary::name>("name", Kind::String, "\"core\"",
                                             "Name of the library: others say `uses = [\"rust:core\"]`."),
        row<RustLibrary, &RustLibrary::crates>("crates", Kind::Crates, "[\"nautilus-core\", \"rust/model\"]",
                                               "Crates, by package name or directory, merged into one library."),
        row<RustLibrary, &RustLibrary::link>("link", Kind::Choice, "\"shared\"",
                                             "One archive, or one shared library inside the wheel. `develop` and "
                                             "editable installs share it where this is not said.",
                                             "static", {"static", "shared"}),
        row<RustLibrary, &RustLibrary::public_include>(
            "public-include", Kind::Paths, "[\"rust/include\"]",
            "Directories with its headers and pxd files, given to those who use it."),
        row<RustLibrary, &RustLibrary::exports>(
            "exports", Kind::Strings, "[\"core_new\"]",
            "Exported symbols of a shared library; without it every `extern \"C\"` one."),
    };
    add_crate<RustLibrary>(rows);
    rows.push_back(when_row<RustLibrary>());
    return many<&Config::rust_libraries>("rust-library", Shape::Array,
                                         "Crates for C, C++ and Cython to link, as ONE library.", std::move(rows));
}

Section crates() {
    return many<&Config::crates>(
        "crates", Shape::Named,
        "Rules for one crate of the graph, said outside of it; NAME is its package name, or \"NAME REQUIREMENT\" for "
        "some of "
        "its versions: [tool.cermet.crates.\"libz-sys <1.1\"]. The first that fits counts.",
        {row<CrateRule, &CrateRule::env>("env", Kind::EnvMap, "{ OPENSSL_STATIC = \"1\" }",
                                         "Environment of its build script and its compilation. A value may name a "
                                         "place: `download:NAME`, `tool:NAME`, `library:NAME:search`."),
         row<CrateRule, &CrateRule::pass_env>("pass-env", Kind::Strings, "[\"OPENSSL_DIR\"]",
                                              "Environment variables that its build script may see."),
         row<CrateRule, &CrateRule::tools>(
             "tools", Kind::Strings, "[\"cmake\", \"perl\"]",
             "Programs that its build script runs: of this project, or found on PATH. Their bytes count, and a missing "
             "one is an error before the script is compiled."),
         row<CrateRule, &CrateRule::uses>(
             "uses", Kind::Strings, "[\"sys:openssl\", \"download:model\"]",
             "What else its build script reads, as in `uses` of other tables: of a library of the system the "
             "pkg-config "
             "files, so that a newer one runs it again; the place of a download is in CERMET_DOWNLOAD_<NAME>."),
         row<CrateRule, &CrateRule::features>("features", Kind::Strings, "[\"vendored\"]",
                                              "Features added wherever the crate is selected."),
         row<CrateRule, &CrateRule::inputs>("inputs", Kind::Globs, "[\"proto/**/*.proto\"]",
                                            "Files outside its package that its build script reads."),
         row<CrateRule, &CrateRule::outputs>(
             "outputs", Kind::Paths, "[\"pkg/includes/core.h\"]",
             "Files its build script writes outside OUT_DIR; they stand over checked-in copies."),
         row<CrateRule, &CrateRule::headers>(
             "headers", Kind::Strings, "[\"include/*.h\"]",
             "Globs below OUT_DIR: headers that its build script writes there, found by those who use the library."),
         row<CrateRule, &CrateRule::deny_run>("deny-run", Kind::Boolean, "true",
                                              "Never run its build script; `provides` says what it would have printed.",
                                              "false"),
         row<CrateRule, &CrateRule::provides>("provides", Kind::ListMap, "{ rustc-link-lib = [\"z\"] }",
                                              "Directives that stand in for the build script's output; values as in "
                                              "`env`."),
         row<CrateRule, &CrateRule::library>(
             "library", Kind::String, "\"library:z\"",
             "A library that the project provides stands in for its build script: its users link that one. `provides` "
             "adds what else the script would have printed."),
         row<CrateRule, &CrateRule::options>("options", Kind::EnvMap, "{ threads = \"no\" }",
                                             "Values for the options that its build script asks for over its channel."),
         row<CrateRule, &CrateRule::network>(
             "network", Kind::Boolean, "true",
             "Its build script may use the network. `audit` says so: what it fetches is neither checked nor listed.",
             "false"),
         row<CrateRule, &CrateRule::for_users>(
             "for-users", Kind::Boolean, "true",
             "`env`, `pass-env`, `inputs`, `tools`, `uses` and `network` hold for every build script that the crate is "
             "linked "
             "into: for those who use a crate such as prost-build, whatever they are called.",
             "false"),
         row<CrateRule, &CrateRule::canonical_paths>(
             "canonical-paths", Kind::Boolean, "true",
             "Give the crate canonical texts for the places that it bakes into its output.", "false"),
         when_row<CrateRule>()});
}

Section generate() {
    return many<&Config::generates>(
        "generate", Shape::Array, "Any command with declared inputs and outputs.",
        {row<Generate, &Generate::name>("name", Kind::String, "\"tables\"",
                                        "Name of the step: others say `uses = [\"generate:tables\"]`."),
         row<Generate, &Generate::command>("command", Kind::Words,
                                           "[\"python\", \"tools/tables.py\", \"pkg/tables.h\"]",
                                           "The program and its arguments; no shell. `tool:NAME` is an "
                                           "executable of this project."),
         row<Generate, &Generate::inputs>("inputs", Kind::Globs, "[\"tools/tables.py\", \"data/*.csv\"]",
                                          "Files it reads, paths or globs."),
         row<Generate, &Generate::outputs>("outputs", Kind::Paths, "[\"pkg/tables.h\"]",
                                           "Files it writes; they stand over checked-in copies."),
         row<Generate, &Generate::uses>("uses", Kind::Strings, "[\"download:rates\"]",
                                        "Programs and targets it needs, as in other tables. Of `download:rates` it "
                                        "finds the place in the variable `CERMET_DOWNLOAD_RATES`."),
         row<Generate, &Generate::provides>("provides", Kind::Strings, "[\"library:z\"]",
                                            "Facts that it states over its channel (docs/protocol.md): others ask for "
                                            "them, in `uses` too. What they name lies below OUT_DIR."),
         row<Generate, &Generate::options>("options", Kind::EnvMap, "{ threads = \"no\" }",
                                           "Values for the options that it asks for over its channel."),
         row<Generate, &Generate::env>("env", Kind::EnvMap, "{ LANG = \"C\" }", "Environment variables it sees."),
         row<Generate, &Generate::pass_env>("pass-env", Kind::Strings, "[\"SOURCE_DATE_EPOCH\"]",
                                            "Environment variables it may see from outside."),
         row<Generate, &Generate::cwd>("cwd", Kind::Path, "\"tools\"",
                                       "Directory it starts in; without it the project.", "."),
         when_row<Generate>()});
}

Section download() {
    return many<&Config::downloads>(
        "download", Shape::Array,
        "A file of the network that a step of the build reads: `uses = [\"download:NAME\"]`. It is fetched when it is "
        "needed, checked, and kept in the cache.",
        {row<Download, &Download::name>("name", Kind::String, "\"rates\"", "Name of the download."),
         row<Download, &Download::url>("url", Kind::String, "\"https://example.org/data/rates-2024.csv\"",
                                       "Where it is; redirects are followed, also to other hosts."),
         row<Download, &Download::sha256>("sha256", Kind::String,
                                          "\"7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730\"",
                                          "What `sha256sum` prints of it; other bytes are refused."),
         row<Download, &Download::size>("size", Kind::Integer, "5242880",
                                        "Its bytes; without it at most 512 MB are taken.", "0"),
         row<Download, &Download::license>("license", Kind::String, "\"CC0-1.0\"",
                                           "Its license as an SPDX expression, for `cermet audit`."),
         row<Download, &Download::unpack>("unpack", Kind::String, "\".\"",
                                          "The directory of the archive (.tar.gz, .tgz, .zip, .whl, .crate) whose "
                                          "contents are given in place of the file; `.` is all of it."),
         row<Download, &Download::file>("file", Kind::Path, "\"data/rates-2024.csv\"",
                                        "A file on this machine with these bytes, taken in place of the URL.")});
}

}  // namespace schema_detail

Storage storage_of(Kind kind) {
    switch (kind) {
        case Kind::String:
        case Kind::Choice:
        case Kind::Scalar:
        case Kind::Path:
        case Kind::Crate: return Storage::String;
        case Kind::Boolean: return Storage::Boolean;
        case Kind::Integer: return Storage::Integer;
        case Kind::Strings:
        case Kind::Words:
        case Kind::Paths:
        case Kind::Globs:
        case Kind::Crates: return Storage::Strings;
        case Kind::DefineMap:
        case Kind::EnvMap: return Storage::DefineMap;
        case Kind::ValueMap: return Storage::ValueMap;
        case Kind::ListMap: return Storage::ListMap;
        case Kind::SourcePaths: return Storage::SourcePaths;
    }
    abort_bug("unknown kind of setting");
}

const Row* Section::find(std::string_view key) const {
    for (const Row& row : rows) {
        if (row.key == key) return &row;
    }
    return nullptr;
}

std::vector<std::string> Section::keys() const {
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(row.key);
    return out;
}

std::string Section::title(bool in_pyproject) const {
    const std::string prefix = in_pyproject ? (name.empty() ? "tool.cermet" : "tool.cermet.") : "";
    if (name.empty()) return in_pyproject ? cat("[", prefix, "]") : "the top level";
    if (shape == Shape::Array) return cat("[[", prefix, name, "]]");
    return cat("[", prefix, name, shape == Shape::Named ? ".NAME]" : "]");
}

const std::vector<Section>& schema() {
    using namespace schema_detail;
    static const std::vector<Section> sections = {top(),          version(),  dynamic(),   option(),     profile(),
                                                  cython(),       c_module(), c_library(), executable(), rust_module(),
                                                  rust_library(), crates(),   generate(),  download(),   toolchain(),
                                                  environment(),  cargo()};
    return sections;
}

const Row& option_value() {
    static const Row made =
        schema_detail::row<Option, &Option::value>("value", Kind::Scalar, "false", "The value of an option.");
    return made;
}

const Section* find_section(std::string_view name) {
    for (const Section& section : schema()) {
        if (section.name == name) return &section;
    }
    return nullptr;
}

std::vector<std::string> section_names() {
    std::vector<std::string> out;
    for (const Section& section : schema()) {
        if (!section.name.empty()) out.push_back(section.name);
    }
    return out;
}

std::string element_name(const Section& section, Config& config, std::size_t index) {
    if (section.shape == Shape::Array) {
        const Row* row = section.find("name");
        if (row != nullptr) {
            const Text& name = setting<Text>(*row, section.element(config, index));
            if (!name.value.empty()) return name.value;
        }
    }
    return section.head(config, index)->id;
}

}  // namespace cermet::options
