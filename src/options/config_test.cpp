// Configuration: what is accepted, every error text, values from outside, and the generated page.
// SPDX-License-Identifier: MIT
#include "options/config.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "base/toml.h"
#include "options/schema.h"
#include "options/values.h"

namespace cermet::options {

namespace {

Result<Config> load(const std::string& text, const Overrides& overrides = {}) {
    MemoryFiles files;
    files.files["cermet.toml"] = text;
    return load_config(files, ".", overrides);
}

Config good(const std::string& text, const Overrides& overrides = {}) {
    Result<Config> config = load(text, overrides);
    if (!config.ok()) FAIL(render(config.error()));
    return std::move(config).value();
}

std::string bad(const std::string& text, const Overrides& overrides = {}) {
    Result<Config> config = load(text, overrides);
    return config.ok() ? "accepted" : render(config.error());
}

Overrides set_options(std::vector<std::string> options) {
    Overrides overrides;
    overrides.command_line = std::move(options);
    return overrides;
}

const std::string k_hybrid = R"(
packages = ["rustybt"]
include = ["**/*.pxd"]
version = { from = "git", write = "rustybt/_version.py" }
[profile.release]
c-flags = ["-O2"]
cython-directives = { profile = false }
[profile.trace]
inherits = "release"
c-flags = ["-g"]
rust = "dev"
[[cython]]
modules = ["rustybt/**/*.pyx"]
directives = { language_level = "3", embedsignature = true, warn.unused = true }
define = { NPY_NO_DEPRECATED_API = "NPY_1_7_API_VERSION", FAST = true, N = 3 }
uses = ["py:numpy", "rust:core"]
[[cython]]
name = "rustybt.lib.rank"
sources = ["lib/rank.pyx", "./lib//tree.c"]
language = "c++"
[[rust-module]]
name = "rustybt._rustybt"
crate = "rust/crates/rustybt"
when = "python_version >= '3.9'"
[[rust-library]]
name = "core"
crates = ["nautilus-core", "nautilus-model"]
features = ["ffi"]
link = "static"
[[executable]]
name = "tool"
sources = { from = "src/all.cpp", exclude = ["src/tests/*.cpp"] }
unity = true
[crates.nautilus-core]
outputs = ["nautilus_trader/core/includes/core.h"]
env = { A = "1" }
)";

}  // namespace

TEST_CASE("configuration: a hybrid project is read into types with places") {
    const Config config = good(k_hybrid);
    CHECK(*config.packages == std::vector<std::string>{"rustybt"});
    CHECK(config.packages.origin.text() == "cermet.toml:2");
    CHECK(config.package_dir.origin.text() == "default");
    CHECK(*config.default_profile == "release");
    CHECK(*config.version.from == "git");
    REQUIRE(config.cython.size() == 2);
    const CythonGroup& group = config.cython[0];
    CHECK(group.place.line == 12);
    CHECK(*group.language == "c");
    CHECK(group.define->at("FAST") == "1");
    CHECK(group.define->at("N") == "3");
    CHECK(group.directives->at("warn.unused") == Json(true));
    CHECK(group.directives->at("language_level") == Json("3"));
    CHECK(*group.limited_api == "no");
    CHECK(config.cython[1].sources->list == std::vector<std::string>{"lib/rank.pyx", "lib/tree.c"});
    CHECK(*config.rust_modules[0].default_features);
    CHECK(*config.rust_modules[0].limited_api == "auto");
    CHECK(config.executables[0].sources->from == "src/all.cpp");
    CHECK(config.executables[0].sources->exclude == std::vector<std::string>{"src/tests/*.cpp"});
    CHECK(*config.executables[0].unity);
    CHECK(*config.executables[0].install);
    REQUIRE(config.find_crate("nautilus-core") != nullptr);
    CHECK(config.find_crate("nautilus-core")->env->at("A") == "1");
    CHECK(config.find_crate("other") == nullptr);
    CHECK(config.find_rust_library("core") != nullptr);
}

TEST_CASE("configuration: pyproject.toml holds it, or nothing does") {
    MemoryFiles files;
    files.files["/p/pyproject.toml"] = "[project]\nname='x'\n[tool.cermet]\npackages=['x']\n";
    Result<Config> config = load_config(files, "/p");
    REQUIRE(config.ok());
    CHECK(config->has_pyproject);
    CHECK(config->file == "/p/pyproject.toml");
    CHECK(config->packages.origin.text() == "/p/pyproject.toml:4");

    files.files["/p/cermet.toml"] = "";
    config = load_config(files, "/p");
    REQUIRE(!config.ok());
    CHECK(render(config.error()) ==
          "error: both [tool.cermet] in pyproject.toml and cermet.toml configure this project\n"
          "  --> /p/cermet.toml:1\n"
          "  hint: keep one; a Python package uses pyproject.toml\n");

    MemoryFiles bare;
    config = load_config(bare, "/q");
    REQUIRE(!config.ok());
    CHECK(render(config.error()) ==
          "error: there is no pyproject.toml, cermet.toml or Cargo.toml in '/q'\n"
          "  hint: run cermet in the project's directory, or name it with --directory\n");
    bare.files["/q/Cargo.toml"] = "";
    config = load_config(bare, "/q");
    REQUIRE(config.ok());
    CHECK(config->file.empty());

    MemoryFiles error;
    error.files["pyproject.toml"] = "[tool.cermet]\n[[tool.cermet.cyton]]\n";
    config = load_config(error, ".");
    REQUIRE(!config.ok());
    CHECK(render(config.error()) ==
          "error: unknown key 'cyton' in [tool.cermet]\n"
          "  --> pyproject.toml:2:1\n"
          "  hint: did you mean 'cython'?\n");
}

TEST_CASE("configuration: unknown keys and wrong types are errors in the user's line") {
    CHECK(bad("pakages = ['x']\n") ==
          "error: unknown key 'pakages' in the top level\n  --> cermet.toml:1:11\n"
          "  hint: did you mean 'packages'?\n");
    CHECK(bad("[[cython]]\nmodules=['a.pyx']\nlangage = 'c'\n") ==
          "error: unknown key 'langage' in [[cython]]\n  --> cermet.toml:3:11\n"
          "  hint: did you mean 'language'?\n");
    CHECK(bad("c-flags = ['-O2']\n") ==
          "error: unknown key 'c-flags' in the top level\n  --> cermet.toml:1:11\n"
          "  hint: 'c-flags' is a key of profile, cython, c-module, c-library, executable, toolchain\n");
    CHECK(bad("packages = 'x'\n") ==
          "error: 'packages' takes a list of text, not a string\n  --> cermet.toml:1:12\n"
          "  hint: for example: packages = [\"rustybt\"]\n");
    CHECK(bad("packages = ['x',\n 3]\n") ==
          "error: 'packages' takes a list of text, but an entry is an integer\n"
          "  --> cermet.toml:2:2\n  hint: for example: packages = [\"rustybt\"]\n");
    CHECK(bad("[[cython]]\nmodules=['a.pyx']\nlanguage = 'cpp'\n") ==
          "error: 'language' takes one of c, c++, not 'cpp'\n  --> cermet.toml:3:12\n");
    CHECK(bad("version = '1.0'\n") ==
          "error: 'version' takes a table, not a string\n  --> cermet.toml:1:11\n"
          "  hint: for example: version = { from = \"git\" }\n");
    CHECK(bad("[cython]\nmodules=['a.pyx']\n") ==
          "error: 'cython' is a list of tables, not a table\n  --> cermet.toml:1:1\n"
          "  hint: write [[cython]], with two brackets\n");
    CHECK(bad("[options.fast]\ntype='bool'\n") ==
          "error: 'type' takes one of boolean, choice, text, number, not 'bool'\n  --> cermet.toml:2:6\n");
    CHECK(contains(bad("packages = [\n"), "cermet.toml:"));
}

TEST_CASE("configuration: checks across tables") {
    CHECK(bad("[[cython]]\nmodules=['a.pyx']\nuses=['rust:cor']\n[[rust-library]]\nname='core'"
              "\ncrates=['c']\n") ==
          "error: 'uses' names rust:cor, but there is no rust-library called 'cor'\n"
          "  --> cermet.toml:3:6\n  hint: did you mean 'core'?\n");
    CHECK(bad("[[cython]]\nmodules=['a.pyx']\nuses=['numpy']\n") ==
          "error: 'numpy' does not say what it uses\n  --> cermet.toml:3:6\n"
          "  hint: write KIND:NAME, for example py:numpy, rust:core, c:tree or sys:zlib\n");
    CHECK(bad("[[c-module]]\nname='a.b'\nsources=['b.c']\n[[c-module]]\nname='a.b'\nsources=['c.c']"
              "\n") ==
          "error: c-module 'a.b' is listed twice with different settings: 'sources' is [\"b.c\"] and "
          "[\"c.c\"]\n  --> cermet.toml:4:1\n"
          "  hint: the first is at cermet.toml:1; keep one, or give each a `when` of its own\n");
    CHECK(bad("[[c-module]]\nname='a.b'\nsources=['b.c']\n[[rust-module]]\nname='a.b'\ncrate='c'"
              "\n") ==
          "error: 'a.b' is both a c-module and a rust-module\n  --> cermet.toml:4:1\n"
          "  hint: the first is at cermet.toml:1; keep one, or give each a `when` of its own\n");
    CHECK(good("[[c-module]]\nname='a.b'\nsources=['b.c']\n[[c-module]]\nname='a.b'\nsources=['b.c'"
               "]\n")
              .c_modules.size() == 1);
    CHECK(good("[[c-module]]\nname='a.b'\nsources=['b.c']\nwhen='cfg(unix)'\n"
               "[[c-module]]\nname='a.b'\nsources=['c.c']\nwhen='cfg(windows)'\n")
              .c_modules.size() == 2);
    CHECK(bad("[[c-module]]\nname='a.class'\nsources=['b.c']\n") ==
          "error: 'a.class' is not a module name\n  --> cermet.toml:2:6\n"
          "  hint: write the dotted name that `import` takes, for example pkg._core\n");
    CHECK(bad("[[c-module]]\nname='a'\n") ==
          "error: [[c-module]] needs sources\n  --> cermet.toml:1:1\n"
          "  hint: for example: sources = [\"src/fast/*.c\"]\n");
    CHECK(bad("[[cython]]\nlanguage='c'\n") ==
          "error: [[cython]] names no modules\n  --> cermet.toml:1:1\n"
          "  hint: write modules = [globs], or name = \"pkg.module\" with sources = [files]\n");
    CHECK(bad("[profile.a]\ninherits='b'\n[profile.b]\ninherits='a'\n") ==
          "error: profiles inherit in a circle: a -> b -> a\n  --> cermet.toml:4:10\n");
    CHECK(bad("default-profile='relase'\n") ==
          "error: there is no profile 'relase'\n  --> cermet.toml:1:17\n"
          "  hint: did you mean 'release'?\n");
    CHECK(bad("[[generate]]\nname='t'\ncommand=['x']\noutputs=['../x']\n") ==
          "error: the output '../x' lies outside the project\n  --> cermet.toml:4:9\n"
          "  hint: outputs are files below the project's directory\n");
    CHECK(contains(bad("[[rust-module]]\nname='m'\ncrate='c'\nlimited-api='3'\n"),
                   "takes a Python version such as 3.9, auto or no, not '3'"));
    CHECK(contains(bad("[version]\nfile='x'\n"), "'version' does not say where"));
    CHECK(contains(bad("target = 'x'\n"), "\"x\" is not a target triple"));
    CHECK(contains(bad("[toolchain.board]\ncc = ['cc']\n"), "\"board\" is not a target triple"));
    CHECK(contains(bad("[toolchain.aarch64-linux-gnu]\n[toolchain.aarch64-unknown-linux-gnu]\n"), "another spelling"));
    CHECK(contains(bad("[crates.x]\nprovides={ rustc-link-lib=['z'] }\n"), "without 'deny-run = true'"));
    CHECK(contains(bad("[[executable]]\nname='x'\n"), "needs 'sources' or 'crate'"));
    CHECK(contains(bad("[[c-module]]\nname='a'\nsources=['a.c']\nwhen='cfg(unix'\n"), "'when' takes"));
    CHECK(contains(bad("[[c-module]]\nname='a'\nsources=['a\\b.c']\n"), "a path with a backslash"));
    CHECK(contains(bad("[[c-module]]\nname='a'\nsources={ from='a.c', without='b.c' }\n"), "'exclude', a list"));
    CHECK(contains(bad("[[c-module]]\nname='a'\nsources={ exclude=['b.c'] }\n"), "{ from = path }"));
}

TEST_CASE("configuration: downloads") {
    const std::string sum(64, 'a');
    const std::string text = cat("[[download]]\nname='rates'\nurl='https://example.org/r.csv'\nsha256='", sum, "'\n");
    const Config config = good(text + "size=12\n[mirrors]\n'https://example.org/'='https://m/'\n");
    REQUIRE(config.find_download("rates") != nullptr);
    CHECK(*config.find_download("rates")->size == 12);
    CHECK(config.mirrors->at("https://example.org/") == "https://m/");
    CHECK(*good(text).find_download("rates")->size == 0);
    CHECK(contains(bad(text + "size='12'\n"), "'size' takes a whole number, 0 or more, not a string"));
    CHECK(contains(bad(text + "size=-1\n"), "'size' takes a whole number"));
    CHECK(contains(bad("[[download]]\nname='r'\nurl='ftp://x/y'\n"), "'ftp://x/y' is no URL of a file"));
    CHECK(contains(bad("[[download]]\nname='r'\nurl='https://x/y'\n"), "'r' needs its sha256"));
    CHECK(contains(bad("[[download]]\nname='r'\nurl='https://x/y'\nsha256='abc'\n"), "'abc' is no sha256"));
    CHECK(good(text + text).downloads.size() == 1);
    CHECK(contains(bad("[[generate]]\nname='t'\ncommand=['x']\noutputs=['y']\nuses=['download:rates']\n"),
                   "there is no download called 'rates'"));
}

TEST_CASE("configuration: profiles lay over one another") {
    const Config config = good(k_hybrid);
    Result<ProfileFlags> flags = flags_for(config, "trace");
    REQUIRE(flags.ok());
    CHECK(flags->c_flags == std::vector<std::string>{"-O2", "-g"});
    CHECK(flags->rust_profile == "dev");
    CHECK(flags->cython_directives.at("profile") == Json(false));
    CHECK(flags_for(config, "")->name == "release");
    CHECK(flags_for(config, "dev")->rust_profile == "dev");
    Result<ProfileFlags> none = flags_for(config, "tracee");
    REQUIRE(!none.ok());
    CHECK(none.error().message == "there is no profile 'tracee'");
    CHECK(contains(none.error().hint, "did you mean 'trace'?"));
}

TEST_CASE("configuration: values from outside, in their order") {
    Overrides overrides;
    overrides.file = "/etc/over.toml";
    overrides.environment = {{"CERMET_PROFILE__RELEASE__C_FLAGS", "-O1 -g"},
                             {"CERMET_CACHE", "/tmp/x"},
                             {"CERMET_PACKAGES", "one"},
                             {"CERMET_CYTHON__RUSTYBT_LIB_RANK__DEFINE__FOO", "2"},
                             {"CERMET_CRATES__OPENSSL_SYS__ENV__OPENSSL_DIR", "/opt"},
                             {"OTHER__X", "y"}};
    overrides.command_line = {"packages=two three",
                              "cython.rustybt.lib.rank.language=c",
                              "cython.0.directives.boundscheck=False",
                              "cython.0.directives.language_level=3str",
                              "rust-module.rustybt._rustybt.features=[\"a\", \"b\"]",
                              "cargo.locked=yes"};
    MemoryFiles files;
    files.files["/p/cermet.toml"] = k_hybrid;
    files.files["/etc/over.toml"] =
        "packages = ['zero']\ninclude = ['x']\n[cython.0]\nannotate = true\ninclude-dirs=['inc', "
        "'/p/here']\n"
        "[cython.0.define]\nFAST = false\n[[c-library]]\nname='z'\nsources=['z.c']\n";
    Result<Config> loaded = load_config(files, "/p", overrides);
    if (!loaded.ok()) FAIL(render(loaded.error()));
    const Config& config = *loaded;
    CHECK(*config.packages == std::vector<std::string>{"two", "three"});
    CHECK(config.packages.origin.text() == "-C packages=two three");
    CHECK(config.include.origin.text() == "/etc/over.toml:2");
    CHECK(*config.include == std::vector<std::string>{"/etc/x"});
    CHECK(*config.cython[0].annotate);
    CHECK(*config.cython[0].include_dirs == std::vector<std::string>{"/etc/inc", "here"});
    CHECK(config.cython[0].define->count("FAST") == 0);
    CHECK(config.cython[0].define->count("N") == 1);
    CHECK(config.cython[0].directives->at("boundscheck") == Json(false));
    CHECK(config.cython[0].directives->at("language_level") == Json("3str"));
    CHECK(config.cython[0].directives->count("embedsignature") == 1);
    CHECK(config.cython[1].define->at("FOO") == "2");
    CHECK(*config.cython[1].language == "c");
    CHECK(*config.rust_modules[0].features == std::vector<std::string>{"a", "b"});
    CHECK(*config.cargo.locked);
    CHECK(config.c_libraries[0].sources->list == std::vector<std::string>{"/etc/z.c"});
    CHECK(config.find_crate("openssl-sys")->env->at("OPENSSL_DIR") == "/opt");
    CHECK(flags_for(config, "release")->c_flags == std::vector<std::string>{"-O1", "-g"});
}

TEST_CASE("configuration: errors of values from outside name the option") {
    CHECK(bad(k_hybrid, set_options({"pakages=x"})) ==
          "error: -C pakages=x: unknown key 'pakages'\n  hint: did you mean 'packages'?\n");
    CHECK(bad(k_hybrid, set_options({"packages"})) ==
          "error: -C packages: an option needs KEY=VALUE\n"
          "  hint: for example: -C profile.release.c-flags='-O3 -g'\n");
    CHECK(bad(k_hybrid, set_options({"cython.rustybt.lib.rang.language=c"})) ==
          "error: -C cython.rustybt.lib.rang.language=c: there is no [[cython]] called "
          "'rustybt.lib.rang'\n"
          "  hint: did you mean 'rustybt.lib.rank'?\n");
    CHECK(bad(k_hybrid, set_options({"cython.0.langage=c"})) ==
          "error: -C cython.0.langage=c: unknown key 'langage' in [[cython]]\n"
          "  hint: did you mean 'language'?\n");
    CHECK(bad(k_hybrid, set_options({"cython.0.language=cc"})) ==
          "error: -C cython.0.language=cc: 'language' takes one of c, c++, not 'cc'\n");
    CHECK(bad(k_hybrid, set_options({"cargo.locked=maybe"})) ==
          "error: -C cargo.locked=maybe: 'locked' takes true or false, not 'maybe'\n");
    CHECK(bad(k_hybrid, set_options({"cython.0.language.x=1"})) ==
          "error: -C cython.0.language.x=1: 'language' takes one of c, c++ and has no entries such "
          "as 'x'\n");
    Overrides environment;
    environment.environment = {{"CERMET_CYTHON__0__LANGAGE", "c"}};
    CHECK(bad(k_hybrid, environment) ==
          "error: CERMET_CYTHON__0__LANGAGE: unknown key 'langage' in [[cython]]\n"
          "  hint: did you mean 'language'?\n");
    Overrides file;
    file.file = "none.toml";
    CHECK(bad(k_hybrid, file) == "error: cannot read the overrides file 'none.toml'\n");
}

TEST_CASE("configuration: groups agree or say where they differ") {
    const Config config = good(
        "[[cython]]\nmodules=['a/*.pyx']\n[[cython]]\nmodules=['b/*.pyx']\n"
        "[[cython]]\nmodules=['c/*.pyx']\ndirectives={x=1}\n");
    CHECK(differing_setting(config.cython[0], config.cython[1]).empty());
    CHECK(differing_setting(config.cython[0], config.cython[2]) == "directives");
}

TEST_CASE("configuration: every knob is listed with its origin") {
    bool seen = false;
    for (const Knob& option : effective_options(good(k_hybrid))) {
        if (option.path != "cython.rustybt.lib.rank.language") continue;
        seen = true;
        CHECK(option.value == "\"c++\"");
        CHECK(option.default_text == "\"c\"");
        CHECK(option.type == "one of c, c++");
        CHECK(option.origin == "cermet.toml:20");
    }
    CHECK(seen);
}

TEST_CASE("configuration: every row's example and default is a value it takes") {
    for (const Section& section : schema()) {
        for (const Row& row : section.rows) {
            CAPTURE(section.name);
            CAPTURE(row.key);
            Config config;
            if (section.many()) section.add(config);
            void* table = section.many() ? section.element(config, 0) : section.single(config);
            Result<Toml> value = parse_toml(cat("v = ", row.example), "example");
            REQUIRE(value.ok());
            Status status = assign(row, table, *value->find("v"), {}, {}, Assign::Replace);
            CHECK(status.ok());
            CHECK(!row.doc.empty());
            if (row.kind == Kind::Choice && !row.default_text.empty()) {
                CHECK(nearest(row.default_text, row.choices) == row.default_text);
            }
        }
    }
}

TEST_CASE("configuration: the committed reference page and schema are the generated ones") {
    // The tests run in the repository's root, or are told where it is.
    const char* root = std::getenv("CERMET_SOURCE_ROOT");
    const bool accept = std::getenv("CERMET_ACCEPT") != nullptr;
    const std::string base = root != nullptr ? std::string(root) + "/" : std::string();
    const std::pair<std::string, std::string> pages[] = {
        {"docs/reference/configuration.md", configuration_reference()},
        {"docs/reference/configuration.schema.json", configuration_schema().dump(1) + "\n"}};
    for (const auto& [name, wanted] : pages) {
        const std::string path = base + name;
        if (accept) {
            std::FILE* out = std::fopen(path.c_str(), "wb");
            REQUIRE(out != nullptr);
            std::fwrite(wanted.data(), 1, wanted.size(), out);
            std::fclose(out);
        }
        std::FILE* in = std::fopen(path.c_str(), "rb");
        if (in == nullptr) {
            MESSAGE("not in the repository: ", path, " is not compared");
            continue;
        }
        std::string bytes;
        char buffer[4096];
        for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, in)) > 0;) bytes.append(buffer, n);
        std::fclose(in);
        const bool same = bytes == wanted;
        CHECK_MESSAGE(same, path, " is stale: run the unit tests with CERMET_ACCEPT=1");
    }
}

}  // namespace cermet::options
