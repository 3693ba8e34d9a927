// Locks from elsewhere: see lock.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/lock.h"

#include <map>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "fetch/cargo_fetch.h"
#include "platform/os.h"

namespace cermet::rust {
namespace lock_detail {

// Path below the skeleton -> text. Every place keeps its distance from the others: dependencies name it by "..".
struct Skeleton {
    std::map<std::string, std::string> files;
    std::string manifest;  // relative
};

Result<Skeleton> skeleton_of(SourceFiles& files, const Workspace& workspace) {
    std::vector<std::string> directories = {workspace.root_directory};
    for (const auto* list : {&workspace.members, &workspace.path_packages}) {
        for (const PackagePtr& package : *list) directories.push_back(package->directory);
    }
    const std::string top = common_parent(directories);
    Skeleton skeleton;
    skeleton.manifest = relative_to(workspace.root_manifest, top);
    TRY(root, files.need(workspace.root_manifest));
    skeleton.files[skeleton.manifest] = root;
    for (const auto* list : {&workspace.members, &workspace.path_packages}) {
        for (const PackagePtr& package : *list) {
            TRY(manifest, files.need(package->manifest_path));
            skeleton.files[relative_to(package->manifest_path, top)] = manifest;
            for (const rust::Target& target : package->targets) {
                if (is_within(target.src_path, top)) skeleton.files[relative_to(target.src_path, top)] = "";
            }
        }
    }
    return skeleton;
}

std::string digest_of_skeleton(const Skeleton& skeleton) {
    ByteWriter out;
    for (const auto& [path, text] : skeleton.files) {
        out.string(path);
        out.string(text);
    }
    return digest_of(out.bytes()).hex();
}

std::string directory_of(exec::Executor& executor, const Workspace& workspace) {
    return cat(executor.options().root, "/cargo-lock/", digest_of(workspace.root_manifest).short_hex(8));
}

Status lay(const Skeleton& skeleton, const std::string& directory) {
    TRY_VOID(platform::remove_tree(directory));
    for (const auto& [path, text] : skeleton.files) {
        const std::string place = join_path(directory, path);
        TRY_VOID(platform::make_directories(std::string(parent(place))));
        TRY_VOID(platform::write_file(place, text));
    }
    return {};
}

}  // namespace lock_detail

Result<ProvidedLock> resolve_lock(exec::Executor& executor, fetch::NetworkHelper& network, const Workspace& workspace,
                                  const CrateSettings& settings) {
    if (settings.locked || settings.frozen) {
        return project_error(cat("there is no Cargo.lock for ", workspace.root_manifest, ", and --locked was given"),
                             "run `cargo generate-lockfile` there once, and keep the file with the project");
    }
    TRY(skeleton, lock_detail::skeleton_of(executor.files(), workspace));
    const std::string directory = lock_detail::directory_of(executor, workspace);
    const std::string stamp = lock_detail::digest_of_skeleton(skeleton);
    ProvidedLock lock;
    lock.manifest = join_path(directory, skeleton.manifest);
    lock.path = join_path(parent(lock.manifest), "Cargo.lock");
    Result<std::string> kept = platform::read_file(lock.path);
    Result<std::string> known = platform::read_file(join_path(directory, "stamp"));
    if (!kept.ok() || !known.ok() || *known != stamp) {
        TRY_VOID(lock_detail::lay(skeleton, directory));
        if (kept.ok()) TRY_VOID(platform::write_file(lock.path, *kept));
        fetch::LockRequest request;
        request.manifest = lock.manifest;
        request.directory = executor.places().host_outside(workspace.root_directory);
        request.update = kept.ok();
        request.offline = settings.offline;
        Status resolved = fetch::cargo_generate_lockfile(network, request);
        if (!resolved.ok()) {
            return std::move(resolved).error().at(workspace.root_manifest).note("the workspace has no Cargo.lock");
        }
        kept = platform::read_file(lock.path);
        if (!kept.ok()) return std::move(kept).error();
        TRY_VOID(platform::write_file_atomic(join_path(directory, "stamp"), stamp));
    }
    lock.text = *kept;
    executor.notice(cat("there is no Cargo.lock for ", executor.for_people(workspace.root_manifest),
                        ": cargo resolved one, kept in the cache",
                        "\n  commit one (`cargo generate-lockfile`), or other machines get other versions"));
    return lock;
}

Result<ProvidedLock> place_lock(exec::Executor& executor, const Workspace& workspace, const std::string& text) {
    TRY(skeleton, lock_detail::skeleton_of(executor.files(), workspace));
    const std::string directory = lock_detail::directory_of(executor, workspace);
    ProvidedLock lock;
    lock.text = text;
    lock.manifest = join_path(directory, skeleton.manifest);
    lock.path = join_path(parent(lock.manifest), "Cargo.lock");
    TRY_VOID(lock_detail::lay(skeleton, directory));
    TRY_VOID(platform::write_file(lock.path, text));
    return lock;
}

}  // namespace cermet::rust
