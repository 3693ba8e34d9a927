// Listing the sources of a workspace's lock: see list_sources.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/list_sources.h"

#include <algorithm>
#include <deque>

#include "base/archive/tar.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "fetch/git_checkout.h"
#include "fetch/packages.h"
#include "fetch/registry.h"
#include "languages/rust/rules/channel_table.h"
#include "languages/rust/rules/opened_workspace.h"
#include "languages/rust/rules/registry_access.h"
#include "platform/os.h"

namespace cermet::rust {
namespace list_sources_detail {

using fetch::ExternalBytes;
using fetch::Origin;
using Kind = LocatedSource::Kind;

// For each package of the lock the one through which it is first reached from the workspace's own.
std::vector<std::size_t> parents_of(const Lockfile& lock) {
    const std::size_t none = lock.packages.size();
    std::vector<std::size_t> parents(none, none);
    std::deque<std::size_t> next;
    for (std::size_t i = 0; i < lock.packages.size(); ++i) {
        if (lock.packages[i].source) continue;
        parents[i] = i;
        next.push_back(i);
    }
    while (!next.empty()) {
        const std::size_t at = next.front();
        next.pop_front();
        for (const std::size_t needed : lock.packages[at].dependencies) {
            if (parents[needed] != none) continue;
            parents[needed] = at;
            next.push_back(needed);
        }
    }
    return parents;
}

std::vector<std::string> chain_to(const Lockfile& lock, const std::vector<std::size_t>& parents, std::size_t index) {
    std::vector<std::string> chain;
    for (std::size_t at = index; at < lock.packages.size(); at = parents[at]) {
        chain.push_back(cat(lock.packages[at].name, " ", lock.packages[at].version));
        if (parents[at] == at) break;
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
}

// Only the manifest of a .crate.
class ManifestOnly final : public TarVisitor {
   public:
    explicit ManifestOnly(std::string path) : path_(std::move(path)) {}
    Status file(std::string_view path, std::string_view bytes, bool executable) override {
        (void)executable;
        if (path == path_) text = std::string(bytes);
        return {};
    }
    std::string text;

   private:
    std::string path_;
};

std::string manifest_of_crate(const PackageId& id, const std::string& path) {
    const Result<platform::MappedFile> file = platform::MappedFile::open(path);
    if (!file.ok()) return {};
    TarRules rules;
    rules.top = cat(id.name, "-", id.version);
    ManifestOnly visitor(cat(rules.top, "/Cargo.toml"));
    const Status seen = visit_tar_gz(file->bytes(), file_name(path), rules, visitor);
    return seen.ok() ? visitor.text : std::string();
}

// `inherited`: the manifest of the workspace around it, "" where there is none.
std::string license_in(const std::string& manifest, const std::string& inherited) {
    const Result<Toml> document = parse_toml(manifest, "Cargo.toml");
    if (!document.ok()) return {};
    if (const Toml* license = document->find_path("package.license"); license != nullptr) {
        if (license->is_string()) return license->string();
        const Result<Toml> outer = parse_toml(inherited, "Cargo.toml");
        const Toml* said = outer.ok() ? outer->find_path("workspace.package.license") : nullptr;
        return said != nullptr && said->is_string() ? said->string() : std::string();
    }
    const Toml* file = document->find_path("package.license-file");
    return file != nullptr && file->is_string() ? cat("file ", file->string()) : std::string();
}

std::string text_of(const std::string& path) { return platform::find_file_bytes(path).value_or(""); }

Status add_declared(const Package& package, std::vector<CrateDownload>& all) {
    TRY(channel, channel_table_of(package));
    if (!channel) return {};
    for (const auto& [name, file] : channel->downloads) {
        CrateDownload one;
        one.name = cat(package.name, "/", name);
        one.file = file;
        auto license = channel->licenses.find(name);
        if (license != channel->licenses.end()) one.license = license->second;
        one.asker.place = package.channel_place;
        one.asker.why = {cat(package.name, " ", package.version_text), "its build script"};
        all.push_back(std::move(one));
    }
    return {};
}

// As far as its channel's table is concerned.
Result<Package> package_of(const LocatedSource& source, const std::string& manifest) {
    TRY(document, parse_toml(manifest, "Cargo.toml"));
    Package package;
    package.name = source.id.name;
    package.version_text = source.id.version;
    package.manifest_path = cat(source.id.name, "-", source.id.version, "/Cargo.toml");
    const Toml* metadata = document.find_path("package.metadata");
    if (metadata != nullptr) package.set_metadata(*metadata);
    return package;
}

// The manifest of a package that is on this machine, and that of the workspace around it; both may be "".
struct Manifest {
    std::string text;
    std::string around;
};

class Lister {
   public:
    Lister(exec::Executor& executor, const OpenedWorkspace& opened)
        : executor_(executor), opened_(opened), parents_(parents_of(*opened.workspace.lock)) {}

    Status add(const LocatedSource& source, ListedSources& listed) const {
        ExternalBytes bytes = entry(source);
        const Manifest manifest = locate(source, bytes);
        if (needs_network(bytes.origin) && !source.id.source.is_git()) {
            const std::string index = fetch::sparse_index_of(source.registry);
            bytes.index = index.substr(std::min(index.size(), index.find('+') + 1));
        }
        bytes.license = license_in(manifest.text, manifest.around);
        listed.packages.push_back(std::move(bytes));
        if (!contains(manifest.text, "metadata.cermet")) return {};  // few say anything: no need to parse hundreds
        TRY(package, package_of(source, manifest.text));
        return add_declared(package, listed.downloads);
    }

   private:
    ExternalBytes entry(const LocatedSource& source) const {
        ExternalBytes bytes;
        bytes.kind = source.id.source.is_git() ? "git" : "crate";
        bytes.name = source.id.name;
        bytes.version = source.id.version;
        bytes.source = source.id.source.text();
        if (!source.checksum.empty()) bytes.digest = "sha256:" + source.checksum;
        if (source.id.source.is_git()) {
            bytes.digest = "git:" + source.id.source.revision;
            bytes.url = source.id.source.url;
        } else {
            bytes.url = url_of(source);
        }
        const Lockfile& lock = *opened_.workspace.lock;
        fetch::Asker asker;
        asker.place = {executor_.places().host_outside(opened_.workspace.lock_path),
                       lock.packages[source.lock_index].line, 1};
        asker.why = chain_to(lock, parents_, source.lock_index);
        bytes.asked.push_back(std::move(asker));
        return bytes;
    }

    // Says where it lies, and reads its manifest there.
    Manifest locate(const LocatedSource& source, ExternalBytes& bytes) const {
        switch (source.kind) {
            case Kind::Crate: return locate_crate(source, bytes);
            case Kind::Directory:
                bytes.origin = Origin::Vendored;
                bytes.from = executor_.places().host(source.host_path);
                return {text_of(join_path(bytes.from, "Cargo.toml")), {}};
            case Kind::Git: return locate_git(source, bytes);
            case Kind::Missing:
            case Kind::Path: break;
        }
        const bool same = source.id.source.is_git() || source.registry == source.id.source.url;
        bytes.origin = source.fixed_place ? Origin::Nowhere : same ? Origin::Network : Origin::Mirror;
        bytes.from = bytes.url.empty() ? source.registry : bytes.url;
        bytes.reason = source.reason;
        return {};
    }

    Manifest locate_git(const LocatedSource& source, ExternalBytes& bytes) const {
        const bool own = is_within(source.host_path, executor_.store().directory());
        bytes.origin = own ? Origin::Cache : Origin::CargoHome;
        bytes.from = executor_.places().host(source.host_path);
        const std::optional<std::string> inner =
            find_in_checkout(executor_.files(), source.host_path, source.id.name, source.id.version);
        if (!inner) return {};
        return {text_of(join_path(*inner, "Cargo.toml")), text_of(join_path(bytes.from, "Cargo.toml"))};
    }

    Manifest locate_crate(const LocatedSource& source, ExternalBytes& bytes) const {
        const std::optional<fetch::Package> unpacked =
            fetch::find_crate(executor_.store(), source.id.name, source.id.version, source.checksum);
        bytes.origin = Origin::Cache;
        if (!source.host_path.empty()) {
            bytes.from = executor_.places().host(source.host_path);
            bytes.size = platform::stat_file(bytes.from).size;
            bytes.origin = source.fixed_place ? Origin::LocalFile : Origin::CargoHome;
        } else if (unpacked) {
            bytes.from = unpacked->host;
        }
        if (unpacked) return {text_of(join_path(unpacked->host, "Cargo.toml")), {}};
        return {manifest_of_crate(source.id, bytes.from), {}};
    }

    // By what the registry said when it was asked the last time.
    std::string url_of(const LocatedSource& source) const {
        const std::string index = fetch::sparse_index_of(source.registry);
        if (index.empty()) return {};
        const std::optional<fetch::RegistryConfig> config = known_registry(executor_.store(), index);
        if (!config) return {};
        const Result<std::string> url =
            fetch::download_url(*config, {source.id.name, source.id.version, source.checksum});
        return url.ok() ? *url : std::string();
    }

    exec::Executor& executor_;
    const OpenedWorkspace& opened_;
    std::vector<std::size_t> parents_;
};

}  // namespace list_sources_detail

Result<ListedSources> list_sources(exec::Executor& executor, fetch::NetworkHelper& network,
                                   const FetchRequest& request) {
    using namespace list_sources_detail;
    TRY(opened, open_workspace(executor, network, request));
    ListedSources listed;
    for (const PackagePtr& package : opened.workspace.local_packages())
        TRY_VOID(add_declared(*package, listed.downloads));
    for (CrateDownload& one : listed.downloads)
        one.asker.place.file = executor.places().host_outside(one.asker.place.file);
    const Lister lister(executor, opened);
    for (const LocatedSource& source : opened.located) TRY_VOID(lister.add(source, listed));
    return listed;
}

}  // namespace cermet::rust
