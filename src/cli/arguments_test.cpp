// Arguments: what each word becomes, the help texts, and every usage error.
// SPDX-License-Identifier: MIT
#include "cli/arguments.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet::cli {

namespace {

Arguments good(std::vector<std::string> words) {
    Result<Arguments> parsed = parse_arguments(words, "1.2.3");
    if (!parsed.ok()) FAIL(render(parsed.error()));
    return std::move(parsed).value();
}

std::string bad(std::vector<std::string> words) {
    Result<Arguments> parsed = parse_arguments(words, "1.2.3");
    if (parsed.ok()) return "accepted";
    CHECK(parsed.error().kind == ErrorKind::Usage);
    return render(parsed.error());
}

}  // namespace

TEST_CASE("arguments: commands and options, in any order") {
    Arguments a = good({"-j4", "build", "rust:core", "--offline", "pkg.mod", "-C", "a.b=c", "-C", "d=e", "f",
                        "--profile=dev", "-vv", "-o", "out", "--no-workers", "--mode", "plain"});
    CHECK(a.command == Command::Build);
    CHECK(a.jobs == 4);
    CHECK(a.offline);
    CHECK(!a.locked);
    CHECK(a.targets == std::vector<std::string>{"rust:core", "pkg.mod", "f"});
    CHECK(a.options == std::vector<std::string>{"a.b=c", "d=e"});
    CHECK(a.profile == "dev");
    CHECK(a.verbose == 2);
    CHECK(a.out_dir == "out");
    CHECK(!a.workers);
    CHECK(a.mode == Mode::Plain);
    CHECK(good({"build"}).out_dir == "dist");
    CHECK(good({"ide"}).out_dir.empty());
    CHECK(good({"sdist", "--frozen"}).locked);
    CHECK(good({"develop", "-d", "x y"}).directory == "x y");
    CHECK(good({"cache", "gc", "--max-size", "10G"}).max_size == 10ULL << 30);
    CHECK(good({"cache", "stat", "--json"}).json);
    CHECK(good({"cache", "verify"}).command == Command::CacheVerify);
    CHECK(good({"verify", "--python", "3.12"}).command == Command::Verify);
    CHECK(good({"pep517", "build_wheel"}).hook == "build_wheel");
    CHECK(good({"internal", "x", "--y", "-h"}).words == std::vector<std::string>{"x", "--y", "-h"});
    CHECK(good({"build", "-C", "x=[\"a\", \"b\"]"}).options == std::vector<std::string>{"x=[\"a\", \"b\"]"});
    CHECK(good({"graph", "pkg.mod", "--facts", "--svg"}).graph.facts);
    CHECK(good({"graph", "--steps"}).graph.steps);
    CHECK(good({"build", "--memory", "8G"}).memory == 8ULL << 30);
    CHECK(good({"build", "-j4", "-j5", "--offline", "--offline"}).jobs == 5);
    CHECK(good({"build", "--", "-odd"}).targets == std::vector<std::string>{"-odd"});
}

TEST_CASE("arguments: help and version are texts") {
    CHECK(good({"--version"}).text == "cermet 1.2.3\n");
    CHECK(good({}).text == good({"--help"}).text);
    CHECK(good({"--help"}).command == Command::Text);
    const std::string help = good({"-h"}).text;
    CHECK(contains(help, "Usage: cermet [OPTIONS] <COMMAND>\n\nCommands:\n  build      Build the wheel"));
    CHECK(contains(help, "  -j, --jobs <N>         Steps to run at once"));
    CHECK(contains(help, "      --locked           Fail when"));
    CHECK(!contains(help, "pep517"));
    CHECK(!contains(help, "workers"));
    const std::string build = good({"build", "--help"}).text;
    CHECK(contains(build, "Usage: cermet build [OPTIONS] [TARGET]...\n"));
    CHECK(contains(build, "  -o, --out-dir <DIR>        Where to put the result"));
    CHECK(contains(good({"cache", "--help"}).text, "Usage: cermet cache [OPTIONS] <COMMAND>"));
    CHECK(contains(good({"cache", "gc", "--help"}).text, "Usage: cermet cache gc [OPTIONS]"));
    for (const std::string& line : split_lines(help + build)) CHECK(line.size() <= 120);
}

TEST_CASE("arguments: usage errors with the nearest name") {
    CHECK(bad({"biuld"}) == "error: there is no command 'biuld'\n  hint: did you mean 'build'?\n");
    CHECK(bad({"frobnicate"}) ==
          "error: there is no command 'frobnicate'\n"
          "  hint: known commands: build, sdist, develop, verify, explain, graph, options, toolchain, cache, fetch, "
          "vendor, audit, ide\n");
    CHECK(bad({"build", "--jbos", "3"}) == "error: there is no option '--jbos'\n  hint: did you mean '--jobs'?\n");
    CHECK(bad({"build", "--out-dri=x"}) ==
          "error: there is no option '--out-dri'\n  hint: did you mean '--out-dir'?\n");
    CHECK(bad({"build", "-x"}) == "error: there is no option '-x'\n  hint: `cermet --help` lists all options\n");
    CHECK(bad({"sdist", "what"}) == "error: 'sdist' does not take 'what'\n  hint: see `cermet sdist --help`\n");
    CHECK(bad({"cache"}) == "error: 'cache' needs a command\n  hint: known commands: stat, gc, verify\n");
    CHECK(bad({"cache", "sat"}) == "error: there is no command 'cache sat'\n  hint: did you mean 'stat'?\n");
    CHECK(bad({"build", "-j", "0"}) == "error: --jobs takes a number from 1 up, not 0\n");
    CHECK(bad({"build", "-j", "many"}) ==
          "error: cannot read '--jobs = many'\n  hint: `cermet --help` lists all options\n");
    CHECK(bad({"build", "--profile"}) == "error: --profile needs a value\n  hint: `cermet --help` lists all options\n");
    CHECK(bad({"sdist", "--", "x"}) == "error: 'sdist' does not take 'x'\n  hint: see `cermet sdist --help`\n");
    CHECK(bad({"build", "-C", "x"}) ==
          "error: -C takes KEY=VALUE, not 'x'\n  hint: for example: -C cython.0.annotate=true\n");
    CHECK(bad({"graph", "--svg", "--json"}) == "error: --svg and --json exclude each other\n");
    CHECK(bad({"build", "-q", "-v"}) == "error: --quiet and --verbose exclude each other\n");
    CHECK(bad({"build", "--mode", "x"}) == "error: --mode takes auto, plain or mount, not 'x'\n");
    CHECK(bad({"cache", "gc", "--max-size", "lots"}) ==
          "error: 'lots' is not a size\n  hint: for example: 10G, 512M or 1.5G\n");
}

TEST_CASE("arguments: sizes and config settings") {
    CHECK(*parse_size("1000") == 1000);
    CHECK(*parse_size("1.5GiB") == (1ULL << 30) + (1ULL << 29));
    CHECK(*parse_size("512mb") == 512ULL << 20);
    CHECK(!parse_size("").ok());
    CHECK(!parse_size("99999999999999999999").ok());
    CHECK(!parse_size("9999999T").ok());
    Json settings;
    settings.set("a.b", "c d").set("flag", true).set("list", Json::strings({"x", "y"}));
    CHECK(*options_of_settings(settings) == std::vector<std::string>{"a.b=c d", "flag=true", "list=[\"x\",\"y\"]"});
    settings.set("n", 3);
    CHECK(!options_of_settings(settings).ok());
}

}  // namespace cermet::cli
