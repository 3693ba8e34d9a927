// Downloading missing crates: see download.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/download.h"

#include <map>

#include "base/path.h"
#include "base/text.h"
#include "fetch/downloads.h"
#include "fetch/git_checkout.h"
#include "fetch/packages.h"
#include "fetch/registry.h"
#include "platform/os.h"

namespace cermet::rust {
namespace download_detail {

bool is_wanted(const LocatedSource& source) {
    return source.kind == LocatedSource::Kind::Missing && source.id.source.is_registry();
}

bool is_missing_git(const LocatedSource& source) {
    return source.kind == LocatedSource::Kind::Missing && source.id.source.is_git();
}

fetch::GitRevision revision_of(const LocatedSource& source) {
    return {source.id.source.url, source.id.source.reference, source.id.source.revision};
}

void take_checkout(const store::Store& store, const fetch::GitRevision& revision, LocatedSource& source) {
    source.kind = LocatedSource::Kind::Git;
    source.host_path = fetch::git_checkout_directory(store, revision);
}

// Says how far it is: one line now and then.
class Progress final : public fetch::DownloadListener {
   public:
    explicit Progress(exec::Executor& executor) : executor_(executor) {}
    void arrived(const fetch::Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) override {
        total_ += bytes;
        const bool last = done == of;
        if (last)
            executor_.notice(cat("downloaded ", of, of == 1 ? " crate, " : " crates, ", (total_ + 512) / 1024, " kB"));
        (void)download;
    }

   private:
    exec::Executor& executor_;
    std::uint64_t total_ = 0;
};

// One registry of this build: its configuration, and the files of its index that are asked for.
class Registry {
   public:
    Registry(exec::Executor& executor, fetch::NetworkHelper& network, std::string index, std::string token)
        : network_(network),
          index_(std::move(index)),
          token_(std::move(token)),
          scratch_(executor.store().temporary_directory()) {}

    // Without a token first: a registry that wants one refuses, or says so in its answer.
    Status open() {
        const std::string file = file_for("config.json");
        Status got = bring("config.json", file, "");
        if (!got.ok() && !token_.empty()) got = bring("config.json", file, token_);
        if (!got.ok()) return got;
        TRY(text, platform::read_file(file));
        (void)platform::remove_file(file);
        TRY(config, fetch::parse_registry_config(text, cat(url(), "config.json")));
        config_ = config;
        if (!config_.auth_required || !token_.empty()) return {};
        return environment_error(cat("the registry ", url(), " wants a token"),
                                 "`cargo login --registry NAME` keeps one; CARGO_REGISTRIES_NAME_TOKEN gives one");
    }

    Result<fetch::Download> download_of(const LocatedSource& source) {
        fetch::RegistryCrate crate{source.id.name, source.id.version, source.checksum};
        if (crate.sha256.empty()) {
            TRY(sha256, checksum_of(source));
            crate.sha256 = sha256;
        }
        TRY(from, fetch::download_url(config_, crate));
        fetch::Download download;
        download.what = cat(crate.name, " ", crate.version);
        download.url = from;
        download.sha256 = crate.sha256;
        download.target = cat(scratch_, "/", crate.name, "-", crate.version, "-", crate.sha256.substr(0, 8), ".crate");
        download.authorization = config_.auth_required ? token_ : "";
        return download;
    }

   private:
    std::string url() const { return index_.substr(std::string_view("sparse+").size()); }
    std::string file_for(std::string_view path) const {
        return cat(scratch_, "/index-", digest_of(cat(index_, path)).short_hex(16));
    }

    Status bring(const std::string& path, const std::string& target, const std::string& token) {
        fetch::Download download;
        download.what = cat("the index of ", url());
        download.url = url() + path;
        download.target = target;
        download.authorization = token;
        return fetch::download_all(network_, {download}, scratch_);
    }

    Result<std::string> checksum_of(const LocatedSource& source) {
        TRY(path, fetch::index_path(source.id.name));
        const std::string file = file_for(path);
        TRY_VOID(bring(path, file, config_.auth_required ? token_ : ""));
        TRY(text, platform::read_file(file));
        (void)platform::remove_file(file);
        const std::optional<std::string> found = fetch::checksum_in_index(text, source.id.version);
        if (found) return *found;
        return project_error(cat("the registry ", url(), " has no ", source.id.name, " ", source.id.version),
                             "is Cargo.lock older than the registry, or was the version taken away?");
    }

    fetch::NetworkHelper& network_;
    std::string index_;
    std::string token_;
    std::string scratch_;
    fetch::RegistryConfig config_;
};

}  // namespace download_detail

void find_in_store(store::Store& store, std::vector<LocatedSource>& located) {
    for (LocatedSource& source : located) {
        if (download_detail::is_missing_git(source)) {
            const fetch::GitRevision revision = download_detail::revision_of(source);
            if (fetch::has_git_checkout(store, revision)) download_detail::take_checkout(store, revision, source);
        }
        if (!download_detail::is_wanted(source)) continue;
        if (fetch::find_crate(store, source.id.name, source.id.version, source.checksum)) {
            source.kind = LocatedSource::Kind::Crate;
        }
    }
}

std::string registry_token(SourceFiles& files, const CargoConfig& config, const std::string& cargo_home,
                           const std::string& registry) {
    std::string key = crates_io_source().url == registry ? "registry.token" : "";
    for (const auto& [name, index] : config.registries) {
        if (key.empty() && canonical_url(index) == canonical_url(registry)) key = cat("registries.", name, ".token");
    }
    if (key.empty()) return {};
    if (std::optional<std::string> given = config.string(key)) return *given;
    for (const char* name : {"credentials.toml", "credentials"}) {
        const std::string path = join_path(cargo_home, name);
        const std::optional<std::string> text = files.read(path);
        if (!text) continue;
        const Result<Toml> document = parse_toml(*text, path);
        const Toml* token = document.ok() ? document->find_path(key) : nullptr;
        if (token != nullptr && token->is_string()) return token->string();
    }
    return {};
}

Status download_missing(exec::Executor& executor, fetch::NetworkHelper& network, const Workspace& workspace,
                        const std::string& cargo_home, std::vector<LocatedSource>& located) {
    using namespace download_detail;
    std::map<std::string, std::vector<LocatedSource*>> by_index;
    for (LocatedSource& source : located) {
        if (is_missing_git(source)) {
            const fetch::GitRevision revision = revision_of(source);
            TRY_VOID(fetch::checkout_git(executor.store(), network, revision));
            take_checkout(executor.store(), revision, source);
        }
        const std::string index = is_wanted(source) ? fetch::sparse_index_of(source.registry) : std::string();
        if (!index.empty()) by_index[index].push_back(&source);
    }
    std::vector<fetch::Download> downloads;
    std::vector<LocatedSource*> sources;
    for (const auto& [index, wanted] : by_index) {
        const std::string token =
            registry_token(executor.files(), workspace.config, cargo_home, wanted.front()->registry);
        Registry registry(executor, network, index, token);
        TRY_VOID(registry.open());
        for (LocatedSource* source : wanted) {
            TRY(download, registry.download_of(*source));
            source->checksum = download.sha256;
            downloads.push_back(download);
            sources.push_back(source);
        }
    }
    Progress progress(executor);
    const Status done = fetch::download_all(network, downloads, executor.store().temporary_directory(), &progress);
    // Those that arrived are kept, also when others did not.
    for (std::size_t i = 0; i < downloads.size(); ++i) {
        if (!platform::is_file(downloads[i].target)) continue;
        const LocatedSource& source = *sources[i];
        TRY_VOID(fetch::import_crate(executor.store(), source.id.name, source.id.version, source.checksum,
                                     downloads[i].target));
        (void)platform::remove_file(downloads[i].target);
        sources[i]->kind = LocatedSource::Kind::Crate;
    }
    return done;
}

}  // namespace cermet::rust
