// Checks across tables: what a target needs, names, duplicates, uses, profiles.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "facts/fact.h"
#include "options/loader.h"

namespace cermet::options {

namespace check_detail {

struct Checker {
    Config* config;
    bool in_pyproject;
    std::string title(const char* section) const { return find_section(section)->title(in_pyproject); }
};

Error at_table(const Table& table, std::string message, std::string hint = {}) {
    return project_error(std::move(message), std::move(hint)).at(table.place);
}

bool is_keyword(std::string_view word) {
    static constexpr std::array<std::string_view, 35> keywords = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
    return contains(keywords, word);
}

bool is_identifier(std::string_view word) {
    if (word.empty() || (word[0] >= '0' && word[0] <= '9') || is_keyword(word)) return false;
    return std::all_of(word.begin(), word.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || u >= 0x80;
    });
}

Status check_module_name(const Text& name) {
    for (const std::string& part : split(*name, '.')) {
        if (!is_identifier(part)) {
            return value_error(name.origin, cat("'", *name, "' is not a module name"),
                               "write the dotted name that `import` takes, for example pkg._core");
        }
    }
    return {};
}

// Names that become part of file names: libraries, programs, steps.
Status check_plain_name(const Text& name) {
    const std::string& text = *name;
    const bool good =
        !text.empty() && text[0] != '-' && text[0] != '.' && std::all_of(text.begin(), text.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                   c == '.' || c == '+';
        });
    if (good) return {};
    return value_error(name.origin, cat("'", text, "' is not a good name"),
                       "use letters, digits, '_', '-', '.' and '+'");
}

Status need_name(const Checker& check, const char* section, const Table& table, const Text& name, bool module) {
    if (name->empty()) {
        return at_table(table, cat(check.title(section), " needs a name"),
                        cat("for example: name = ", find_section(section)->find("name")->example));
    }
    return module ? check_module_name(name) : check_plain_name(name);
}

Status need_sources(const Checker& check, const char* section, const Table& table, const Sources& sources) {
    if (!sources->empty()) return {};
    return at_table(table, cat(check.title(section), " needs sources"),
                    cat("for example: sources = ", find_section(section)->find("sources")->example));
}

Status check_limited_api(const Text& value, bool automatic) {
    const std::string& text = *value;
    if (text == "no" || (automatic && text == "auto")) return {};
    const bool version = text.size() > 2 && text.size() < 6 && text.substr(0, 2) == "3." &&
                         std::all_of(text.begin() + 2, text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (version) return {};
    return value_error(value.origin, cat("'limited-api' takes a Python version such as 3.9", automatic ? ", auto" : "",
                                         " or no, not '", text, "'"));
}

Status check_selection(const CrateOptions& crate) {
    if (*crate.all_features && !crate.features->empty()) {
        return value_error(crate.features.origin, "'features' has no meaning beside 'all-features = true'",
                           "keep one of the two");
    }
    return {};
}

Status check_cython(const Checker& check) {
    for (const CythonGroup& group : check.config->cython) {
        const bool one = !group.name->empty() || !group.sources->empty();
        if (one == !group.modules->empty()) {
            return at_table(group,
                            cat(check.title("cython"),
                                one ? " has both 'modules' and one module's name or sources" : " names no modules"),
                            "write modules = [globs], or name = \"pkg.module\" with sources = [files]");
        }
        if (one) {
            TRY_VOID(need_name(check, "cython", group, group.name, true));
            TRY_VOID(need_sources(check, "cython", group, group.sources));
        }
        TRY_VOID(check_limited_api(group.limited_api, false));
    }
    return {};
}

Status check_c(const Checker& check) {
    for (const CModule& module : check.config->c_modules) {
        TRY_VOID(need_name(check, "c-module", module, module.name, true));
        TRY_VOID(need_sources(check, "c-module", module, module.sources));
        TRY_VOID(check_limited_api(module.limited_api, false));
    }
    for (const CLibrary& library : check.config->c_libraries) {
        TRY_VOID(need_name(check, "c-library", library, library.name, false));
        // A library of headers only has no sources.
        if (library.public_include->empty()) TRY_VOID(need_sources(check, "c-library", library, library.sources));
    }
    return {};
}

Status check_executables(const Checker& check) {
    for (const Executable& program : check.config->executables) {
        TRY_VOID(need_name(check, "executable", program, program.name, false));
        if (program.sources->empty() == program.crate->empty()) {
            return at_table(program,
                            cat(check.title("executable"), " '", *program.name, "' needs ",
                                program.crate->empty() ? "'sources' or 'crate'" : "only one of 'sources' and 'crate'"));
        }
        if (program.crate->empty() && program.bin.set()) {
            return value_error(program.bin.origin, "'bin' has no meaning without 'crate'");
        }
        TRY_VOID(check_selection(program));
    }
    return {};
}

Status check_rust(const Checker& check) {
    for (const RustModule& module : check.config->rust_modules) {
        TRY_VOID(need_name(check, "rust-module", module, module.name, true));
        if (module.crate->empty()) {
            return at_table(module, cat(check.title("rust-module"), " '", *module.name, "' needs a crate"),
                            "for example: crate = \"rust/crates/core\"");
        }
        TRY_VOID(check_limited_api(module.limited_api, true));
        TRY_VOID(check_selection(module));
    }
    for (const RustLibrary& library : check.config->rust_libraries) {
        TRY_VOID(need_name(check, "rust-library", library, library.name, false));
        if (library.crates->empty()) {
            return at_table(library, cat(check.title("rust-library"), " '", *library.name, "' needs crates"),
                            "for example: crates = [\"core\", \"model\"]");
        }
        TRY_VOID(check_selection(library));
    }
    return {};
}

Status check_outputs(const Texts& outputs) {
    for (const std::string& path : *outputs) {
        if (is_absolute(path) || path == ".." || path.substr(0, 3) == "../" || path == ".") {
            return value_error(outputs.origin, cat("the output '", path, "' lies outside the project"),
                               "outputs are files below the project's directory");
        }
        if (has_glob(path))
            return value_error(outputs.origin, cat("the output '", path, "' is a glob"),
                               "list the files: what a step writes is known before it runs");
    }
    return {};
}

Status check_use(const Config& config, const Texts& uses, const std::string& text, const char* key = "uses") {
    Result<Use> use = parse_use(text);
    if (!use) return value_error(uses.origin, use.error().message, use.error().hint);
    std::vector<std::string> known;
    const char* what = "";
    if (use->kind == UseKind::Rust) {
        what = "rust-library";
        for (const RustLibrary& each : config.rust_libraries) known.push_back(*each.name);
    } else if (use->kind == UseKind::C) {
        what = "c-library";
        for (const CLibrary& each : config.c_libraries) known.push_back(*each.name);
    } else if (use->kind == UseKind::Generate) {
        what = "generate";
        for (const Generate& each : config.generates) known.push_back(*each.name);
    } else if (use->kind == UseKind::Download) {
        what = "download";
        for (const Download& each : config.downloads) known.push_back(*each.name);
    } else if (use->kind == UseKind::Tool) {
        what = "executable";
        for (const Executable& each : config.executables) known.push_back(*each.name);
    } else {
        return {};
    }
    if (contains(known, use->name)) return {};
    return value_error(uses.origin,
                       cat("'", key, "' names ", text, ", but there is no ", what, " called '", use->name, "'"),
                       did_you_mean(use->name, known, cat(what, " tables")));
}

Result<facts::FactName> fact_in(const Origin& origin, std::string_view key, const std::string& text) {
    std::optional<facts::FactName> name = facts::parse_fact_name(text);
    if (name) return *name;
    std::vector<std::string> kinds;
    for (const facts::Kind& kind : facts::kinds()) kinds.emplace_back(kind.name);
    return value_error(origin, cat("'", key, "' names ", text, ", which is no fact"),
                       cat("a fact is KIND:NAME; kinds are ", join(kinds, ", ")));
}

// Who provides: a use of another kind than a fact, or a crate.
Status check_provider(const Config& config, const std::string& fact, const std::string& provider) {
    const Origin& origin = config.provide.origin;
    TRY_VOID(fact_in(origin, "provide", fact));
    if (provider.substr(0, 6) == "crate:" && provider.size() > 6) return {};
    Result<Use> use = parse_use(provider);
    if (use.ok() && use->kind == UseKind::Fact) {
        return value_error(origin, cat("'provide' answers ", fact, " with ", provider, ", which is a fact itself"),
                           "name who provides it: c:NAME, sys:NAME, generate:NAME, crate:NAME …");
    }
    Texts uses;
    uses.origin = origin;
    return check_use(config, uses, provider, "provide");
}

Status check_facts(const Config& config) {
    for (const auto& [fact, provider] : *config.provide) TRY_VOID(check_provider(config, fact, provider));
    for (const Generate& step : config.generates) {
        for (const std::string& fact : *step.provides) TRY_VOID(fact_in(step.provides.origin, "provides", fact));
    }
    for (const CrateRule& rule : config.crates) {
        if (rule.library->empty()) continue;
        TRY(name, fact_in(rule.library.origin, "library", *rule.library));
        if (name.kind != "library")
            return value_error(rule.library.origin, cat("'library' names ", *rule.library, ", which is no library"));
    }
    return {};
}

Status check_steps(const Checker& check) {
    TRY_VOID(check_facts(*check.config));
    for (const Generate& step : check.config->generates) {
        TRY_VOID(need_name(check, "generate", step, step.name, false));
        if (step.command->empty() || (step.outputs->empty() && step.provides->empty())) {
            return at_table(step,
                            cat(check.title("generate"), " '", *step.name, "' needs ",
                                step.command->empty() ? "a command" : "outputs"),
                            step.command->empty() ? "for example: command = [\"python\", \"make.py\"]"
                                                  : "for example: outputs = [\"pkg/tables.h\"]");
        }
        TRY_VOID(check_outputs(step.outputs));
        const std::string& program = step.command->front();
        if (program.substr(0, 5) == "tool:") TRY_VOID(check_use(*check.config, step.command, program, "command"));
    }
    for (const CrateRule& rule : check.config->crates) {
        TRY_VOID(check_outputs(rule.outputs));
        for (const std::string& use : *rule.uses) TRY_VOID(check_use(*check.config, rule.uses, use));
        if (!rule.provides->empty() && !*rule.deny_run && rule.library->empty()) {
            return value_error(rule.provides.origin, "'provides' has no meaning without 'deny-run = true' or 'library'",
                               "a build script that runs says for itself what it provides");
        }
    }
    return {};
}

bool is_sha256(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdefABCDEF";
    return text.size() == 64 && text.find_first_not_of(digits) == std::string_view::npos;
}

Status check_downloads(const Checker& check) {
    for (const Download& download : check.config->downloads) {
        TRY_VOID(need_name(check, "download", download, download.name, false));
        const std::string title = cat(check.title("download"), " '", *download.name, "'");
        if (download.url->empty()) return at_table(download, cat(title, " needs a url"));
        const bool known = download.url->starts_with("https://") || download.url->starts_with("http://") ||
                           download.url->starts_with("file:///");
        if (!known) {
            return value_error(download.url.origin, cat("'", *download.url, "' is no URL of a file"),
                               "it begins with https://, http:// or file:///");
        }
        if (download.sha256->empty()) {
            return at_table(download, cat(title, " needs its sha256"), "`sha256sum FILE` prints it");
        }
        if (!is_sha256(*download.sha256)) {
            return value_error(download.sha256.origin,
                               cat("'", *download.sha256, "' is no sha256: it has 64 hexadecimal digits"),
                               "`sha256sum FILE` prints it");
        }
    }
    return {};
}

Status check_when(const Text& when) {
    if (!when.set()) return {};
    const std::string_view text = trim(*when);
    const bool cfg = text.substr(0, 4) == "cfg(";
    if (text.empty() || (cfg && text.back() != ')')) {
        return value_error(when.origin, cat("'when' takes a PEP 508 marker or cfg(…), not '", text, "'"),
                           "for example: when = \"sys_platform == 'linux'\" or when = \"cfg(unix)\"");
    }
    return {};
}

Status check_sections(const Checker& check) {
    for (const Section& section : schema()) {
        if (!section.many()) continue;
        const Row* uses = section.find("uses");
        for (std::size_t i = 0; i < section.count(*check.config); ++i) {
            TRY_VOID(check_when(section.head(*check.config, i)->when));
            if (uses == nullptr) continue;
            const Texts& list = setting<Texts>(*uses, section.element(*check.config, i));
            for (const std::string& text : *list) TRY_VOID(check_use(*check.config, list, text));
        }
    }
    return {};
}

Status check_profiles(const Checker& check) {
    const Config& config = *check.config;
    std::vector<std::string> known = {"release", "dev"};
    for (const Profile& each : config.profiles) known.push_back(each.id);
    const auto exists = [&known](const std::string& name) { return contains(known, name); };
    for (const Profile& each : config.profiles) {
        std::vector<std::string> chain = {each.id};
        const Profile* at = &each;
        while (at != nullptr && !at->inherits->empty()) {
            const std::string next = *at->inherits;
            if (!exists(next)) {
                return value_error(at->inherits.origin, cat("there is no profile '", next, "' to inherit"),
                                   did_you_mean(next, known, "profiles"));
            }
            const bool cycle = contains(chain, next);
            chain.push_back(next);
            if (cycle) {
                return value_error(at->inherits.origin, cat("profiles inherit in a circle: ", join(chain, " -> ")));
            }
            at = nullptr;
            for (const Profile& other : config.profiles) at = other.id == next ? &other : at;
        }
    }
    if (exists(*config.default_profile)) return {};
    return value_error(config.default_profile.origin, cat("there is no profile '", *config.default_profile, "'"),
                       did_you_mean(*config.default_profile, known, "profiles"));
}

Status check_version(const Config& config) {
    const Version& version = config.version;
    const bool said = version.file.set() || version.pattern.set() || version.crate.set() || version.write.set() ||
                      version.fallback.set();
    if (version.from->empty()) {
        if (!said && version.place.line == 0) return {};
        // `write` alone is fine: it writes [project].version.
        if (version.write.set() && !version.file.set() && !version.pattern.set() && !version.crate.set() &&
            !version.fallback.set()) {
            return {};
        }
        return project_error("'version' does not say where the version comes from",
                             "for example: version = { from = \"git\" }")
            .at(version.place);
    }
    const bool file = *version.from == "file";
    if (file && version.file->empty()) {
        return value_error(version.from.origin, "'version' from a file needs 'file'",
                           "for example: version = { from = \"file\", file = \"pkg/__init__.py\" }");
    }
    if (!file && version.file.set())
        return value_error(version.file.origin, "'file' has no meaning without from = \"file\"");
    if (*version.from != "cargo" && version.crate.set())
        return value_error(version.crate.origin, "'crate' has no meaning without from = \"cargo\"");
    if (*version.from != "git" && version.fallback.set())
        return value_error(version.fallback.origin, "'fallback' has no meaning without from = \"git\"");
    if (version.pattern.set() && !contains(*version.pattern, "{version}")) {
        return value_error(version.pattern.origin, "'pattern' does not contain {version}",
                           "for example: pattern = '__version__ = \"{version}\"'");
    }
    if (version.write.set()) TRY_VOID(check_outputs({{*version.write}, version.write.origin}));
    return {};
}

// Steps have their own of these, and CERMET_… are values from outside themselves.
Status check_variables(const Defines& variables) {
    for (const auto& [name, value] : *variables) {
        const bool good =
            !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
            });
        if (!good) return value_error(variables.origin, cat("'", name, "' is not the name of a variable"));
        if (name == "PATH" || name == "HOME" || name == "TMPDIR" || name.compare(0, 7, "CERMET_") == 0) {
            return value_error(
                variables.origin, cat("'set' cannot set ", name),
                name.compare(0, 7, "CERMET_") == 0 ? "set the key that it stands for" : "every step has its own");
        }
    }
    return {};
}

// A variable's name has no `-`, and one processor's has a `_`.
std::string triple_text(const ToolchainRecord& record) {
    const bool variable = record.id.compare(0, 7, "x86-64-") == 0;
    return variable ? "x86_64-" + record.id.substr(7) : record.id;
}

Status check_toolchains(Config& config, const Checker& check) {
    std::vector<platform::Triple> seen;
    for (ToolchainRecord& record : config.toolchains) {
        record.id = triple_text(record);
        Result<platform::Triple> machine = platform::parse_triple(record.id);
        if (!machine) return at_table(record, cat("[toolchain.NAME]: ", machine.error().message), machine.error().hint);
        if (contains(seen, *machine)) {
            return at_table(record, cat(check.title("toolchain"), " ", record.id, " is another spelling of one above"),
                            "keep one of them");
        }
        seen.push_back(*machine);
    }
    return {};
}

// A rule for a crate where there is none: who says it from outside sees no effect.
Status check_rules(const Config& config) {
    const bool crates = !config.rust_modules.empty() || !config.rust_libraries.empty() ||
                        std::any_of(config.executables.begin(), config.executables.end(),
                                    [](const Executable& each) { return !each.crate->empty(); });
    if (crates || !config.has_pyproject) return {};
    for (const CrateRule& rule : config.crates) {
        if (!rule.said_by.empty())
            return usage_error(cat(rule.said_by, ": there is no crate called '", rule.id, "': this project has none"));
    }
    return {};
}

Status check_top(const Config& config) {
    for (const std::string& name : *config.packages) {
        Text text{name, config.packages.origin};
        TRY_VOID(check_module_name(text));
    }
    Result<Compatibility> promise = parse_compatibility(*config.compatibility);
    if (!promise) return value_error(config.compatibility.origin, promise.error().message, promise.error().hint);
    Result<platform::Triple> target = platform::parse_triple(*config.target);
    const bool here = config.target->empty() || *config.target == platform::k_host_tuple;
    if (!here && !target) return value_error(config.target.origin, target.error().message, target.error().hint);
    if (config.cargo.manifest_path.set() && file_name(*config.cargo.manifest_path) != "Cargo.toml") {
        return value_error(config.cargo.manifest_path.origin,
                           cat("'manifest-path' names '", *config.cargo.manifest_path, "', not a Cargo.toml"));
    }
    return {};
}

struct Named {
    const Section* section;
    std::size_t index;
};

// One target or two? Drops the second where all its settings agree.
Status resolve_duplicate(const Checker& check, const Named& first, const Named& second, const std::string& name,
                         bool& drop) {
    Config& config = *check.config;
    const Table& a = *first.section->head(config, first.index);
    const Table& b = *second.section->head(config, second.index);
    // Two that exclude each other by condition are the business of those who evaluate them.
    if (!a.when->empty() && !b.when->empty() && *a.when != *b.when) return {};
    Origin place;
    place.kind = OriginKind::File;
    place.where = a.place;
    const std::string hint = cat("the first is at ", place.text(), "; keep one, or give each a `when` of its own");
    if (first.section != second.section) {
        return at_table(b, cat("'", name, "' is both a ", first.section->name, " and a ", second.section->name), hint);
    }
    for (const Row& row : first.section->rows) {
        void* left = first.section->element(config, first.index);
        void* right = second.section->element(config, second.index);
        if (!same_value(row, left, right)) {
            return at_table(b,
                            cat(second.section->name, " '", name, "' is listed twice with different settings: '",
                                row.key, "' is ", value_text(row, left), " and ", value_text(row, right)),
                            hint);
        }
    }
    drop = true;
    return {};
}

// All targets of one space of names.
Status check_duplicates(const Checker& check, const std::vector<const char*>& sections) {
    Config& config = *check.config;
    std::vector<std::pair<std::string, Named>> seen;
    for (const char* section_name : sections) {
        const Section* section = find_section(section_name);
        const Row* row = section->find("name");
        for (std::size_t i = 0; i < section->count(config);) {
            const std::string name = *setting<Text>(*row, section->element(config, i));
            bool drop = false;
            for (const auto& [other, place] : seen) {
                if (name.empty() || other != name || drop) continue;
                TRY_VOID(resolve_duplicate(check, place, {section, i}, name, drop));
            }
            if (drop) {
                section->remove(config, i);
                continue;
            }
            seen.push_back({name, {section, i}});
            ++i;
        }
    }
    return {};
}

}  // namespace check_detail

Status check_config(Config& config, bool in_pyproject) {
    using namespace check_detail;
    const Checker check{&config, in_pyproject};
    TRY_VOID(check_top(config));
    TRY_VOID(check_version(config));
    TRY_VOID(check_variables(config.env_set));
    TRY_VOID(check_rules(config));
    TRY_VOID(check_toolchains(config, check));
    TRY_VOID(check_profiles(check));
    TRY_VOID(check_cython(check));
    TRY_VOID(check_c(check));
    TRY_VOID(check_executables(check));
    TRY_VOID(check_rust(check));
    TRY_VOID(check_steps(check));
    TRY_VOID(check_downloads(check));
    TRY_VOID(check_sections(check));
    TRY_VOID(check_duplicates(check, {"cython", "c-module", "rust-module"}));
    TRY_VOID(check_duplicates(check, {"c-library"}));
    TRY_VOID(check_duplicates(check, {"rust-library"}));
    TRY_VOID(check_duplicates(check, {"executable"}));
    TRY_VOID(check_duplicates(check, {"download"}));
    return check_duplicates(check, {"generate"});
}

}  // namespace cermet::options
