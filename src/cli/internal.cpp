// `cermet internal …`: what tests and the documentation ask the program itself: Rust's model, reference page, schema.
// SPDX-License-Identifier: MIT
//
//   cermet internal unit-graph --manifest-path M [-p SPEC]… [--features F] [--profile P] [--target T] [--config C]… …
//   cermet internal rust-commands …the same… [--scripts FILE]
//   cermet internal metadata --manifest-path M [--no-deps] [--filter-platform T] [--features F] …
//   cermet internal targets TRIPLE…
//   cermet internal configuration-reference
//   cermet internal schema
//   cermet internal messages-reference
//   cermet internal messages-schema
// The unit graph is that of cargo's --unit-graph, metadata that of `cargo metadata`, both by the same model that builds;
// with real paths, outside of any build.
#include <cstdio>
#include <map>
#include <memory>

#include "base/path.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/internal_commands.h"
#include "cli/rust_workspace.h"
#include "facts/messages.h"
#include "fetch/packages.h"
#include "languages/rust/model.h"
#include "options/config.h"
#include "platform/os.h"
#include "platform/target.h"
#include "platform/triple.h"

namespace cermet::cli {
namespace internal_detail {

// Unpacks what the model asks for into the cache, as builds do, and gives the real directories.
class CachedPlaces : public rust::PackagePlaces {
   public:
    CachedPlaces(store::Store& store, SourceFiles& files, const rust::Workspace& workspace,
                 std::vector<rust::LocatedSource> located)
        : store_(store), files_(files), workspace_(workspace) {
        for (rust::LocatedSource& source : located) located_.emplace(source.lock_index, std::move(source));
    }

    Result<std::string> directory(const rust::LockedPackage& package) override {
        using Kind = rust::LocatedSource::Kind;
        std::size_t index = static_cast<std::size_t>(&package - workspace_.lock->packages.data());
        auto found = located_.find(index);
        if (found == located_.end()) return bug(cat("the lock's package has no source: ", package.name));
        const rust::LocatedSource& source = found->second;
        if (source.kind == Kind::Crate) {
            TRY(place,
                fetch::import_crate(store_, source.id.name, source.id.version, source.checksum, source.host_path));
            return place.host;
        }
        if (source.kind == Kind::Missing || source.kind == Kind::Path) {
            return environment_error(cat("the source of ", source.id.name, " ", source.id.version,
                                         " is not on this machine: ", source.reason),
                                     "run `cargo fetch`");
        }
        TRY(place, fetch::import_directory(store_, source.package_name, source.host_path, source.checksum));
        if (source.kind != Kind::Git) return place.host;
        std::optional<std::string> inner =
            rust::find_in_checkout(files_, place.host, source.id.name, source.id.version);
        if (!inner)
            return project_error(cat("the git source of ", source.id.name, " has no package of that name and version"));
        return *inner;
    }

   private:
    store::Store& store_;
    SourceFiles& files_;
    const rust::Workspace& workspace_;
    std::map<std::size_t, rust::LocatedSource> located_;
};

struct GraphWords {
    std::string manifest;
    std::string cfg_file;  // the text of `rustc --print cfg`; else rustc is asked
    std::string host, target, filter_platform;
    bool no_deps = false;
    std::string scripts_file;         // JSON: what build scripts printed
    std::vector<std::string> config;  // as cargo's --config takes them
    rust::BuildRequest build;
};

void add_features(std::vector<std::string>& features, const std::string& text) {
    for (const std::string& feature : split_words(replace_all(text, ",", " "))) features.push_back(feature);
}

Result<GraphWords> read_words(const std::vector<std::string>& words) {
    GraphWords read;
    rust::Selection& chosen = read.build.selection;
    std::map<std::string, std::vector<std::string>*> lists = {
        {"-p", &chosen.packages}, {"--package", &chosen.packages}, {"--exclude", &chosen.exclude},
        {"--bin", &chosen.bins},  {"--example", &chosen.examples}, {"--config", &read.config}};
    std::map<std::string, std::string*> texts = {
        {"--manifest-path", &read.manifest}, {"--cfg-file", &read.cfg_file},
        {"--scripts", &read.scripts_file},   {"--host", &read.host},
        {"--target", &read.target},          {"--filter-platform", &read.filter_platform},
        {"--profile", &read.build.profile}};
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i];
        bool more = i + 1 < words.size();
        if (word == "--workspace" || word == "--all")
            chosen.workspace = true;
        else if (word == "--no-default-features")
            chosen.default_features = false;
        else if (word == "--all-features")
            chosen.all_features = true;
        else if (word == "--lib")
            chosen.lib = true;
        else if (word == "--no-deps")
            read.no_deps = true;
        else if (word == "--bins")
            chosen.all_bins = true;
        else if (word == "--examples")
            chosen.all_examples = true;
        else if (word == "--release" || word == "-r")
            read.build.profile = "release";
        else if (lists.count(word) != 0 && more)
            lists[word]->push_back(words[++i]);
        else if (texts.count(word) != 0 && more)
            *texts[word] = words[++i];
        else if ((word == "--features" || word == "-F") && more)
            add_features(chosen.features, words[++i]);
        else
            return usage_error(cat("internal ", words[0], " does not know ", word));
    }
    if (read.manifest.empty()) return usage_error(cat("internal ", words[0], " needs --manifest-path"));
    if (!chosen.exclude.empty() && !chosen.workspace)
        return usage_error("--exclude can only be used together with --workspace");
    read.manifest = join_path(platform::current_directory(), read.manifest);
    return read;
}

Result<std::string> ask_rustc(const std::string& directory, std::vector<std::string> words) {
    TRY(helper, fetch::NetworkHelper::start());
    fetch::NetworkCommand command;
    command.argv = {"rustc"};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    command.cwd = directory;
    command.purpose = "ask rustc";
    command.needs_network = false;
    return helper->need(command);
}

Result<std::string> host_triple(const GraphWords& words) {
    if (!words.host.empty()) return words.host;
    TRY(printed, ask_rustc(std::string(parent(words.manifest)), {"-vV"}));
    for (const std::string& line : split_lines(printed)) {
        if (line.compare(0, 6, "host: ") == 0) return line.substr(6);
    }
    return environment_error("rustc -vV names no host");
}

// rustc is asked once, and again where its answer brings other flags, as for a build.
Result<rust::TargetInfo> target_info(const GraphWords& words, const rust::CargoConfig& config,
                                     const std::string& triple) {
    std::string text;
    TRY(flags, rust::rustflags_for(config, triple, {}));
    for (int turn = 0; turn < 2; ++turn) {
        if (!words.cfg_file.empty()) {
            TRY(given, platform::read_file(words.cfg_file));
            text = given;
        } else {
            TRY(asked, ask_rustc(std::string(parent(words.manifest)), rust::target_probe_words(flags, triple)));
            text = asked;
        }
        TRY(found, rust::parse_target_info(triple, text));
        TRY(more, rust::rustflags_for(config, triple, found.cfgs));
        if (more == flags) break;
        flags = more;
    }
    TRY(target, rust::parse_target_info(triple, text));
    TRY(linker, rust::linker_for(config, triple, target.cfgs));
    target.rustflags = flags;
    target.linker = linker;
    return target;
}

// With --target the host's own programs have no flags of the user (cargo.md L14).
Result<rust::TargetInfo> plain_host(const GraphWords& words, const rust::CargoConfig& config,
                                    const std::string& triple) {
    rust::CargoConfig plain = config;
    for (const char* name : {"RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"}) plain.environment[name] = "";
    TRY(host, target_info(words, plain, triple));
    host.rustflags.clear();
    return host;
}

// A workspace and all that its package graph looks into.
struct Model {
    HostFiles files;
    rust::CargoConfig config;
    rust::Workspace workspace;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<CachedPlaces> places;
    std::unique_ptr<rust::PackageGraph> graph;
};

Result<std::unique_ptr<Model>> load_model(const GraphWords& words) {
    auto model = std::make_unique<Model>();
    rust::ConfigRequest wanted = host_config_request(std::string(parent(words.manifest)));
    wanted.overrides = words.config;
    const std::string home = wanted.cargo_home;
    TRY(config, rust::load_config(model->files, wanted));
    for (const auto& [name, entry] : config.env) {
        if (std::optional<std::string> own = platform::environment(name)) config.environment[name] = *own;
    }
    model->config = std::move(config);
    TRY(workspace, rust::load_workspace(model->files, words.manifest, model->config));
    model->workspace = std::move(workspace);
    if (!model->workspace.lock)
        return project_error(cat("there is no Cargo.lock for ", model->workspace.root_manifest));
    TRY(located, rust::locate_sources(model->files, model->workspace, rust::LocateRequest{home}));
    TRY(store, store::Store::open(store::Store::default_directory()));
    model->store = std::move(store);
    model->places = std::make_unique<CachedPlaces>(*model->store, model->files, model->workspace, std::move(located));
    model->graph = std::make_unique<rust::PackageGraph>(model->files, model->workspace, *model->places);
    return model;
}

Result<Json> unit_graph(const std::vector<std::string>& words_given) {
    TRY(words, read_words(words_given));
    TRY(model, load_model(words));
    rust::BuildRequest build = words.build;
    TRY(triple, host_triple(words));
    std::string target_triple = words.target.empty() ? model->config.build_target : words.target;
    if (target_triple == platform::k_host_tuple) target_triple = triple;
    if (target_triple.empty()) {
        TRY(host, target_info(words, model->config, triple));
        build.host = host;
    } else {
        TRY(host, plain_host(words, model->config, triple));
        TRY(target, target_info(words, model->config, target_triple));
        build.host = host;
        build.target = target;
    }
    TRY_VOID(model->graph->start());
    TRY(units, rust::build_units(*model->graph, build));
    for (const std::string& warning : units.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
    if (words_given[0] == "rust-commands") return rust_commands(units, build, model->config, words.scripts_file);
    return rust::unit_graph_json(units);
}

Result<Json> metadata(const std::vector<std::string>& words_given) {
    TRY(words, read_words(words_given));
    TRY(model, load_model(words));
    rust::MetadataRequest request;
    request.no_deps = words.no_deps;
    request.selection = words.build.selection;
    request.target_directory = join_path(model->workspace.root_directory, "target");
    TRY(triple, host_triple(words));
    TRY(host, target_info(words, model->config, triple));
    request.host = &host;
    rust::TargetInfo platform;
    if (!words.filter_platform.empty()) {
        TRY(asked, target_info(words, model->config, words.filter_platform));
        platform = asked;
        request.filter_platform = &platform;
    }
    TRY_VOID(model->graph->start());
    return rust::metadata_json(*model->graph, request);
}

// What each triple says, under the names of rustc's cfg values.
Result<Json> target_facts(const std::vector<std::string>& words) {
    Json::Object all;
    for (std::size_t i = 1; i < words.size(); ++i) {
        TRY(triple, platform::parse_triple(words[i]));
        const platform::TargetFacts facts = platform::facts_of(triple);
        Json one;
        one.set("arch", facts.arch).set("vendor", facts.vendor).set("os", facts.os);
        one.set("env", facts.env).set("abi", facts.abi).set("pointer_width", cat(facts.pointer_width));
        one.set("endian", facts.byte_order == platform::ByteOrder::Big ? "big" : "little");
        one.set("rust", triple.rust());
        all.emplace(words[i], std::move(one));
    }
    return Json(std::move(all));
}

using Answer = Result<Json> (*)(const std::vector<std::string>&);
constexpr std::pair<std::string_view, Answer> k_answers[] = {
    {"unit-graph", unit_graph}, {"rust-commands", unit_graph}, {"metadata", metadata}, {"targets", target_facts}};

}  // namespace internal_detail

int internal_command(const Arguments& arguments) {
    std::string what = arguments.words.empty() ? "" : arguments.words[0];
    for (const auto& [name, ask] : internal_detail::k_answers) {
        if (what != name) continue;
        Result<Json> answer = ask(arguments.words);
        if (!answer.ok()) return print_error(answer.error());
        print_line(answer->dump());
        return 0;
    }
    if (what == "configuration-reference") {
        print_line(std::string(trim(options::configuration_reference())));
        return 0;
    }
    if (what == "schema") {
        print_line(options::configuration_schema().dump(2));
        return 0;
    }
    if (what == "messages-reference") {
        print_line(std::string(trim(facts::protocol_reference())));
        return 0;
    }
    if (what == "messages-schema") {
        print_line(facts::protocol_schema().dump(1));
        return 0;
    }
    return print_error(usage_error(cat("internal does not know ", what.empty() ? "what to do" : what),
                                   "unit-graph, rust-commands, metadata, targets, configuration-reference, schema, "
                                   "messages-reference or messages-schema"));
}

}  // namespace cermet::cli
