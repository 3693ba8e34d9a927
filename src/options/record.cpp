// The record: what was said from outside, written as an overrides file into the wheel and read from there.
// SPDX-License-Identifier: MIT
//
// It must be the same for every machine, checkout and user that says the same: values that name places of one machine, and
// secrets, are left out by name, and who repeats the build says them again.
#include <array>
#include <functional>

#include "base/archive/zip.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "options/loader.h"

namespace cermet::options {

namespace record_detail {

constexpr int k_version = 1;
constexpr std::string_view k_introduction =
    "# What this wheel was built with that its project's files do not say.\n"
    "# `cermet build --overrides WHEEL` builds with it again, and so does --overrides with a copy of this file.\n";

// Keys that change no byte of a wheel, and those that the record says in its own way.
bool counts(const std::string& path) {
    for (std::string_view one :
         {"cargo.locked", "cargo.offline", "strict", "sdist-include", "sdist-exclude", "env.set"}) {
        if (path == one) return false;
    }
    return true;
}

bool outside(const Origin& origin) {
    return origin.kind == OriginKind::OverridesFile || origin.kind == OriginKind::Environment ||
           origin.kind == OriginKind::CommandLine;
}

void* same_element(const Section& section, Config& own, const std::string& id) {
    for (std::size_t i = 0; i < section.count(own); ++i) {
        if (section.head(own, i)->id == id) return section.element(own, i);
    }
    return nullptr;
}

using Each = std::function<void(const std::string& path, const Row& row, void* table, void* own)>;

// Every row, under the path by which values from outside reach it. `own`: the same table as the project says it.
void for_rows(Config& config, Config& own, const Each& each) {
    for (const Section& section : schema()) {
        const std::string head = section.name.empty() ? std::string() : section.name + ".";
        if (!section.many()) {
            for (const Row& row : section.rows) each(head + row.key, row, section.single(config), section.single(own));
            continue;
        }
        for (std::size_t i = 0; i < section.count(config); ++i) {
            void* element = section.element(config, i);
            void* before = same_element(section, own, section.head(config, i)->id);
            const std::string name = key_text(element_name(section, config, i));
            if (section.name == "options") {
                each(head + name, option_value(), element, before);
            } else if (before != nullptr || section.shape == Shape::Named) {
                for (const Row& row : section.rows) each(cat(head, name, ".", row.key), row, element, before);
            }
        }
    }
}

// [[x]] tables that an overrides file added.
std::string added_table(const Section& section, void* element) {
    std::string text = cat("\n[[", section.name, "]]\n");
    for (const Row& row : section.rows) {
        if (origin_of(row, element).kind != OriginKind::Default)
            text += cat(row.key, " = ", value_text(row, element), "\n");
    }
    return text;
}

// A path that begins at `at` and is the same on no other machine.
bool of_machine(std::string_view text, std::size_t at) {
    std::size_t end = text.find_first_of(" ,;:\"'=\\", at);
    const std::string_view path = text.substr(at, end == std::string_view::npos ? end : end - at);
    if (path.substr(0, 2) == "//" || path == "/") return false;  // of a URL, or no path
    for (std::string_view system : {"/usr", "/bin", "/lib", "/lib64", "/opt", "/etc", "/cermet"}) {
        if (is_within(path, system)) return false;
    }
    return true;
}

// Whether an absolute path in the text, "-I/home/x" also, names a place of this machine.
bool names_machine(std::string_view text) {
    for (std::size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
        const std::size_t word = at == 0 ? 0 : text.find_last_of(" ,;:\"'=([{", at - 1) + 1;
        const std::string_view before = text.substr(word, at - word);
        const bool begins = before.empty() || (before[0] == '-' && before.find('/') == std::string_view::npos);
        if (begins && of_machine(text, at)) return true;
    }
    return false;
}

class Record {
   public:
    void add(const std::string& path, const std::string& value) {
        if (names_machine(value) || names_secret(path) || secret_entries(value)) {
            unrecorded_.push_back(path);
        } else {
            lines_ += cat(path, " = ", value, "\n");
        }
    }
    void add_table(const std::string& text) { tables_ += text; }
    std::string text() const {
        if (lines_.empty() && tables_.empty() && unrecorded_.empty()) return {};
        std::string head = cat(k_introduction, "record = ", k_version, "\n");
        if (!unrecorded_.empty()) head += cat("unrecorded = ", Json::strings(unrecorded_).dump(), "\n");
        return cat(head, lines_, tables_);
    }

   private:
    static bool secret_entries(const std::string& value) { return value.substr(0, 1) == "{" && names_secret(value); }

    std::string lines_;
    std::string tables_;
    std::vector<std::string> unrecorded_;
};

// The record of a wheel; nullopt: it has none, because nothing was said.
Result<std::optional<std::string>> record_in_wheel(const std::string& bytes, const std::string& file) {
    TRY(zip, ZipReader::open(bytes, file));
    bool ours = false;
    for (const ZipEntry& entry : zip.entries()) {
        const bool info = extension(parent(entry.path)) == ".dist-info";
        if (info && file_name(entry.path) == k_record_file) {
            TRY(text, zip.read(entry, 1U << 20));
            return std::optional<std::string>(text);
        }
        if (!info || file_name(entry.path) != "WHEEL") continue;
        TRY(text, zip.read(entry, 1U << 20));
        ours = contains(text, "\nGenerator: cermet ");
    }
    if (ours) return std::optional<std::string>();
    return usage_error(cat("--overrides names ", file, ", a wheel that was not built by Cermet"),
                       "only Cermet writes into a wheel what it was built with");
}

}  // namespace record_detail

bool names_session(const std::string& name) {
    static constexpr std::array<std::string_view, 35> names = {"PATH",
                                                               "HOME",
                                                               "USER",
                                                               "LOGNAME",
                                                               "SHELL",
                                                               "PWD",
                                                               "OLDPWD",
                                                               "TERM",
                                                               "LANG",
                                                               "LANGUAGE",
                                                               "TZ",
                                                               "TMPDIR",
                                                               "TMP",
                                                               "TEMP",
                                                               "HOSTNAME",
                                                               "DISPLAY",
                                                               "VIRTUAL_ENV",
                                                               "CONDA_PREFIX",
                                                               "CARGO_HOME",
                                                               "RUSTUP_HOME",
                                                               "MAKEFLAGS",
                                                               "CARGO_TARGET_DIR",
                                                               "CARGO_BUILD_TARGET_DIR",
                                                               "CARGO_BUILD_JOBS",
                                                               "CARGO_MAKEFLAGS",
                                                               "NUM_JOBS",
                                                               "NO_COLOR",
                                                               "FORCE_COLOR",
                                                               "COLUMNS",
                                                               "PYTHONPATH",
                                                               "PYTHONHOME",
                                                               "CARGO_BUILD_BUILD_DIR",
                                                               "CARGO_INCREMENTAL",
                                                               "CARGO_BUILD_INCREMENTAL",
                                                               "RUST_BACKTRACE"};
    if (contains(names, name)) return true;
    for (std::string_view head : {"CERMET_", "LC_", "XDG_", "SSH_", "GIT_", "CARGO_TERM_", "CARGO_NET_", "CARGO_HTTP_",
                                  "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_"}) {
        if (name.compare(0, head.size(), head) == 0) return true;
    }
    return contains(lower(name), "_proxy");
}

bool names_secret(std::string_view name) {
    const std::string large = upper(name);
    for (std::string_view word :
         {"TOKEN", "SECRET", "PASSW", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY", "ACCESS_KEY"}) {
        if (contains(large, word)) return true;
    }
    return false;
}

Outside outside_of(Config& config, Config& own) {
    using namespace record_detail;
    Outside found;
    found.unrecorded = config.outside.unrecorded;
    found.own_variables = *own.env_set;
    for_rows(config, own, [&found](const std::string& path, const Row& row, void* table, void* before) {
        if (!counts(path) || !outside(origin_of(row, table))) return;
        if (before != nullptr && same_value(row, table, before)) return;
        found.values.emplace_back(path, value_text(row, table));
    });
    for (const Section& section : schema()) {
        for (std::size_t i = 0; section.shape == Shape::Array && i < section.count(config); ++i) {
            if (same_element(section, own, section.head(config, i)->id) == nullptr)
                found.tables.push_back(added_table(section, section.element(config, i)));
        }
    }
    return found;
}

std::string record_text(const Config& config, const RecordedEnvironment& environment) {
    using namespace record_detail;
    Record record;
    const bool profile = !environment.profile.empty() && environment.profile != *config.default_profile;
    if (profile) record.add("default-profile", Json(environment.profile).dump());
    for (const auto& [path, value] : config.outside.values) {
        if (path != "default-profile" || !profile) record.add(path, value);
    }
    const std::map<std::string, std::string>& own = config.outside.own_variables;  // said again by the project itself
    for (const auto& [name, value] : environment.variables) {
        if (names_session(name) || value.empty()) continue;
        auto said = own.find(name);
        if (said != own.end() && said->second == value) continue;
        record.add(cat("env.set.", name), Json(value).dump());
    }
    for (const std::string& table : config.outside.tables) record.add_table(table);
    return record.text();
}

Result<OverridesDocument> read_overrides(const std::string& bytes, const std::string& file) {
    using namespace record_detail;
    OverridesDocument read;
    std::string text = bytes;
    if (bytes.substr(0, 2) == "PK") {
        TRY(record, record_in_wheel(bytes, file));
        if (!record) return read;
        text = *record;
    }
    TRY(root, parse_toml(text, file));
    const Toml* version = root.find("record");
    if (version == nullptr) {
        read.root = std::move(root);
        return read;
    }
    if (!version->is_int() || version->integer() != k_version) {
        return usage_error(cat("the record in ", file, " is of another version than ", k_version),
                           "use the Cermet that built it, or a newer one");
    }
    read.record = true;
    for (const auto& [key, value] : root.table()) {
        if (key == "record") continue;
        if (key == "unrecorded") {
            read.unrecorded = value.string_list();
            continue;
        }
        read.root.set(key, value);
    }
    return read;
}

Status check_unrecorded(Config& config, const std::string& file) {
    using namespace record_detail;
    if (config.outside.unrecorded.empty()) return {};
    std::vector<std::string> missing;
    for (const std::string& wanted : config.outside.unrecorded) {
        if (wanted.compare(0, 8, "env.set.") == 0) continue;  // whoever knows the environment looks for those
        bool said = false;
        for_rows(config, config, [&](const std::string& path, const Row& row, void* table, void*) {
            said = said || (path == wanted && outside(origin_of(row, table)));
        });
        if (!said) missing.push_back(wanted);
    }
    if (missing.empty()) return {};
    return usage_error(
        cat("the record in ", file, " lacks the value of ", join(missing, ", ")),
        cat("it was a secret, or a path of the machine that built it: say it with -C ", missing[0], "=…"));
}

}  // namespace cermet::options
