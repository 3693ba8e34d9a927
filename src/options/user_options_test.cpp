// Options of a package and the record of what was said from outside.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/text.h"
#include "options/config.h"

namespace cermet::options {

namespace {

const std::string k_knobs = R"(
[options.fast]
default = true
[options.tls]
type = "choice"
choices = ["rustls", "native-tls"]
[options.depth]
type = "number"
default = 4
[options.banner]
type = "text"
[[c-library]]
name = "tree"
sources = ["tree.c"]
kind = "static"
define = { FAST = "option:fast", DEPTH = "option:depth", TLS = "option:tls" }
c-flags = ["-O2", "option:banner", "option:fast"]
[[cython]]
modules = ["a/*.pyx"]
directives = { boundscheck = "option:fast", level = "option:depth" }
when = 'cfg(all(unix, not(option = "fast"), option = "tls=rustls"))'
)";

Result<Config> load_knobs(const std::string& text, const Overrides& overrides = {}, const std::string& file = {}) {
    MemoryFiles files;
    files.files["cermet.toml"] = text;
    files.files["distro.toml"] = file;
    return load_config(files, ".", overrides);
}

Overrides said_with(std::vector<std::string> options) {
    Overrides overrides;
    overrides.command_line = std::move(options);
    return overrides;
}

Config good_knobs(const Overrides& overrides = {}, const std::string& file = {}, const std::string& text = k_knobs) {
    Result<Config> config = load_knobs(text, overrides, file);
    if (!config.ok()) FAIL(render(config.error()));
    return std::move(config).value();
}

std::string bad_knobs(const std::string& text, const Overrides& overrides = {}) {
    Result<Config> config = load_knobs(text, overrides);
    return config.ok() ? "accepted" : render(config.error());
}

}  // namespace

TEST_CASE("options: their values stand where tables name them") {
    Config config = good_knobs();
    CHECK(*config.c_libraries[0].define ==
          std::map<std::string, std::string>{{"FAST", "1"}, {"DEPTH", "4"}, {"TLS", "rustls"}});
    CHECK(*config.c_libraries[0].c_flags == std::vector<std::string>{"-O2", "fast"});
    CHECK((*config.cython[0].directives).at("boundscheck") == Json(true));
    CHECK((*config.cython[0].directives).at("level") == Json(4));
    CHECK(*config.cython[0].when == "cfg(all(unix, not(all()), all()))");
    config =
        good_knobs(said_with({"options.fast=no", "options.tls=native-tls", "options.banner=-DB", "options.depth=+7"}));
    CHECK(*config.c_libraries[0].define == std::map<std::string, std::string>{{"DEPTH", "7"}, {"TLS", "native-tls"}});
    CHECK(*config.c_libraries[0].c_flags == std::vector<std::string>{"-O2", "-DB"});
    CHECK(*config.cython[0].when == "cfg(all(unix, not(any()), any()))");
}

TEST_CASE("options: what is wrong about them") {
    CHECK(bad_knobs("[options.a]\ntype = 'choice'\n") ==
          "error: the option 'a' is a choice, and has no choices\n  --> cermet.toml:2:8\n"
          "  hint: for example: choices = [\"rustls\", \"native-tls\"]\n");
    CHECK(bad_knobs("[options.a]\ndefault = 3\n") ==
          "error: the option 'a' takes true or false, not '3'\n  --> cermet.toml:2:11\n");
    CHECK(bad_knobs("[options.A]\ndefault = true\n") ==
          "error: 'A' is not a good name for an option\n  --> cermet.toml:1:1\n"
          "  hint: use small letters, digits, '-' and '_'\n");
    CHECK(bad_knobs("[options.fast]\n[[c-library]]\nname='t'\nsources=['t.c']\nkind='option:fats'\n") ==
          "error: 'kind' names option:fats, but there is no such option\n  --> cermet.toml:5:6\n"
          "  hint: did you mean 'fast'?\n");
    CHECK(bad_knobs(
              "[options.k]\ntype='text'\ndefault='x'\n[[c-library]]\nname='t'\nsources=['t.c']\nkind='option:k'\n") ==
          "error: 'kind' takes one of static, shared, not 'x'\n  --> cermet.toml:7:6\n");
    CHECK(bad_knobs(k_knobs, said_with({"options.tsl=rustls"})) ==
          "error: -C options.tsl=rustls: there is no option called 'tsl'\n  hint: did you mean 'tls'?\n");
}

TEST_CASE("options: a mistyped variable is no silence, and a foreign one is nobody's business") {
    Overrides overrides;
    overrides.environment = {{"CERMET_PACKAGE", "x"}};
    CHECK(bad_knobs(k_knobs, overrides) ==
          "error: CERMET_PACKAGE is no key of the configuration\n  hint: did you mean CERMET_PACKAGES?\n");
    overrides.environment = {{"CERMET_PROFILE", "dev"}};
    CHECK(contains(bad_knobs(k_knobs, overrides), "CERMET_DEFAULT_PROFILE chooses the profile"));
    overrides.environment = {{"CERMET_CACHE", "/x"}, {"CERMET_GREENHOUSE", "x"}};
    CHECK(bad_knobs(k_knobs, overrides) == "accepted");
}

TEST_CASE("record: what was said from outside, and the same from there") {
    CHECK(record_text(good_knobs(), {}).empty());
    CHECK(record_text(good_knobs(said_with({"options.fast=yes", "options.tls=rustls", "cargo.locked=true"})), {})
              .empty());
    RecordedEnvironment environment;
    environment.profile = "dev";
    environment.variables = {
        {"CFLAGS", "-O1"}, {"HOME", "/home/x"}, {"CC", "/home/x/cc"}, {"A_TOKEN", "t"}, {"D", "/usr/x"}};
    const Config config =
        good_knobs(said_with({"options.fast=false", "c-library.tree.define.MORE=1", "cython.0.define.X=1"}));
    const std::string text = record_text(config, environment);
    CHECK(contains(text,
                   "record = 1\nunrecorded = [\"env.set.A_TOKEN\",\"env.set.CC\"]\ndefault-profile = \"dev\"\n"
                   "options.fast = false\ncython.0.define = { X = \"1\" }\n"));
    CHECK(contains(text, "env.set.CFLAGS = \"-O1\"\nenv.set.D = \"/usr/x\"\n"));
    Overrides again;
    again.file = "distro.toml";
    const Config repeated = good_knobs(again, text);
    CHECK(*repeated.default_profile == "dev");
    CHECK(*repeated.c_libraries[0].define == *config.c_libraries[0].define);
    CHECK(repeated.env_set->at("CFLAGS") == "-O1");
    CHECK(repeated.outside.unrecorded == std::vector<std::string>{"env.set.A_TOKEN", "env.set.CC"});
    // Said again by hand, it is the same record.
    environment.profile.clear();
    CHECK(record_text(repeated, environment) == text);
}

TEST_CASE("record: a table that an overrides file adds") {
    Overrides overrides;
    overrides.file = "distro.toml";
    const std::string added = "[[c-library]]\nname = \"more\"\nsources = [\"more.c\"]\n";
    const std::string text = record_text(good_knobs(overrides, added), {});
    CHECK(contains(text, "\n\n" + added));
    CHECK(good_knobs(overrides, text).c_libraries.size() == 2);
}

TEST_CASE("record: keys that it lacks are asked for") {
    Overrides overrides;
    overrides.file = "distro.toml";
    const std::string text = "record = 1\nunrecorded = [\"cargo.lock-file\"]\n";
    Result<Config> config = load_knobs(k_knobs, overrides, text);
    REQUIRE(!config.ok());
    CHECK(contains(render(config.error()), "lacks the value of cargo.lock-file"));
    overrides.command_line = {"cargo.lock-file=a/Cargo.lock"};
    CHECK(load_knobs(k_knobs, overrides, text).ok());
}

}  // namespace cermet::options
