// How one user reaches registries: see registry_access.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/registry_access.h"

#include <charconv>

#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/lockfile/source_id.h"
#include "platform/os.h"

namespace cermet::rust {
namespace registry_access_detail {

constexpr std::uint64_t k_largest_index = std::uint64_t{64} << 20;

constexpr const char* k_crates_io_downloads = "https://static.crates.io/crates";

std::string kept_index_file(const store::Store& store, const std::string& index, const std::string& path) {
    return cat(store.directory(), "/index/", digest_of(index).short_hex(16), "/", path);
}

// "registries.my-own.token" -> "CARGO_REGISTRIES_MY_OWN_TOKEN".
std::string variable_of(std::string_view key) {
    return upper(cat("CARGO_", replace_all(replace_all(std::string(key), ".", "_"), "-", "_")));
}

// The environment wins, unrecorded; then the files.
std::string value_of(const RegistryUser& user, const std::string& key) {
    const auto variable = user.environment.find(variable_of(key));
    if (variable != user.environment.end()) return variable->second;
    return user.config->string(key).value_or("");
}

int number_of(const RegistryUser& user, const std::string& key, int otherwise) {
    const std::string text = value_of(user, key);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
    return whole && value >= 0 ? value : otherwise;
}

std::string in_credentials(const RegistryUser& user, const std::string& key) {
    for (const char* name : {"credentials.toml", "credentials"}) {
        const std::string path = join_path(user.cargo_home, name);
        const std::optional<std::string> text = platform::find_file_bytes(path);
        if (!text) continue;
        const Result<Toml> document = parse_toml(*text, path);
        const Toml* token = document.ok() ? document->find_path(key) : nullptr;
        if (token != nullptr && token->is_string()) return token->string();
    }
    return {};
}

// A registry's own provider, else those for all; cargo's own file of tokens is none.
std::string provider_of(const RegistryUser& user, const std::string& table) {
    const std::string own = value_of(user, table + ".credential-provider");
    if (!own.empty()) return own == "cargo:token" ? std::string() : own;
    const Toml* list = user.config->merged.find_path("registry.global-credential-providers");
    if (list == nullptr || !list->is_array()) return {};
    std::string other;
    for (const Toml& one : list->array()) {
        if (!one.is_string()) continue;
        if (one.string() == "cargo:token") return {};
        other = one.string();
    }
    return other;
}

}  // namespace registry_access_detail

fetch::TransferSettings transfer_settings(const RegistryUser& user, const std::string& scratch_directory) {
    using namespace registry_access_detail;
    fetch::TransferSettings settings;
    settings.scratch_directory = scratch_directory;
    settings.proxy = value_of(user, "http.proxy");
    settings.certificates = value_of(user, "http.cainfo");
    settings.timeout_s = number_of(user, "http.timeout", settings.timeout_s);
    settings.low_speed = number_of(user, "http.low-speed-limit", settings.low_speed);
    settings.retries = number_of(user, "net.retry", settings.retries);
    return settings;
}

RegistryToken registry_token(const RegistryUser& user, const std::string& registry) {
    using namespace registry_access_detail;
    RegistryToken token;
    std::string table;
    if (crates_io_source().url == registry) {
        token.name = "crates-io";
        table = "registry";
    }
    for (const auto& [name, index] : user.config->registries) {
        if (!table.empty() || canonical_url(index) != canonical_url(registry)) continue;
        token.name = name;
        table = "registries." + name;
    }
    if (table.empty()) return token;
    token.value = value_of(user, table + ".token");
    if (token.value.empty()) token.value = in_credentials(user, table + ".token");
    if (token.value.empty()) token.provider = provider_of(user, table);
    return token;
}

std::optional<fetch::RegistryConfig> known_registry(const store::Store& store, const std::string& index) {
    using namespace registry_access_detail;
    const std::optional<std::string> text = platform::find_file_bytes(kept_index_file(store, index, "config.json"));
    if (text) {
        Result<fetch::RegistryConfig> config = fetch::parse_registry_config(*text, index);
        if (config.ok()) return std::move(*config);
    }
    if (index != fetch::sparse_index_of(crates_io_source().url)) return std::nullopt;
    fetch::RegistryConfig config;
    config.download = k_crates_io_downloads;
    return config;
}

RegistryAccess::RegistryAccess(const store::Store& store, fetch::NetworkHelper& network,
                               const fetch::TransferSettings& settings, std::string index, RegistryToken token)
    : store_(store), network_(network), settings_(settings), index_(std::move(index)), token_(std::move(token)) {}

std::string RegistryAccess::url() const { return index_.substr(std::string_view("sparse+").size()); }

// The file as it is now; by its ETag where it was read before.
Result<std::string> RegistryAccess::index_file(const std::string& path, const std::string& token) {
    fetch::Download download;
    download.what = token_.name.empty() ? cat(path, " of a registry") : cat(path, " of the registry ", token_.name);
    download.url = url() + path;
    download.target = registry_access_detail::kept_index_file(store_, index_, path);
    download.authorization = token;
    download.size_cap = registry_access_detail::k_largest_index;
    download.freshness = fetch::Freshness::ByTag;
    TRY_VOID(fetch::download_all(network_, {download}, settings_));
    return platform::read_file(download.target);
}

// Without a token first: a registry that wants one refuses, or says so in its answer.
Status RegistryAccess::open() {
    Result<std::string> text = index_file("config.json", "");
    if (!text.ok() && !token_.value.empty() && text.error().kind == ErrorKind::Environment) {
        text = index_file("config.json", token_.value);
    }
    if (!text.ok()) return explained(std::move(text).error());
    TRY(config, fetch::parse_registry_config(*text, cat(url(), "config.json")));
    config_ = config;
    if (!config_.auth_required || !token_.value.empty()) return {};
    return explained(environment_error(cat("the registry ", url(), " wants a token (401)")));
}

Error RegistryAccess::explained(Error error) const {
    const bool refused = contains(error.message, "answered 401") || contains(error.message, "answered 403") ||
                         contains(error.message, "(401)");
    if (!refused) return error;
    if (token_.name.empty()) {
        error.hint = cat("give it a name, so that it can have a token: [registries.NAME] with index = \"", index_,
                         "\" in .cargo/config.toml, and CARGO_REGISTRIES_NAME_TOKEN");
        return error;
    }
    const std::string variable = token_.name == "crates-io"
                                     ? std::string("CARGO_REGISTRY_TOKEN")
                                     : registry_access_detail::variable_of(cat("registries.", token_.name, ".token"));
    if (!token_.provider.empty()) {
        error.hint = cat("its token comes from the credential provider ", token_.provider,
                         ", which only cargo can ask: set ", variable);
    } else if (token_.value.empty()) {
        error.hint = cat("set ", variable, ", or keep a token with `cargo login --registry ", token_.name, "`");
    } else {
        error.hint = cat("the token for ", token_.name, " is not accepted: is ", variable,
                         " set to an old one, or credentials.toml?");
    }
    return error;
}

Result<fetch::Download> RegistryAccess::download_of(fetch::RegistryCrate crate, const std::string& directory) {
    if (crate.sha256.empty()) {
        TRY(sha256, checksum_of(crate));
        crate.sha256 = sha256;
    }
    TRY(from, fetch::download_url(config_, crate));
    fetch::Download download;
    download.what = cat(crate.name, " ", crate.version);
    download.url = from;
    download.sha256 = crate.sha256;
    download.target = cat(directory, "/", crate.name, "-", crate.version, "-", crate.sha256.substr(0, 16), ".crate");
    download.authorization = config_.auth_required ? token_.value : "";
    download.refused_hint = "does the registry need a token? `cargo login` keeps one";
    return download;
}

Result<std::string> RegistryAccess::checksum_of(const fetch::RegistryCrate& crate) {
    TRY(path, fetch::index_path(crate.name));
    TRY(text, index_file(path, config_.auth_required ? token_.value : ""));
    const std::optional<std::string> found = fetch::checksum_in_index(text, crate.version);
    if (found) return *found;
    return project_error(cat("the registry ", url(), " has no ", crate.name, " ", crate.version),
                         "is the registry a mirror that is behind? `cargo update` chooses another version");
}

}  // namespace cermet::rust
