// Loading cargo's configuration: discovery, merging, includes, environment, and the questions asked of it.
// SPDX-License-Identifier: MIT
#include "languages/rust/config/config.h"

#include <algorithm>
#include <utility>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::rust {

namespace config_detail {

constexpr int k_max_includes = 32;

Error different_kinds(std::string_view key, const Toml& under, const Toml& over, const std::string& file) {
    return project_error(cat("`", key, "` of cargo's configuration is ", over.kind_name(), " here and ",
                             under.kind_name(), " in another file"),
                         "tables and lists are joined: write it in one way")
        .at(file, over.line, over.column);
}

// `over` wins; arrays are joined with the winner's items last, as cargo does (L13). `file`: of `over`.
Result<Toml> merge(const Toml& under, const Toml& over, const std::string& file, const std::string& key) {
    if (under.is_array() != over.is_array() || under.is_table() != over.is_table())
        return different_kinds(key, under, over, file);
    if (under.is_array()) {
        Toml::Array joined = under.array();
        for (const Toml& item : over.array()) joined.push_back(item);
        Toml out = Toml::of(std::move(joined));
        out.line = over.line;
        return out;
    }
    if (!under.is_table()) return over;
    Toml out = under;
    for (const auto& [name, value] : over.table()) {
        const Toml* existing = under.find(name);
        if (existing == nullptr) {
            out.set(name, value);
            continue;
        }
        TRY(joined, merge(*existing, value, file, key.empty() ? name : cat(key, ".", name)));
        out.set(name, std::move(joined));
    }
    return out;
}

Toml with_place(Toml value, const Toml& place) {
    value.line = place.line;
    value.column = place.column;
    return value;
}

Toml string_at(std::string text, const Toml& place) { return with_place(Toml::of(std::move(text)), place); }

// A program named with a slash is relative to the directory that holds `.cargo`; a bare name is looked up in PATH.
std::string program_path(const std::string& text, const std::string& base) {
    return contains(text, "/") ? join_path(base, text) : text;
}

void replace_in(Toml& table, std::string_view key, const std::string& base, bool is_program) {
    const Toml* value = table.find(key);
    if (value == nullptr || !value->is_string() || value->string().empty()) return;
    std::string text = is_program ? program_path(value->string(), base) : join_path(base, value->string());
    table.set(std::string(key), string_at(std::move(text), *value));
}

// rustflags = "a b" and rustflags = ["a", "b"] mean the same.
std::vector<std::string> flags_of(const Toml& value) {
    return value.is_string() ? split_words(value.string()) : value.string_list();
}

template <class Change>
void change_tables(Toml& document, const char* key, Change change) {
    const Toml* found = document.find(key);
    if (found == nullptr || !found->is_table()) return;
    Toml out = *found;
    for (const auto& [name, value] : found->table()) {
        if (!value.is_table()) continue;
        Toml copy = value;
        change(copy);
        out.set(name, std::move(copy));
    }
    document.set(key, std::move(out));
}

// Makes every relative path of one file absolute, so that files can be merged.
void absolutise(Toml& document, const std::string& base) {
    if (const Toml* build = document.find("build"); build != nullptr && build->is_table()) {
        Toml copy = *build;
        for (const char* key : {"rustc", "rustdoc", "rustc-wrapper", "rustc-workspace-wrapper"})
            replace_in(copy, key, base, true);
        for (const char* key : {"target-dir", "build-dir"}) replace_in(copy, key, base, false);
        document.set("build", std::move(copy));
    }
    change_tables(document, "target", [&](Toml& table) { replace_in(table, "linker", base, true); });
    change_tables(document, "source", [&](Toml& table) {
        replace_in(table, "directory", base, false);
        replace_in(table, "local-registry", base, false);
    });
    change_tables(document, "env", [&](Toml& table) {
        const Toml* relative = table.find("relative");
        if (relative != nullptr && relative->boolean()) replace_in(table, "value", base, false);
    });
}

// What would change a build in a way that is not done here, and what cargo refuses as well.
Status refuse_in(const Toml& document, const std::string& file) {
    const Toml* paths = document.find("paths");
    if (paths != nullptr && !paths->array().empty())
        return project_error("`paths` of cargo's configuration, which replaces packages, is not supported",
                             "use [patch] in Cargo.toml or in the configuration instead")
            .at(file, paths->line, paths->column);
    const Toml* sources = document.find("source");
    if (sources == nullptr || !sources->is_table()) return {};
    for (const auto& [name, source] : sources->table()) {
        const Toml* registry = source.find("registry");
        if (name == "crates-io" || registry == nullptr || !registry->is_string()) continue;
        if (registry->string() == "https://github.com/rust-lang/crates.io-index")
            return project_error(cat("the source `", name, "` is crates.io, which has the name `crates-io` already"),
                                 "write [source.crates-io] with its `replace-with`")
                .at(file, registry->line, registry->column);
    }
    return {};
}

class Loader {
   public:
    Loader(SourceFiles& files, const ConfigRequest& request, CargoConfig& config)
        : files_(files), request_(request), config_(config) {}

    Status load() {
        std::vector<std::string> found;
        for (const std::string& directory : request_.directories)
            if (std::string path = config_file(join_path(directory, ".cargo")); !path.empty())
                add_once(found, std::move(path));
        if (!request_.cargo_home.empty())
            if (std::string path = config_file(request_.cargo_home); !path.empty()) add_once(found, std::move(path));
        for (auto path = found.rbegin(); path != found.rend(); ++path) {
            bool is_home = !request_.cargo_home.empty() && parent(*path) == request_.cargo_home;
            std::string base(parent(parent(*path)));
            TRY_VOID(load_file(*path, is_home ? std::string(parent(request_.cargo_home)) : base, 0));
        }
        return load_overrides();
    }

   private:
    std::string config_file(const std::string& directory) {
        for (const char* name : {"config", "config.toml"}) {
            std::string path = join_path(directory, name);
            if (files_.kind(path) == SourceKind::File) return path;
        }
        return {};
    }

    Status load_file(const std::string& path, const std::string& base, int depth) {
        if (depth > k_max_includes)
            return project_error("cargo configuration files include each other without end").at(path);
        TRY(bytes, files_.need(path));
        TRY(document, parse_toml(bytes, path));
        config_.files.push_back(path);
        if (const Toml* include = document.find("include")) TRY_VOID(load_includes(*include, path, base, depth));
        TRY_VOID(refuse_in(document, path));
        config_.documents.emplace_back(path, document);
        absolutise(document, base);
        TRY(merged, merge(config_.merged, document, path, {}));
        config_.merged = std::move(merged);
        return {};
    }

    Status load_includes(const Toml& include, const std::string& path, const std::string& base, int depth) {
        Toml::Array single = {include};
        for (const Toml& item : include.is_array() ? include.array() : single) {
            const Toml* name = item.is_table() ? item.find("path") : &item;
            if (name == nullptr || !name->is_string())
                return project_error("`include` must list paths").at(path, item.line);
            const Toml* optional = item.find("optional");
            std::string file = join_path(parent(path), name->string());
            if (files_.kind(file) == SourceKind::File) {
                TRY_VOID(load_file(file, base, depth + 1));
            } else if (optional == nullptr || !optional->boolean()) {
                return project_error(cat("included cargo configuration ", file, " does not exist")).at(path, item.line);
            }
        }
        return {};
    }

    Status load_overrides() {
        const std::string& base = request_.overrides_directory.empty() ? request_.cwd : request_.overrides_directory;
        for (const std::string& text : request_.overrides) {
            const std::string file = join_path(base, text);
            if (files_.kind(file) == SourceKind::File) {
                const Toml before = std::exchange(config_.merged, Toml());
                TRY_VOID(load_file(file, base, 0));
                const Toml read = std::exchange(config_.merged, before);
                TRY_VOID(add_override(read, file));
                continue;
            }
            Result<Toml> document = parse_toml(text, "--config");
            if (!document.ok()) return not_an_override(text, document.error().message);
            if (const std::string wrong = more_than_a_value(*document, text); !wrong.empty())
                return not_an_override(text, wrong);
            TRY_VOID(refuse_in(*document, "--config"));
            absolutise(*document, base);
            TRY_VOID(add_override(*document, "--config"));
        }
        return {};
    }

    // They go before files, and before the environment too.
    Status add_override(const Toml& document, const std::string& file) {
        TRY(merged, merge(config_.merged, document, file, {}));
        TRY(said, merge(config_.said, document, file, {}));
        config_.merged = std::move(merged);
        config_.said = std::move(said);
        return {};
    }

    // One KEY = VALUE with dots in the key, and neither a table nor a second line.
    static std::string more_than_a_value(const Toml& document, const std::string& text) {
        if (contains(trim(text), "\n") || trim(text).starts_with("[")) return "it is more than one value";
        const Toml* value = &document;
        while (value->is_table() && value->table().size() == 1) value = &value->table().front().second;
        if (value->is_table() && value->table().empty()) return "it sets nothing";
        const std::size_t equals = text.find('=');
        const bool braces =
            equals != std::string::npos && trim(std::string_view(text).substr(equals + 1)).starts_with("{");
        return braces || value->is_table() ? "its value is a table" : "";
    }

    static Error not_an_override(const std::string& text, const std::string& why) {
        return usage_error(cat("cargo's configuration cannot be `", text, "`: ", why),
                           "write KEY = VALUE as TOML does, for example profile.release.lto = \"off\", or name a file");
    }

    SourceFiles& files_;
    const ConfigRequest& request_;
    CargoConfig& config_;
};

std::string env_name(std::string_view dotted) {
    std::string out = "CARGO_";
    for (char c : upper(dotted)) out += c == '.' || c == '-' ? '_' : c;
    return out;
}

std::string index_text(const std::string& url) {
    return url.starts_with("sparse+") || url.starts_with("registry+") ? url : "registry+" + url;
}

void read_registries(CargoConfig& config) {
    if (const Toml* table = config.merged.find("registries"))
        for (const auto& [name, value] : table->table())
            if (const Toml* index = value.find("index")) config.registries[name] = index_text(index->string());
    for (const auto& [name, value] : config.environment)
        if (name.starts_with("CARGO_REGISTRIES_") && name.ends_with("_INDEX")) {
            std::string middle = lower(std::string_view(name).substr(17, name.size() - 17 - 6));
            config.registries[replace_all(middle, "_", "-")] = index_text(value);
            config.registries[middle] = index_text(value);
        }
}

void read_sources(CargoConfig& config) {
    const Toml* table = config.merged.find("source");
    if (table == nullptr) return;
    for (const auto& entry : table->table()) {
        const Toml& value = entry.second;
        SourceDefinition source;
        source.name = entry.first;
        auto text = [&value](const char* key) {
            const Toml* found = value.find(key);
            return found != nullptr ? found->string() : std::string();
        };
        source.replace_with = text("replace-with");
        source.registry = text("registry");
        source.local_registry = text("local-registry");
        source.directory = text("directory");
        source.git = text("git");
        source.branch = text("branch");
        source.tag = text("tag");
        source.rev = text("rev");
        source.where.line = value.line;
        config.sources.push_back(std::move(source));
    }
}

void read_env_table(CargoConfig& config) {
    const Toml* table = config.merged.find("env");
    if (table == nullptr) return;
    for (const auto& [name, value] : table->table()) {
        EnvEntry entry;
        const Toml* text = value.is_table() ? value.find("value") : &value;
        if (text != nullptr) entry.value = text->string();
        if (const Toml* force = value.find("force")) entry.force = force->boolean();
        config.env[name] = std::move(entry);
    }
}

bool truthy(const std::string& text) { return text == "1" || text == "true"; }

// The rustflags list at one table, environment appended.
std::vector<std::string> flags_at(const CargoConfig& config, const Toml* table, const std::string& dotted) {
    std::vector<std::string> flags;
    if (table != nullptr)
        if (const Toml* list = table->find("rustflags")) flags = flags_of(*list);
    auto found = config.environment.find(env_name(dotted));
    if (found != config.environment.end())
        for (std::string& word : split_words(found->second)) flags.push_back(std::move(word));
    return flags;
}

// [target.'cfg(…)'] tables that match, in key order.
Result<std::vector<const Toml*>> matching_cfg_tables(const CargoConfig& config, const std::vector<Cfg>& cfgs) {
    std::vector<std::pair<std::string, const Toml*>> sorted;
    if (const Toml* targets = config.merged.find("target"))
        for (const auto& [key, value] : targets->table())
            if (key.starts_with("cfg(")) sorted.emplace_back(key, &value);
    std::sort(sorted.begin(), sorted.end());
    std::vector<const Toml*> out;
    for (const auto& [key, table] : sorted) {
        Result<Platform> platform = parse_platform(key);  // cargo leaves out what it cannot read
        if (platform.ok() && platform->matches("", cfgs)) out.push_back(table);
    }
    return out;
}

std::optional<std::string> text_of(const Toml& document, const std::string& dotted) {
    const Toml* value = document.find_path(dotted);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->string();
    if (value->is_bool()) return std::string(value->boolean() ? "true" : "false");
    if (value->is_int()) return to_text(static_cast<long long>(value->integer()));
    return std::nullopt;
}

// build.target: a triple, or a list of them.
Status read_build_target(CargoConfig& config) {
    config.build_target = config.string("build.target").value_or("");
    if (!config.build_target.empty()) return {};
    const Toml* list = config.merged.find_path("build.target");
    if (list == nullptr || !list->is_array()) return {};
    const std::vector<std::string> triples = list->string_list();
    if (triples.size() > 1)
        return project_error(cat("build.target of cargo's configuration lists ", join(triples, " and ")),
                             "name one target: several at once are not supported")
            .at(config.where("build.target"));
    if (!triples.empty()) config.build_target = triples[0];
    return {};
}

}  // namespace config_detail

std::optional<std::string> CargoConfig::string(const std::string& dotted) const {
    if (std::optional<std::string> said_aloud = config_detail::text_of(said, dotted)) return said_aloud;
    auto found = environment.find(config_detail::env_name(dotted));
    if (found != environment.end()) return found->second;
    return config_detail::text_of(merged, dotted);
}

Where CargoConfig::where(const std::string& dotted) const {
    if (said.find_path(dotted) != nullptr) return Where{"--config", 0, 0};
    const std::string variable = config_detail::env_name(dotted);
    if (environment.count(variable) != 0) return Where{variable, 0, 0};
    for (auto read = documents.rbegin(); read != documents.rend(); ++read)
        if (const Toml* value = read->second.find_path(dotted)) return Where{read->first, value->line, value->column};
    return {};
}

Result<CargoConfig> load_config(SourceFiles& files, const ConfigRequest& request) {
    using namespace config_detail;
    CargoConfig config;
    config.environment = request.environment;
    config.cwd = request.cwd;
    TRY_VOID(Loader(files, request, config).load());
    read_registries(config);
    read_sources(config);
    read_env_table(config);
    TRY_VOID(read_build_target(config));
    auto target_dir = config.environment.find("CARGO_TARGET_DIR");
    config.target_directory = target_dir != config.environment.end() ? join_path(config.cwd, target_dir->second)
                                                                     : config.string("build.target-dir").value_or("");
    auto incremental = config.environment.find("CARGO_INCREMENTAL");
    if (incremental != config.environment.end())
        config.incremental = incremental->second == "1";
    else if (auto value = config.string("build.incremental"))
        config.incremental = truthy(*value);
    config.offline = truthy(config.string("net.offline").value_or("false"));
    return config;
}

Result<std::vector<std::string>> rustflags_for(const CargoConfig& config, const std::string& triple,
                                               const std::vector<Cfg>& cfgs) {
    using namespace config_detail;
    std::vector<std::string> flags;
    auto encoded = config.environment.find("CARGO_ENCODED_RUSTFLAGS");
    if (encoded != config.environment.end()) {
        if (!encoded->second.empty()) flags = split(encoded->second, '\x1f');
        return flags;
    }
    auto plain = config.environment.find("RUSTFLAGS");
    if (plain != config.environment.end()) return split_words(plain->second);
    const Toml* targets = config.merged.find("target");
    const Toml* exact = targets != nullptr ? targets->find(triple) : nullptr;
    flags = flags_at(config, exact, cat("target.", triple, ".rustflags"));
    TRY(tables, matching_cfg_tables(config, cfgs));
    for (const Toml* table : tables)
        if (const Toml* list = table->find("rustflags"))
            for (std::string& flag : flags_of(*list)) flags.push_back(std::move(flag));
    if (!flags.empty()) return flags;
    return flags_at(config, config.merged.find("build"), "build.rustflags");
}

Result<std::string> linker_for(const CargoConfig& config, const std::string& triple, const std::vector<Cfg>& cfgs) {
    using namespace config_detail;
    const Toml* said = config.said.find("target");
    if (said != nullptr) said = said->find(triple);
    if (said != nullptr) said = said->find("linker");
    if (said != nullptr) return said->string();
    auto env = config.environment.find(env_name(cat("target.", triple, ".linker")));
    if (env != config.environment.end()) return program_path(env->second, config.cwd);
    const Toml* targets = config.merged.find("target");
    const Toml* exact = targets != nullptr ? targets->find(triple) : nullptr;
    if (exact != nullptr)
        if (const Toml* linker = exact->find("linker")) return linker->string();
    TRY(tables, matching_cfg_tables(config, cfgs));
    std::string found;
    for (const Toml* table : tables)
        if (const Toml* linker = table->find("linker")) {
            if (!found.empty())
                return project_error("several matching [target.'cfg(…)'] tables set `linker`",
                                     cat("use [target.", triple, "] instead"));
            found = linker->string();
        }
    return found;
}

const Toml* links_override(const CargoConfig& config, const std::string& triple, const std::string& links) {
    const Toml* targets = config.merged.find("target");
    const Toml* exact = targets != nullptr && !links.empty() ? targets->find(triple) : nullptr;
    const Toml* table = exact != nullptr ? exact->find(links) : nullptr;
    return table != nullptr && table->is_table() ? table : nullptr;
}

}  // namespace cermet::rust
