// Arguments: commands and options declared for CLI11, its exceptions caught, its help rewritten.
// SPDX-License-Identifier: MIT
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "base/lists.h"
#include "base/text.h"

namespace cermet::cli {

namespace arguments_detail {

constexpr const char* k_build_options = "Build options";
constexpr const char* k_config_options = "Configuration options";
constexpr const char* k_output_options = "Output options";
constexpr const char* k_global_options = "Global options";
constexpr const char* k_hidden = "";

// What CLI11 writes into while it parses.
struct Parsing {
    Arguments arguments;
    std::string mode;
    std::string max_size;
    std::string memory;
    std::string compatibility;
    bool strict = false;
    bool no_workers = false;
    bool help = false;
    bool version = false;
    std::vector<std::string> after_dashes;  // the words behind "--": never options
};

struct Entry {
    const char* name;
    Command command;
    const char* about;
    const char* more;  // shown by its --help below `about`
};

constexpr Entry k_commands[] = {
    {"build", Command::Build, "Build the wheel, or only the named targets",
     "Without a target, the wheel is built into dist/. A target is a module (pkg.core), a library "
     "(rust:core,\n"
     "c:tree), a program (tool:name) or a generate table (generate:tables).\n\n"
     "In a Rust workspace without pyproject.toml: builds libraries and programs into target/, as cargo build does."},
    {"sdist", Command::Sdist, "Build the source distribution",
     "The sdist holds everything the build reads; what is needed but ignored by git is an error."},
    {"develop", Command::Develop, "Build the modules and make the project importable from its sources",
     "Places the built modules beside their sources; `pip install -e .` does this too, and installs. "
     "Run again, it rebuilds what changed."},
    {"verify", Command::Verify, "Prove the release: sdist, wheel from it, clean environment, every module imported",
     "Also checks tags, symbols, stale native files and the agreement of build and run time "
     "requirements."},
    {"explain", Command::Explain, "Say why steps would run or not",
     "Builds as `build` does, without writing a wheel, and prints each step's reason."},
    {"graph", Command::Graph, "Show the graph, and who told what to whom",
     "Builds as `build` does, without writing a wheel, and prints the graph of that build: what needs what, down to\n"
     "crates, build scripts and headers. After a build nothing is compiled for it. A target is what `build` takes."},
    {"options", Command::Options,
     "List everything that can be set: type, default, value, where it was said, who uses it",
     "Options of the package, keys of the configuration, features of crates, cargo's profile, switches of crates, the\n"
     "toolchain and variables that steps read. Words pick knobs by their names and tell all about them; -v lists also\n"
     "keys that have their defaults."},
    {"toolchain", Command::Toolchain, "Show compilers, interpreter and their ABI", ""},
    {"cache", Command::Text, "Look after the cache", "The variable CERMET_CACHE names the cache's directory."},
    {"fetch", Command::Fetch, "Bring every package that Cargo.lock names to this machine, and every download",
     "Then builds need no network. A build itself brings only what it needs. cargo is not needed."},
    {"vendor", Command::Vendor, "Write the packages that Cargo.lock names, and the downloads, into a directory",
     "As `cargo vendor`: prints the configuration that puts the directory in the place of registries and git."},
    {"audit", Command::Audit, "List every external byte that the build would use",
     "Packages of Cargo.lock, downloads, and what is used of the Python environment: URL, digest, size, license, who\n"
     "asks and why, and from where it would come. Nothing is built or fetched. With --offline, what is missing is an\n"
     "error."},
    {"ide", Command::Ide, "Write compile_commands.json and rust-project.json", ""},
};

constexpr Entry k_cache_commands[] = {
    {"stat", Command::CacheStat, "Show what the cache holds", ""},
    {"gc", Command::CacheGc, "Remove what has not been used for longest", ""},
    {"verify", Command::CacheVerify, "Read everything in the cache and drop what is damaged", ""},
};

void add_global_options(CLI::App& app, Parsing& out) {
    Arguments& a = out.arguments;
    app.add_option("-j,--jobs", a.jobs, "Steps to run at once [default: the number of CPUs]")
        ->type_name("<N>")
        ->envname("CERMET_JOBS")
        ->group(k_build_options);
    app.add_option("--memory", out.memory,
                   "Memory that running steps may need together, for example 8G [default: what there is]")
        ->type_name("<SIZE>")
        ->envname("CERMET_MEMORY")
        ->group(k_build_options);
    app.add_option("--profile", a.profile, "Profile: release, dev or one of the project's")
        ->type_name("<NAME>")
        ->group(k_build_options);
    app.add_option("--target", a.target, "Target triple to build for")->type_name("<TRIPLE>")->group(k_build_options);
    app.add_option("-p,--python", a.python, "The Python to build for: a path, a name or a version")
        ->type_name("<PYTHON>")
        ->group(k_build_options);
    app.add_flag("-k,--keep-going", a.keep_going, "Run all steps that do not depend on a failed one")
        ->group(k_build_options);
    app.add_flag("--locked", a.locked, "Fail when Cargo.lock is missing or would change")->group(k_build_options);
    app.add_flag("--offline", a.offline, "Fail where the network would be needed")->group(k_build_options);
    app.add_flag("--frozen", a.frozen, "Both --locked and --offline")->group(k_build_options);

    app.add_flag("--strict", out.strict, "Scripts can read only what is declared for them")->group(k_build_options);

    app.add_option("-C,--config-setting", a.options,
                   "Set a key of the configuration, for example cython.0.annotate=true")
        ->type_name("<KEY=VALUE>")
        ->allow_extra_args(false)
        ->group(k_config_options);
    app.add_option("--overrides", a.overrides, "A TOML file whose values go before the project's")
        ->type_name("<FILE>")
        ->envname("CERMET_OVERRIDES")
        ->group(k_config_options);

    app.add_flag("-v,--verbose", a.verbose, "Say more; twice for every command line")->group(k_output_options);
    app.add_flag("-q,--quiet", a.quiet, "Say only what failed")->group(k_output_options);
    app.add_flag("--json", a.json, "Print listings as JSON")->group(k_output_options);
    app.add_option("--trace", a.trace, "Write the build as a Chrome trace, for ui.perfetto.dev")
        ->type_name("<FILE>")
        ->envname("CERMET_TRACE")
        ->group(k_output_options);

    app.add_option("-d,--directory", a.directory, "The project's directory [default: the current one]")
        ->type_name("<DIR>")
        ->group(k_global_options);
    app.add_flag("-h,--help", out.help, "Show this help")->group(k_global_options);
    app.add_flag("-V,--version", out.version, "Show the version")->group(k_global_options);
    app.add_option("--mode", out.mode)->envname("CERMET_MODE")->group(k_hidden);
    app.add_flag("--no-workers", out.no_workers)->group(k_hidden);
    // Said twice, the last one counts; -C adds up and -v is counted.
    for (CLI::Option* option : app.get_options()) {
        if (!option->check_lname("config-setting") && !option->check_lname("verbose")) option->take_last();
    }
}

// The options of `cargo build`, under the same names.
void add_cargo_options(CLI::App& command, Arguments& a) {
    constexpr const char* k_group = "Options in a Rust workspace without pyproject.toml, as for cargo build";
    CargoArguments& c = a.cargo;
    command.add_option("-p", a.short_p)->type_name("<SPEC>")->allow_extra_args(false)->group(k_hidden);
    const auto list = [&](const char* name, std::vector<std::string>& to, const char* type, const char* about) {
        command.add_option(name, to, about)->type_name(type)->allow_extra_args(false)->group(k_group);
    };
    const auto flag = [&](const char* name, bool& to, const char* about) {
        command.add_flag(name, to, about)->group(k_group);
    };
    list("--package", c.packages, "<SPEC>", "Package to build; here -p says the same [default: as in Cargo.toml]");
    flag("--workspace,--all", c.workspace, "All packages of the workspace");
    list("--exclude", c.exclude, "<SPEC>", "Packages to leave out");
    flag("--lib", c.lib, "Only the library");
    flag("--bins", c.all_bins, "All programs");
    list("--bin", c.bins, "<NAME>", "Only this program");
    flag("--examples", c.all_examples, "All examples");
    list("--example", c.examples, "<NAME>", "Only this example");
    list("-F,--features", c.features, "<FEATURES>", "Features to switch on");
    flag("--all-features", c.all_features, "Switch all features on");
    flag("--no-default-features", c.no_default_features, "Leave the default features off");
    flag("-r,--release", c.release, "The profile `release`");
    const auto text = [&](const char* name, std::string& to, const char* type, const char* about) {
        command.add_option(name, to, about)->type_name(type)->take_last()->group(k_group);
    };
    text("--manifest-path", c.manifest_path, "<PATH>", "The Cargo.toml to build");
    text("--target-dir", c.target_dir, "<DIR>", "Where the results go [default: target]");
    list("--config", c.config, "<KEY=VALUE|PATH>", "A value of cargo's configuration, or a file of it");
}

void add_graph_options(CLI::App& command, GraphArguments& graph) {
    command.add_flag("--facts", graph.facts, "Show what parts of the build told each other, and who asked")
        ->group("Options");
    command.add_flag("--steps", graph.steps, "Show every step too; with --json also all files it read and wrote")
        ->group("Options");
    command.add_flag("--svg", graph.svg, "Print a drawing")->group("Options");
}

void add_observe_options(CLI::App& app, Arguments& a) {
    app.get_subcommand("options")
        ->add_flag("--observe", a.observe, "Build, and list also the variables that scripts are seen looking for")
        ->group("Options");
    CLI::App* audit = app.get_subcommand("audit");
    audit
        ->add_flag("--observe", a.observe,
                   "Build in place of listing, watch what scripts read, and print the declarations that are missing")
        ->group("Options");
    audit->add_option("--write", a.write_file, "With --observe: write the declarations into this file, for --overrides")
        ->type_name("<FILE>")
        ->take_last()
        ->group("Options");
}

void add_commands(CLI::App& app, Parsing& out) {
    Arguments& a = out.arguments;
    for (const Entry& entry : k_commands) {
        CLI::App* command = app.add_subcommand(entry.name, entry.about);
        command->fallthrough();
        command->set_help_flag();
        command->allow_extras();
    }
    app.get_subcommand("options")
        ->add_option("targets", a.targets, "Parts of the names to list [default: all]")
        ->type_name("[WORD]...");
    for (const char* name : {"build", "explain", "graph"}) {
        const std::string verb = std::string(name) == "graph" ? "show" : name;
        app.get_subcommand(name)
            ->add_option("targets", a.targets, cat("What to ", verb, " [default: the wheel]"))
            ->type_name("[TARGET]...");
    }
    for (const char* name : {"build", "sdist"}) {
        app.get_subcommand(name)
            ->add_option("-o,--out-dir", a.out_dir, "Where to put the result [default: dist]")
            ->type_name("<DIR>")
            ->group("Options");
    }
    app.get_subcommand("build")
        ->add_option("--compatibility", out.compatibility,
                     "The wheel's platform tag: linux, auto, manylinux_2_28 …; checked [default: the project's]")
        ->type_name("<TAG>")
        ->take_last()
        ->group("Options");
    app.get_subcommand("build")
        ->add_option("--check", a.check,
                     "Run so many per cent of the steps twice, also remembered ones, and fail where bytes differ")
        ->type_name("<PERCENT>")
        ->group("Options");
    for (const char* name : {"build", "explain", "graph", "ide", "options"})
        add_cargo_options(*app.get_subcommand(name), a);
    add_graph_options(*app.get_subcommand("graph"), a.graph);
    app.get_subcommand("ide")
        ->add_option("-o,--out-dir", a.out_dir, "Where to put the files [default: the project]")
        ->type_name("<DIR>")
        ->group("Options");
    add_observe_options(app, a);
    for (const char* name : {"fetch", "vendor", "audit"}) {
        app.get_subcommand(name)
            ->add_option("--manifest-path", a.fetch_manifest,
                         "The Cargo.toml of the workspace [default: the project's]")
            ->type_name("<PATH>")
            ->group("Options");
    }
    CLI::App* vendor = app.get_subcommand("vendor");
    vendor->add_option("directory", a.vendor_directory, "Where to put the packages [default: vendor]")
        ->type_name("[DIR]");
    vendor->add_flag("--versioned-dirs", a.versioned_dirs, "Name every directory with its version")->group("Options");
    vendor->add_flag("--no-delete", a.no_delete, "Keep packages that are not needed any more")->group("Options");
    CLI::App* cache = app.get_subcommand("cache");
    for (const Entry& entry : k_cache_commands) {
        CLI::App* command = cache->add_subcommand(entry.name, entry.about);
        command->fallthrough();
        command->set_help_flag();
        command->allow_extras();
    }
    cache->get_subcommand("gc")
        ->add_option("--max-size", out.max_size, "Shrink the cache to this size, for example 10G")
        ->type_name("<SIZE>")
        ->group("Options");
    CLI::App* pep517 = app.add_subcommand("pep517")->group(k_hidden);
    pep517->fallthrough();
    pep517->set_help_flag();
    pep517->allow_extras();
    pep517->add_option("hook", a.hook);
}

// --- help
// ---------------------------------------------------------------------------------------------------------

std::string option_names(const CLI::Option& option) {
    std::string names;
    for (const std::string& name : option.get_snames()) names += cat(names.empty() ? "" : ", ", "-", name);
    for (const std::string& name : option.get_lnames()) names += cat(names.empty() ? "    --" : ", --", name);
    if (option.get_type_name() != "" && option.get_expected_max() != 0) names += cat(" ", option.get_type_name());
    return names;
}

void add_list(std::string& out, std::string_view title, const std::vector<std::pair<std::string, std::string>>& rows) {
    if (rows.empty()) return;
    std::size_t width = 0;
    for (const auto& row : rows) width = std::max(width, row.first.size());
    out += cat("\n", title, ":\n");
    for (const auto& [left, right] : rows)
        out += cat("  ", left, std::string(width - left.size() + 2, ' '), right, "\n");
}

void add_options(std::string& out, const CLI::App& app) {
    std::vector<std::string> groups;
    for (const CLI::Option* option : app.get_options()) {
        const std::string& group = option->get_group();
        if (group.empty() || option->get_positional()) continue;
        add_once(groups, group);
    }
    for (const std::string& group : groups) {
        std::vector<std::pair<std::string, std::string>> rows;
        for (const CLI::Option* option : app.get_options()) {
            if (option->get_group() == group && !option->get_positional())
                rows.emplace_back(option_names(*option), option->get_description());
        }
        add_list(out, group, rows);
    }
}

template <std::size_t N>
void add_command_list(std::string& out, const Entry (&entries)[N]) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Entry& entry : entries) rows.emplace_back(entry.name, entry.about);
    add_list(out, "Commands", rows);
}

std::string general_help(const CLI::App& app) {
    std::string out =
        "Builds Python packages whose insides are Rust, Cython, C and C++, as one cached graph.\n\n"
        "Usage: cermet [OPTIONS] <COMMAND>\n";
    add_command_list(out, k_commands);
    add_options(out, app);
    out += "\n`cermet <COMMAND> --help` says more about one command.\n";
    return out;
}

template <std::size_t N>
const Entry* find_entry(const Entry (&entries)[N], std::string_view name) {
    for (const Entry& entry : entries) {
        if (name == entry.name) return &entry;
    }
    return nullptr;
}

std::string command_help(const CLI::App& app, const CLI::App& command, std::string_view prefix, const Entry& entry) {
    const bool cache = prefix.empty() && std::string_view(entry.name) == "cache";
    std::string out = cat(entry.about, ".\n");
    if (*entry.more != '\0') out += cat("\n", entry.more, "\n");
    std::vector<std::pair<std::string, std::string>> positionals;
    std::string usage = cat("\nUsage: cermet ", prefix, entry.name, cache ? " [OPTIONS] <COMMAND>" : " [OPTIONS]");
    for (const CLI::Option* option : command.get_options()) {
        if (!option->get_positional()) continue;
        usage += cat(" ", option->get_type_name());
        positionals.emplace_back(option->get_type_name(), option->get_description());
    }
    out += cat(usage, "\n");
    if (cache) add_command_list(out, k_cache_commands);
    add_list(out, "Arguments", positionals);
    add_options(out, command);
    add_options(out, app);
    return out;
}

std::string help_text(const CLI::App& app) {
    for (const CLI::App* command : app.get_subcommands()) {
        const Entry* entry = find_entry(k_commands, command->get_name());
        if (entry == nullptr) break;
        for (const CLI::App* inner : command->get_subcommands()) {
            const Entry* inner_entry = find_entry(k_cache_commands, inner->get_name());
            if (inner_entry != nullptr) return command_help(app, *inner, "cache ", *inner_entry);
        }
        return command_help(app, *command, "", *entry);
    }
    return general_help(app);
}

// --- errors
// -------------------------------------------------------------------------------------------------------

template <std::size_t N>
std::vector<std::string> names_of(const Entry (&entries)[N]) {
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.emplace_back(entry.name);
    return names;
}

void add_option_names(std::vector<std::string>& out, const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
    }
}

std::string near_or(std::string_view word, const std::vector<std::string>& known, std::string other) {
    const std::string near = nearest(word, known);
    return near.empty() ? std::move(other) : cat("did you mean '", near, "'?");
}

// What cargo does and this program leaves to it.
std::optional<Error> command_of_cargo(const std::string& word) {
    for (const char* name :
         {"test",   "t",       "doc",     "d",       "run",  "r",         "bench", "check",  "c",
          "clippy", "install", "publish", "package", "fmt",  "fix",       "clean", "add",    "remove",
          "update", "tree",    "new",     "search",  "yank", "uninstall", "miri",  "rustdoc"}) {
        if (word != name) continue;
        return usage_error(cat("`cermet ", word, "` is not there: Cermet builds, and leaves the rest to cargo"),
                           cat("run `cargo ", word, "`"));
    }
    return std::nullopt;
}

// A word that nothing wanted: a mistyped option, a mistyped command, or one too many.
Error unknown_word(const CLI::App& app, const std::vector<std::string>& rest) {
    const auto dashed = [](const std::string& word) { return word.size() > 1 && word[0] == '-'; };
    const auto option = std::find_if(rest.begin(), rest.end(), dashed);
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    // `cargo test --doc`: the command is what there is not, whatever follows it.
    if (chosen.empty() && option != rest.begin()) {
        if (std::optional<Error> cargos = command_of_cargo(rest.front())) return *cargos;
    }
    if (option != rest.end()) {
        const std::string name = option->substr(0, option->find('='));
        std::vector<std::string> known;
        add_option_names(known, app);
        for (const CLI::App* command : chosen) add_option_names(known, *command);
        for (const char* cargos : {"--tests", "--test", "--benches", "--bench", "--all-targets", "--message-format",
                                   "--timings", "--artifact-dir", "--build-plan", "--unit-graph", "--color", "-Z"}) {
            if (name != cargos) continue;
            return usage_error(cat("there is no option '", name, "': that part is cargo's"), "use `cargo build`");
        }
        return usage_error(cat("there is no option '", name, "'"),
                           near_or(name, known, "`cermet --help` lists all options"));
    }
    const std::string& word = rest.front();
    if (chosen.empty()) {
        if (std::optional<Error> cargos = command_of_cargo(word)) return *cargos;
        std::vector<std::string> known = names_of(k_commands);
        return usage_error(cat("there is no command '", word, "'"),
                           near_or(word, known, cat("known commands: ", join(known, ", "))));
    }
    const std::string name = chosen.front()->get_name();
    if (name == "cache" && chosen.front()->get_subcommands().empty()) {
        const std::vector<std::string> known = names_of(k_cache_commands);
        return usage_error(cat("there is no command 'cache ", word, "'"),
                           near_or(word, known, cat("known commands: ", join(known, ", "))));
    }
    return usage_error(cat("'", name, "' does not take '", word, "'"), cat("see `cermet ", name, " --help`"));
}

// CLI11's own sentences name no example; ours say what was wrong with which option.
Error parse_failure(const CLI::ParseError& error) {
    std::string message = error.what();
    while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
    const std::string_view unreadable = "Could not convert: ";
    if (std::string_view(message).substr(0, unreadable.size()) == unreadable) {
        message = cat("cannot read '", message.substr(unreadable.size()), "'");
    } else if (error.get_name() == "ArgumentMismatch") {
        message = cat(message.substr(0, message.find(':')), " needs a value");
    }
    return usage_error(message, "`cermet --help` lists all options");
}

Status take_mode(Parsing& out) {
    if (out.mode.empty() || out.mode == "auto") return {};
    if (out.mode == "plain") {
        out.arguments.mode = Mode::Plain;
    } else if (out.mode == "mount") {
        out.arguments.mode = Mode::Mount;
    } else {
        return usage_error(cat("--mode takes auto, plain or mount, not '", out.mode, "'"));
    }
    return {};
}

// Which of cargo's options came first: where they do not belong, that one is named.
void note_cargo_options(Arguments& a, const CLI::App& app) {
    for (const CLI::App* command : app.get_subcommands()) {
        for (const CLI::Option* option : command->get_options()) {
            const std::string& group = option->get_group();
            if (option->count() == 0 || group.compare(0, 25, "Options in a Rust workspa") != 0) continue;
            if (a.cargo.first.empty()) a.cargo.first = "--" + option->get_lnames().front();
        }
    }
}

Status take_values(Parsing& out, const CLI::App& app) {
    Arguments& a = out.arguments;
    TRY_VOID(take_mode(out));
    if (app.get_option("--jobs")->count() > 0 && (a.jobs < 1 || a.jobs > 65536))
        return usage_error(cat("--jobs takes a number from 1 up, not ", a.jobs));
    if (app.get_subcommand("build")->get_option("--check")->count() > 0 && (a.check < 1 || a.check > 100))
        return usage_error(cat("--check takes a number from 1 to 100, not ", a.check));
    if (!out.max_size.empty()) {
        TRY(size, parse_size(out.max_size));
        a.max_size = size;
    }
    if (!out.memory.empty()) {
        TRY(size, parse_size(out.memory));
        a.memory = size;
    }
    note_cargo_options(a, app);
    if (!a.write_file.empty() && !a.observe) return usage_error("--write needs --observe");
    if (a.graph.svg && a.json) return usage_error("--svg and --json exclude each other");
    if (a.quiet && a.verbose > 0) return usage_error("--quiet and --verbose exclude each other");
    if (a.directory.empty()) return usage_error("--directory takes a directory, not an empty text");
    for (const std::string& option : a.options) {
        const std::size_t equal = option.find('=');
        if (equal == std::string::npos || equal == 0)
            return usage_error(cat("-C takes KEY=VALUE, not '", option, "'"), "for example: -C cython.0.annotate=true");
    }
    if (!out.compatibility.empty()) a.options.push_back("compatibility=" + out.compatibility);
    if (out.strict) a.options.emplace_back("strict=true");
    a.locked = a.locked || a.frozen;
    a.offline = a.offline || a.frozen;
    a.workers = !out.no_workers;
    return {};
}

Status take_command(Parsing& out, const CLI::App& app) {
    Arguments& a = out.arguments;
    const CLI::App* command = app.get_subcommands().front();
    const std::string& name = command->get_name();
    if (!out.after_dashes.empty() && command->get_option_no_throw("targets") == nullptr)
        return unknown_word(app, {out.after_dashes.front()});
    a.targets.insert(a.targets.end(), out.after_dashes.begin(), out.after_dashes.end());
    if (name == "pep517") {
        a.command = Command::Pep517;
        if (a.hook.empty()) return usage_error("'pep517' needs the name of a hook");
        return {};
    }
    if (name == "cache") {
        const std::vector<CLI::App*> inner = command->get_subcommands();
        if (inner.size() != 1) {
            return usage_error("'cache' needs a command",
                               cat("known commands: ", join(names_of(k_cache_commands), ", ")));
        }
        a.command = find_entry(k_cache_commands, inner.front()->get_name())->command;
        return {};
    }
    a.command = find_entry(k_commands, name)->command;
    a.out_given = !a.out_dir.empty();
    if (a.out_dir.empty() && (a.command == Command::Build || a.command == Command::Sdist)) a.out_dir = "dist";
    return {};
}

Result<Arguments> parse_with(CLI::App& app, Parsing& out, std::vector<std::string> words, std::string_view version) {
    try {
        std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        if (!out.help) return parse_failure(error);
    }
    Arguments& a = out.arguments;
    if (out.help || out.version) {
        a.text = out.help ? help_text(app) : cat("cermet ", version, "\n");
        return std::move(a);
    }
    const std::vector<std::string> rest = app.remaining(true);
    if (!rest.empty()) return unknown_word(app, rest);
    TRY_VOID(take_values(out, app));
    if (app.get_subcommands().empty()) {
        a.text = general_help(app);
        return std::move(a);
    }
    TRY_VOID(take_command(out, app));
    return std::move(a);
}

}  // namespace arguments_detail

Result<Arguments> parse_arguments(const std::vector<std::string>& words, std::string_view version) {
    using namespace arguments_detail;
    if (!words.empty() && words.front() == "internal") {  // its words are nobody's options
        Arguments internal;
        internal.command = Command::Internal;
        internal.words.assign(words.begin() + 1, words.end());
        return internal;
    }
    Parsing out;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.require_subcommand(0, 1);
    add_global_options(app, out);
    add_commands(app, out);
    const auto dashes = std::find(words.begin(), words.end(), "--");
    if (dashes != words.end()) out.after_dashes.assign(dashes + 1, words.end());
    return parse_with(app, out, std::vector<std::string>(words.begin(), dashes), version);
}

Result<std::vector<std::string>> options_of_settings(const Json& config_settings) {
    std::vector<std::string> out;
    for (const auto& [key, value] : config_settings.object()) {
        if (value.is_string()) {
            out.push_back(cat(key, "=", value.string()));
        } else if (value.is_bool()) {
            out.push_back(cat(key, "=", value.boolean() ? "true" : "false"));
        } else if (value.is_array()) {
            // The same key given several times: a list, as TOML writes it.
            out.push_back(cat(key, "=", Json::strings(value.string_list()).dump()));
        } else {
            return usage_error(
                cat("the config setting '", key, "' is neither a text, a list of texts nor a truth value"));
        }
    }
    return out;
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const std::string word = upper(trim(text));
    std::uint64_t whole = 0;
    std::uint64_t tenths = 0;
    std::size_t i = 0;
    bool good = !word.empty() && word[0] >= '0' && word[0] <= '9';
    for (; i < word.size() && word[i] >= '0' && word[i] <= '9' && whole < (1ULL << 40); ++i)
        whole = whole * 10 + static_cast<std::uint64_t>(word[i] - '0');
    if (i + 1 < word.size() && word[i] == '.' && word[i + 1] >= '0' && word[i + 1] <= '9') {
        tenths = static_cast<std::uint64_t>(word[i + 1] - '0');
        i += 2;
    }
    std::string unit = word.substr(std::min(i, word.size()));
    if (unit.size() > 1 && unit.substr(unit.size() - 2) == "IB") unit.resize(unit.size() - 2);
    if (unit.size() > 1 && unit.back() == 'B') unit.pop_back();
    const std::string_view letters = "KMGT";
    int shift = 0;
    if (unit.size() == 1 && letters.find(unit[0]) != std::string_view::npos) {
        shift = 10 * static_cast<int>(letters.find(unit[0]) + 1);
    } else if (!unit.empty() && unit != "B") {
        good = false;
    }
    const std::uint64_t limit = (1ULL << 63) >> shift;
    if (!good || whole >= limit)
        return usage_error(cat("'", text, "' is not a size"), "for example: 10G, 512M or 1.5G");
    return (whole << shift) + ((tenths << shift) / 10);
}

}  // namespace cermet::cli
