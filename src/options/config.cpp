// Config: finds the project's file, fills the typed tables, answers questions about them.
// SPDX-License-Identifier: MIT
#include "options/config.h"

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "options/loader.h"

namespace cermet::options {

namespace config_detail {

Origin origin_at(const Document& document, const Toml& value) {
    Origin origin;
    origin.kind = document.kind;
    origin.where = {document.file, value.line, value.column};
    return origin;
}

std::string title_of(const Section& section, std::string_view name, const Document& document) {
    const std::string prefix = document.in_pyproject ? "tool.cermet." : "";
    if (section.shape == Shape::Named) return cat("[", prefix, section.name, ".", name, "]");
    return section.title(document.in_pyproject);
}

// Other tables that know a key, for a key that was written in the wrong one.
std::string tables_with(std::string_view key) {
    std::vector<std::string> found;
    for (const Section& section : schema()) {
        if (section.find(key) != nullptr && !section.name.empty()) found.push_back(section.name);
    }
    return join(found, ", ");
}

Error unknown_key(std::string_view key, const Toml& value, const std::string& title,
                  const std::vector<std::string>& known, const Document& document) {
    std::string hint;
    if (nearest(key, known).empty()) {
        const std::string tables = tables_with(key);
        if (!tables.empty()) hint = cat("'", key, "' is a key of ", tables);
    }
    if (hint.empty()) hint = did_you_mean(key, known, "keys");
    return project_error(cat("unknown key '", key, "' in ", title), std::move(hint))
        .at(document.file, value.line, value.column);
}

Status fill(const Section& section, void* table, const Toml& toml, const std::string& title, const Document& document) {
    for (const auto& [key, value] : toml.table()) {
        const Row* row = section.find(key);
        if (row == nullptr) return unknown_key(key, value, title, section.keys(), document);
        TRY_VOID(assign(*row, table, value, origin_at(document, value), document.base, document.mode));
    }
    return {};
}

Error not_a_table(const Section& section, const Toml& value, const std::string& title, const Document& document) {
    std::string hint = cat("write ", title, " with its keys below it");
    if (section.name == "version") hint = "for example: version = { from = \"git\" }";
    return project_error(cat("'", section.name, "' takes a table, not ", value.kind_name()), std::move(hint))
        .at(document.file, value.line, value.column);
}

// `options.NAME = value` in an overrides file; what an option is, the project says.
Status set_options(Config& config, const Section& section, const Toml& toml, const Document& document) {
    for (const auto& [name, value] : toml.table()) {
        const Origin origin = origin_at(document, value);
        const std::size_t index = find_element(section, config, name);
        if (index == k_no_element) return no_option(config, name, origin);
        TRY_VOID(assign(option_value(), section.element(config, index), value, origin, document.base, document.mode));
    }
    return {};
}

Status fill_named(Config& config, const Section& section, const Toml& toml, const Document& document) {
    if (!toml.is_table()) return not_a_table(section, toml, title_of(section, "NAME", document), document);
    if (section.name == "options" && document.kind == OriginKind::OverridesFile)
        return set_options(config, section, toml, document);
    for (const auto& [name, value] : toml.table()) {
        const std::string title = title_of(section, name, document);
        if (!value.is_table()) {
            return project_error(
                       cat("'", section.name, "' takes tables with names, but '", name, "' is ", value.kind_name()),
                       cat("write ", title_of(section, "NAME", document)))
                .at(document.file, value.line, value.column);
        }
        std::size_t index = find_element(section, config, name);
        if (index == k_no_element) {
            index = add_element(config, section, name, {document.file, value.line, value.column});
            if (document.kind == OriginKind::OverridesFile)
                section.head(config, index)->said_by = origin_at(document, value).text();
        }
        TRY_VOID(fill(section, section.element(config, index), value, title, document));
    }
    return {};
}

// [cython.NAME] in an overrides file changes a table that the project has.
Status change_elements(Config& config, const Section& section, const Toml& toml, const Document& document) {
    for (const auto& [name, value] : toml.table()) {
        const std::size_t index = find_element(section, config, name);
        if (index == k_no_element || !value.is_table()) {
            return project_error(cat("there is no ", section.title(false), " called '", name, "' to change"),
                                 name.find('.') == std::string::npos && value.is_table() && !value.table().empty() &&
                                         value.table()[0].second.is_table()
                                     ? std::string("quote a name with dots: [cython.\"pkg.module\"]")
                                     : did_you_mean(name, element_names(section, config), "tables"))
                .at(document.file, value.line, value.column);
        }
        TRY_VOID(
            fill(section, section.element(config, index), value, cat("[", section.name, ".", name, "]"), document));
    }
    return {};
}

Status fill_array(Config& config, const Section& section, const Toml& toml, const Document& document) {
    const std::string title = section.title(document.in_pyproject);
    if (toml.is_table() && document.kind == OriginKind::OverridesFile)
        return change_elements(config, section, toml, document);
    if (!toml.is_array()) {
        return project_error(cat("'", section.name, "' is a list of tables, not ", toml.kind_name()),
                             cat("write ", title, ", with two brackets"))
            .at(document.file, toml.line, toml.column);
    }
    for (const Toml& item : toml.array()) {
        if (!item.is_table()) return not_a_table(section, item, title, document);
        const std::size_t index =
            add_element(config, section, to_text(section.count(config)), {document.file, item.line, item.column});
        TRY_VOID(fill(section, section.element(config, index), item, title, document));
    }
    return {};
}

Status fill_section(Config& config, const Section& section, const Toml& toml, const Document& document) {
    switch (section.shape) {
        case Shape::Named: return fill_named(config, section, toml, document);
        case Shape::Array: return fill_array(config, section, toml, document);
        case Shape::Top:
        case Shape::Single: break;
    }
    const std::string title = section.title(document.in_pyproject);
    if (!toml.is_table()) return not_a_table(section, toml, title, document);
    if (section.place != nullptr) *section.place(config) = {document.file, toml.line, toml.column};
    return fill(section, section.single(config), toml, title, document);
}

// What stands in a file of rules, and what rules name: behind what is known already.
Status read_rule_file(Config& config, const Toml& root, const Document& document) {
    Config read;
    for (const auto& [key, value] : root.table()) {
        if (key == "crates") {
            TRY_VOID(fill_named(read, *find_section(key), value, document));
        } else if (key == "download") {
            TRY_VOID(fill_array(read, *find_section(key), value, document));
        } else if (key == "provide") {
            const Section& top = *find_section("");
            TRY_VOID(fill(top, top.single(read), Toml::of(Toml::Table{{key, value}}), "", document));
        } else {
            return project_error(cat("a file of crate rules has only tables [crates.NAME] and [[download]], and "
                                     "'provide', and not '",
                                     key, "'"))
                .at(document.file, value.line, value.column);
        }
    }
    for (CrateRule& rule : read.crates) {
        if (config.find_crate(rule.id) == nullptr) config.crates.push_back(std::move(rule));
    }
    for (Download& download : read.downloads) {
        if (config.find_download(*download.name) == nullptr) config.downloads.push_back(std::move(download));
    }
    if (config.provide->empty()) config.provide.origin = read.provide.origin;
    config.provide.value.insert(read.provide->begin(), read.provide->end());
    return {};
}

Status read_rules(SourceFiles& files, Config& config) {
    for (const std::string& pattern : *config.crate_rules) {
        const bool absolute = is_absolute(pattern);
        const std::string directory = absolute ? "/" : config.directory;
        const std::vector<std::string> names = matching_files(files, directory, absolute ? pattern.substr(1) : pattern);
        if (names.empty())
            return value_error(config.crate_rules.origin, cat("no file matches ", pattern, ", named by 'crate-rules'"));
        for (const std::string& name : names) {
            Document document;
            document.file = join_path(directory, name);
            document.base = {std::string(parent(document.file)), config.directory};
            TRY(root, parse_toml(files.read(document.file).value_or(""), document.file));
            TRY_VOID(read_rule_file(config, root, document));
        }
    }
    return {};
}

Status apply_overrides_file(SourceFiles& files, Config& config, const std::string& file) {
    const std::optional<std::string> bytes = files.read(file);
    if (!bytes) return usage_error(cat("cannot read the overrides file '", file, "'"));
    Document document;
    document.kind = OriginKind::OverridesFile;
    document.file = file;
    document.base = {std::string(parent(file)), config.directory};
    document.mode = Assign::Merge;
#ifdef CERMET_STAGE0
    TRY(root, parse_toml(*bytes, file));
    return apply_document(config, root, document);
#else
    TRY(read, read_overrides(*bytes, file));
    if (read.record) {  // whole values, of a build that may have been anywhere
        document.base.holder = config.directory;
        document.mode = Assign::Replace;
        config.outside.unrecorded = read.unrecorded;
    }
    return apply_document(config, read.root, document);
#endif
}

// What the project's files say; `in_pyproject` tells which.
Status read_project(SourceFiles& files, Config& config, bool& in_pyproject) {
    const std::string pyproject = join_path(config.directory, "pyproject.toml");
    const std::string own = join_path(config.directory, "cermet.toml");
    Toml root;
    in_pyproject = true;
    if (const std::optional<std::string> bytes = files.read(pyproject)) {
        config.has_pyproject = true;
        TRY(parsed, parse_toml(*bytes, pyproject));
        if (const Toml* tool = parsed.find_path("tool.cermet")) {
            if (!tool->is_table()) {
                return project_error(cat("'tool.cermet' takes a table, not ", tool->kind_name()))
                    .at(pyproject, tool->line, tool->column);
            }
            root = *tool;
            config.file = pyproject;
        }
    }
    if (const std::optional<std::string> bytes = files.read(own)) {
        if (!config.file.empty()) {
            return project_error(
                       "both [tool.cermet] in pyproject.toml and cermet.toml configure this "
                       "project",
                       "keep one; a Python package uses pyproject.toml")
                .at(own, 1);
        }
        TRY(parsed, parse_toml(*bytes, own));
        root = std::move(parsed);
        config.file = own;
        in_pyproject = false;
    }
    if (config.file.empty() && !config.has_pyproject &&
        files.kind(join_path(config.directory, "Cargo.toml")) != SourceKind::File) {
        return project_error(cat("there is no pyproject.toml, cermet.toml or Cargo.toml in '", config.directory, "'"),
                             "run cermet in the project's directory, or name it with --directory");
    }
    Document document;
    document.file = config.file;
    document.in_pyproject = in_pyproject;
    document.base = {config.directory, config.directory};
    return apply_document(config, root, document);
}

template <class T>
const T* find_named(const std::vector<T>& list, std::string_view name) {
    for (const T& item : list) {
        if (item.name.value == name) return &item;
    }
    return nullptr;
}

void append(std::vector<std::string>& to, const Texts& more) {
    to.insert(to.end(), more.value.begin(), more.value.end());
}

// Lays a profile over `flags`, what it inherits first. check_config() has refused cycles.
void add_profile(const Config& config, std::string_view name, std::size_t depth, ProfileFlags& flags) {
    if (depth > config.profiles.size()) return;
    for (const Profile& profile : config.profiles) {
        if (profile.id != name) continue;
        if (!profile.inherits->empty()) add_profile(config, *profile.inherits, depth + 1, flags);
        append(flags.c_flags, profile.c_flags);
        append(flags.cxx_flags, profile.cxx_flags);
        append(flags.link_flags, profile.link_flags);
        for (const auto& [key, value] : *profile.define) flags.define[key] = value;
        for (const auto& [key, value] : *profile.cython_directives) flags.cython_directives[key] = value;
    }
}

}  // namespace config_detail

std::string Origin::text() const {
    switch (kind) {
        case OriginKind::Default: return "default";
        case OriginKind::Environment:
        case OriginKind::CommandLine: return name;
        case OriginKind::File:
        case OriginKind::OverridesFile: break;
    }
    return where.line > 0 ? cat(where.file, ":", where.line) : where.file;
}

Status apply_document(Config& config, const Toml& root, const Document& document) {
    using namespace config_detail;
    const Section& top = schema().front();
    for (const auto& [key, value] : root.table()) {
        if (const Row* row = top.find(key)) {
            TRY_VOID(assign(*row, &config, value, origin_at(document, value), document.base, document.mode));
        } else if (const Section* section = find_section(key); section != nullptr && !key.empty()) {
            TRY_VOID(fill_section(config, *section, value, document));
        } else {
            std::vector<std::string> known = top.keys();
            for (std::string& name : section_names()) known.push_back(std::move(name));
            return unknown_key(key, value, top.title(document.in_pyproject), known, document);
        }
    }
    return {};
}

std::size_t add_element(Config& config, const Section& section, std::string id, Where place) {
    section.add(config);
    const std::size_t index = section.count(config) - 1;
    Table* head = section.head(config, index);
    head->id = std::move(id);
    head->place = std::move(place);
    for (const Row& row : section.rows) set_default(row, section.element(config, index));
    return index;
}

std::size_t find_element(const Section& section, Config& config, std::string_view name) {
    for (std::size_t i = 0; i < section.count(config); ++i) {
        if (element_name(section, config, i) == name) return i;
    }
    for (std::size_t i = 0; i < section.count(config); ++i) {
        if (section.head(config, i)->id == name) return i;
    }
    return k_no_element;
}

std::vector<std::string> element_names(const Section& section, Config& config) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < section.count(config); ++i) names.push_back(element_name(section, config, i));
    return names;
}

Result<Config> load_config(SourceFiles& files, const std::string& directory, const Overrides& overrides) {
    Config config;
    config.directory = normalise(directory);
    for (const Section& section : schema()) {
        if (section.many()) continue;
        for (const Row& row : section.rows) set_default(row, section.single(config));
    }
    bool in_pyproject = false;
    // Rules of files can be changed from outside like the project's own; which files those are, too.
    std::vector<std::string> known;
    auto read_rules = [&]() -> Status {
        if (*config.crate_rules == known) return {};
        known = *config.crate_rules;
        return config_detail::read_rules(files, config);
    };
    TRY_VOID(config_detail::read_project(files, config, in_pyproject));
    TRY_VOID(read_rules());
    Config own = config;
    if (!overrides.file.empty()) {
        TRY_VOID(config_detail::apply_overrides_file(files, config, normalise(overrides.file)));
        TRY_VOID(read_rules());
    }
    TRY_VOID(apply_text_overrides(config, overrides, {config.directory, config.directory}));
    TRY_VOID(read_rules());
#ifndef CERMET_STAGE0
    TRY_VOID(check_unrecorded(config, overrides.file));
    TRY_VOID(settle_options(config));
    (void)settle_options(own);  // what it lacks, only values from outside say
    config.outside = outside_of(config, own);
    TRY_VOID(place_options(config));
#endif
    TRY_VOID(check_config(config, in_pyproject));
    return config;
}

Result<ProfileFlags> flags_for(const Config& config, std::string_view profile) {
    using namespace config_detail;
    ProfileFlags flags;
    flags.name = profile.empty() ? *config.default_profile : std::string(profile);
    std::vector<std::string> known = {"release", "dev"};
    for (const Profile& each : config.profiles) known.push_back(each.id);
    if (!contains(known, flags.name)) {
        return usage_error(
            cat("there is no profile '", flags.name, "'"),
            cat(did_you_mean(flags.name, known, "profiles"), "; a profile of Cargo.toml needs a table [profile.",
                flags.name, "] in Cermet's configuration"));
    }
    flags.rust_profile = flags.name;
    for (const Profile& each : config.profiles) {
        if (each.id == flags.name && !each.rust->empty()) flags.rust_profile = *each.rust;
    }
    add_profile(config, flags.name, 0, flags);
    return flags;
}

Result<Use> parse_use(std::string_view text) {
    static const std::vector<std::pair<std::string, UseKind>> kinds = {
        {"py", UseKind::Python},         {"rust", UseKind::Rust},    {"c", UseKind::C},
        {"sys", UseKind::System},        {"tool", UseKind::Tool},    {"generate", UseKind::Generate},
        {"download", UseKind::Download}, {"library", UseKind::Fact}, {"headers", UseKind::Fact}};
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) {
        return project_error(cat("'", text, "' does not say what it uses"),
                             "write KIND:NAME, for example py:numpy, rust:core, c:tree or sys:zlib");
    }
    std::vector<std::string> names;
    for (const auto& [name, kind] : kinds) {
        if (text.substr(0, colon) == name) return Use{kind, std::string(text.substr(colon + 1))};
        names.push_back(name);
    }
    return project_error(cat("'", text.substr(0, colon), ":' is not a kind of provider"),
                         cat("known kinds: ", join(names, ", ")));
}

std::string differing_setting(const CythonGroup& a, const CythonGroup& b) {
    const Section* section = find_section("cython");
    for (const Row& row : section->rows) {
        if (row.key == "modules" || row.key == "exclude" || row.key == "name" || row.key == "sources") {
            continue;
        }
        // Rows take a mutable table; same_value() only reads it.
        if (!same_value(row, const_cast<CythonGroup*>(&a), const_cast<CythonGroup*>(&b))) return row.key;
    }
    return {};
}

const CrateRule* Config::find_crate(std::string_view name) const {
    for (const CrateRule& rule : crates) {
        if (rule.id == name) return &rule;
    }
    return nullptr;
}

const ToolchainRecord* Config::find_toolchain(const platform::Triple& machine) const {
    for (const ToolchainRecord& record : toolchains) {
        const Result<platform::Triple> named = platform::parse_triple(record.id);
        if (named.ok() && *named == machine) return &record;
    }
    return nullptr;
}

const CLibrary* Config::find_c_library(std::string_view name) const {
    return config_detail::find_named(c_libraries, name);
}

const RustLibrary* Config::find_rust_library(std::string_view name) const {
    return config_detail::find_named(rust_libraries, name);
}

const Generate* Config::find_generate(std::string_view name) const {
    return config_detail::find_named(generates, name);
}

const Executable* Config::find_executable(std::string_view name) const {
    return config_detail::find_named(executables, name);
}

const Download* Config::find_download(std::string_view name) const {
    return config_detail::find_named(downloads, name);
}

}  // namespace cermet::options
