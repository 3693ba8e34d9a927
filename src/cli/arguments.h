// Arguments: the command line as plain data, its help texts and its usage errors.
// SPDX-License-Identifier: MIT
//
// parse_arguments() never prints and never exits: --help and --version come back as Command::Text.
// Knows no project: targets, profiles and -C values are checked by those who read the
// configuration. How it fails: Usage errors (exit 2) with the nearest command or option. Variables
// that stand in for options: CERMET_JOBS, CERMET_TRACE, CERMET_OVERRIDES, CERMET_MODE (pip and uv
// pass variables on, not options).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cermet::cli {

enum class Command {
    Text,  // print Arguments::text to stdout and exit 0: --help, --version, or no command at all
    Build,
    Sdist,
    Develop,
    Verify,
    Explain,
    Graph,
    Toolchain,
    Options,
    CacheStat,
    CacheGc,
    CacheVerify,
    Ide,
    Fetch,
    Vendor,
    Audit,
    Pep517,    // hidden: Arguments::hook, the request on stdin (docs/protocol.md)
    Internal,  // hidden: Arguments::words
};

enum class Mode { Automatic, Plain, Mount };

// What cargo's command line says besides; only for plain Rust workspaces.
struct CargoArguments {
    std::vector<std::string> packages, exclude;
    std::vector<std::string> features;  // as given: several in one text are separated by commas or spaces
    bool workspace = false;
    bool all_features = false;
    bool no_default_features = false;
    bool lib = false, all_bins = false, all_examples = false;
    std::vector<std::string> bins, examples;
    bool release = false;
    std::string manifest_path;
    std::string target_dir;
    std::vector<std::string> config;
    std::string first;  // the first option above that was given, as `--bin`; "" = none
};

// What `graph` shows, and how; without --json and `svg` as text.
struct GraphArguments {
    bool facts = false;
    bool steps = false;
    bool svg = false;
};

struct Arguments {
    Command command = Command::Text;
    std::string text;  // Command::Text

    // Of every command.
    std::string directory = ".";  // --directory
    int jobs = 0;                 // 0: as many as there are CPUs
    std::uint64_t memory = 0;     // bytes; 0: what the machine and its cgroups allow
    bool offline = false;
    bool locked = false;
    bool frozen = false;  // both of the above; they are set too
    std::string profile;  // "" = the configuration's default
    std::string target;   // target triple; "" = the host
    std::string python;   // a path, a name on PATH or a version; "" = the environment's
    bool keep_going = false;
    int verbose = 0;  // -v, -vv
    bool quiet = false;
    bool json = false;
    std::string trace;                 // file; "" = none
    std::vector<std::string> options;  // -C, "a.b=value" each
    std::string overrides;             // overrides file; "" = none
    Mode mode = Mode::Automatic;
    bool workers = true;

    // Of single commands.
    std::vector<std::string> targets;  // build, explain, graph; options: words of the names to list
    std::vector<std::string> short_p;  // build, explain, graph, ide: -p, a package in a Rust workspace, else a Python
    CargoArguments cargo;              // build, explain, graph, ide, options
    GraphArguments graph;
    int check = 0;                   // build: per cent of the steps to run twice
    bool out_given = false;          // --out-dir was said
    std::string out_dir;             // build, sdist ("dist" when not given), ide (the project)
    std::string fetch_manifest;      // fetch, vendor, audit: --manifest-path
    std::string vendor_directory;    // vendor; "" = vendor
    bool versioned_dirs = false;     // vendor
    bool no_delete = false;          // vendor
    std::uint64_t max_size = 0;      // cache gc; 0 = the cache's own cap
    bool observe = false;            // audit, options
    std::string write_file;          // audit --observe
    std::string hook;                // pep517
    std::vector<std::string> words;  // internal
};

// `version` is the text after "cermet " that --version prints.
Result<Arguments> parse_arguments(const std::vector<std::string>& words, std::string_view version);

// The config_settings of a PEP 517 hook as -C options: texts, booleans, lists of texts.
Result<std::vector<std::string>> options_of_settings(const Json& config_settings);

// "10G", "512M", "1.5GiB", "1000": bytes; K, M, G and T are powers of 1024.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace cermet::cli
