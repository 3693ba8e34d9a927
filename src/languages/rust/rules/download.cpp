// Downloading missing crates: see download.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/download.h"

#include <map>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "fetch/cargo_fetch.h"
#include "fetch/downloads.h"
#include "fetch/git_checkout.h"
#include "fetch/packages.h"
#include "fetch/progress.h"
#include "fetch/registry.h"
#include "languages/rust/rules/registry_access.h"
#include "platform/os.h"
#include "store/disk.h"
#include "store/locks.h"

namespace cermet::rust {
namespace download_detail {

constexpr std::int64_t k_kept_ns = std::int64_t{7} * 86'400 * 1'000'000'000;

bool is_missing(const LocatedSource& source) { return source.kind == LocatedSource::Kind::Missing; }

fetch::GitRevision revision_of(const LocatedSource& source) {
    return {source.id.source.url, source.id.source.reference, source.id.source.revision};
}

// The index that a missing crate is downloaded by; "" = none that is known here.
std::string index_of(const LocatedSource& source) {
    if (!is_missing(source) || !source.id.source.is_registry()) return {};
    return fetch::sparse_index_of(source.registry);
}

// What nobody went on with.
void tidy(const std::string& directory) {
    const std::int64_t now = wall_ns();
    for (const std::string& name : store::names_in(directory)) {
        const std::string path = cat(directory, "/", name);
        if (now - store::disk_stat(path).mtime_ns > k_kept_ns) (void)platform::remove_file(path);
    }
}

Result<store::KeyLock> lock_downloads(exec::Executor& executor, const fetch::NetworkHelper& network) {
    const std::string& directory = executor.store().directory();
    const Digest key = digest_of("downloads of crates");
    TRY(lock, store::KeyLock::try_take(directory, key));
    if (lock) return std::move(*lock);
    executor.notice("another build downloads crates: waiting for it");
    return store::KeyLock::take(directory, key, &network.cancelled());
}

struct Wanted {
    std::vector<fetch::Download> downloads;
    std::vector<LocatedSource*> sources;  // the same length
};

Result<Wanted> ask_registries(exec::Executor& executor, fetch::NetworkHelper& network, const RegistryUser& user,
                              const fetch::TransferSettings& settings, const std::vector<LocatedSource*>& missing) {
    std::map<std::string, std::vector<LocatedSource*>> by_index;
    for (LocatedSource* source : missing) {
        const std::string index = index_of(*source);
        if (!index.empty()) by_index[index].push_back(source);
    }
    Wanted wanted;
    for (const auto& [index, sources] : by_index) {
        RegistryAccess registry(executor.store(), network, settings, index,
                                registry_token(user, sources.front()->registry));
        TRY_VOID(registry.open());
        for (LocatedSource* source : sources) {
            TRY(download, registry.download_of({source->id.name, source->id.version, source->checksum},
                                               settings.scratch_directory));
            source->checksum = download.sha256;
            wanted.downloads.push_back(download);
            wanted.sources.push_back(source);
        }
    }
    return wanted;
}

// Those that arrived are kept, also when others did not.
Status unpack(store::Store& store, const Wanted& wanted) {
    for (std::size_t i = 0; i < wanted.downloads.size(); ++i) {
        LocatedSource& source = *wanted.sources[i];
        const std::string& file = wanted.downloads[i].target;
        if (!platform::is_file(file)) continue;
        TRY_VOID(fetch::import_crate(store, source.id.name, source.id.version, source.checksum, file));
        (void)platform::remove_file(file);
        source.kind = LocatedSource::Kind::Crate;
    }
    return {};
}

Status download_crates(exec::Executor& executor, fetch::NetworkHelper& network, const RegistryUser& user,
                       const std::vector<LocatedSource*>& missing) {
    const std::string directory = cat(executor.store().directory(), "/downloads");
    TRY(lock, lock_downloads(executor, network));
    (void)lock;
    tidy(directory);
    for (LocatedSource* source : missing) find_in_store(executor.store(), *source);  // another build brought it
    const fetch::TransferSettings settings = transfer_settings(user, directory);
    TRY(wanted, ask_registries(executor, network, user, settings, missing));
    if (wanted.downloads.empty()) return {};
    fetch::DownloadProgress progress(executor, "crate", wanted.downloads);
    Status done = fetch::download_all(network, wanted.downloads, settings, &progress);
    TRY_VOID(unpack(executor.store(), wanted));
    if (!done.ok()) return done;
    progress.finish(engine::Outcome::Ran);
    return {};
}

}  // namespace download_detail

void find_in_store(store::Store& store, LocatedSource& source) {
    if (!download_detail::is_missing(source)) return;
    if (source.id.source.is_git()) {
        const fetch::GitRevision revision = download_detail::revision_of(source);
        if (!fetch::has_git_checkout(store, revision)) return;
        source.kind = LocatedSource::Kind::Git;
        source.host_path = fetch::git_checkout_directory(store, revision);
    } else if (fetch::find_crate(store, source.id.name, source.id.version, source.checksum)) {
        source.kind = LocatedSource::Kind::Crate;
    }
}

Status download_missing(exec::Executor& executor, fetch::NetworkHelper& network, const CargoConfig& config,
                        const std::string& cargo_home, const std::vector<LocatedSource*>& wanted) {
    using namespace download_detail;
    RegistryUser user{&config, cargo_home, executor.options().user};
    std::vector<LocatedSource*> crates;
    for (LocatedSource* source : wanted) {
        find_in_store(executor.store(), *source);
        if (!index_of(*source).empty()) crates.push_back(source);
        if (!is_missing(*source) || !source->id.source.is_git() || source->fixed_place) continue;
        const fetch::GitRevision revision = revision_of(*source);
        TRY_VOID(fetch::checkout_git(executor.store(), network, revision));
        find_in_store(executor.store(), *source);
    }
    if (crates.empty()) return {};
    return download_crates(executor, network, user, crates);
}

Status bring_sources(exec::Executor& executor, fetch::NetworkHelper& network, const FetchPlan& plan,
                     const std::vector<LocatedSource*>& wanted) {
    using namespace download_detail;
    TRY_VOID(download_missing(executor, network, plan.workspace->config, plan.cargo_home, wanted));
    std::map<std::size_t, LocatedSource*> missing;
    std::vector<std::string> names;
    for (LocatedSource* source : wanted) {
        if (!is_missing(*source) || source->fixed_place) continue;
        missing[source->lock_index] = source;
        names.push_back(cat(source->id.name, " ", source->id.version));
    }
    if (missing.empty()) return {};
    TRY_VOID(fetch::cargo_fetch(network, plan.manifest, executor.places().host_outside(plan.workspace->root_directory),
                                names));
    executor.forget_listings(plan.cargo_home);
    TRY(again, locate_sources(executor.files(), *plan.workspace, LocateRequest{plan.cargo_home}));
    for (const LocatedSource& source : again) {
        const auto found = missing.find(source.lock_index);
        if (found != missing.end()) *found->second = source;
    }
    return {};
}

Result<UnpackedSource> unpack_source(exec::Executor& executor, const LocatedSource& source) {
    store::Store& store = executor.store();
    UnpackedSource out;
    if (source.kind == LocatedSource::Kind::Crate) {
        TRY(package, fetch::import_crate(store, source.id.name, source.id.version, source.checksum, source.host_path));
        out.directory = out.top = package.canonical;
        out.tree = package.digest;
        return out;
    }
    if (source.kind == LocatedSource::Kind::Missing) {
        return environment_error(
            cat("the source of ", source.id.name, " ", source.id.version, " is not on this machine: ", source.reason),
            source.fixed_place ? "vendor the crates again, or take the replacement out of .cargo/config.toml"
                               : "run `cermet fetch`, or build without --offline");
    }
    // Vendored crates lie in the checkout; git checkouts outside of every place name themselves.
    const std::string real = executor.places().host(source.host_path);
    TRY(package, fetch::import_directory(store, source.package_name, real, source.checksum));
    out.directory = out.top = package.canonical;
    out.tree = package.digest;
    if (source.kind != LocatedSource::Kind::Git) return out;
    const std::optional<std::string> inner =
        find_in_checkout(executor.files(), out.top, source.id.name, source.id.version);
    if (!inner) {
        return project_error(cat("the git source of ", source.id.name, " has no package of that name and version"));
    }
    out.directory = *inner;
    return out;
}

}  // namespace cermet::rust
