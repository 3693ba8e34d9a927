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
    const std::vector<PackagePtr> packages = workspace.local_packages();
    for (const PackagePtr& package : packages) directories.push_back(package->directory);
    const std::string top = common_parent(directories);
    Skeleton skeleton;
    skeleton.manifest = relative_to(workspace.root_manifest, top);
    TRY(root, files.need(workspace.root_manifest));
    skeleton.files[skeleton.manifest] = root;
    for (const PackagePtr& package : packages) {
        TRY(manifest, files.need(package->manifest_path));
        skeleton.files[relative_to(package->manifest_path, top)] = manifest;
        for (const rust::Target& target : package->targets) {
            if (is_within(target.src_path, top)) skeleton.files[relative_to(target.src_path, top)] = "";
        }
    }
    return skeleton;
}

std::string digest_of_skeleton(const Skeleton& skeleton, std::string_view lock) {
    ByteWriter out;
    for (const auto& [path, text] : skeleton.files) {
        out.string(path);
        out.string(text);
    }
    out.string(lock);
    return digest_of(out.bytes()).hex();
}

// The skeleton's directory in this checkout's part of the cache. Its stamp says of what it was made; it is written last.
class Place {
   public:
    // `lock_from`: what decides the lock beside it.
    Place(exec::Executor& executor, const Workspace& workspace, Skeleton skeleton, std::string_view lock_from)
        : directory_(cat(executor.options().root, "/cargo-lock/", digest_of(workspace.root_manifest).short_hex(8))),
          skeleton_(std::move(skeleton)),
          stamp_(digest_of_skeleton(skeleton_, lock_from)) {
        lock.manifest = join_path(directory_, skeleton_.manifest);
        lock.path = join_path(parent(lock.manifest), "Cargo.lock");
    }

    bool is_current() const {
        Result<std::string> known = platform::read_file(join_path(directory_, "stamp"));
        return known.ok() && *known == stamp_;
    }

    Status lay() const {
        TRY_VOID(platform::remove_tree(directory_));
        for (const auto& [path, text] : skeleton_.files) {
            const std::string place = join_path(directory_, path);
            TRY_VOID(platform::make_directories(std::string(parent(place))));
            TRY_VOID(platform::write_file(place, text));
        }
        return {};
    }

    Status done() const { return platform::write_file_atomic(join_path(directory_, "stamp"), stamp_); }

    ProvidedLock lock;

   private:
    std::string directory_;
    Skeleton skeleton_;
    std::string stamp_;
};

}  // namespace lock_detail

Result<ProvidedLock> resolve_lock(exec::Executor& executor, fetch::NetworkHelper& network, const Workspace& workspace,
                                  const CrateSettings& settings) {
    if (settings.locked || settings.frozen) {
        return project_error(cat("there is no Cargo.lock for ", workspace.root_manifest, ", and --locked was given"),
                             "run `cargo generate-lockfile` there once, and keep the file with the project");
    }
    TRY(skeleton, lock_detail::skeleton_of(executor.files(), workspace));
    lock_detail::Place place(executor, workspace, skeleton, "resolved");
    Result<std::string> kept = platform::read_file(place.lock.path);
    if (!kept.ok() || !place.is_current()) {
        TRY_VOID(place.lay());
        if (kept.ok()) TRY_VOID(platform::write_file(place.lock.path, *kept));
        fetch::LockRequest request;
        request.manifest = place.lock.manifest;
        request.directory = executor.places().host_outside(workspace.root_directory);
        request.update = kept.ok();
        request.offline = settings.offline;
        Status resolved = fetch::cargo_generate_lockfile(network, request);
        if (!resolved.ok()) {
            return std::move(resolved).error().at(workspace.root_manifest).note("the workspace has no Cargo.lock");
        }
        kept = platform::read_file(place.lock.path);
        if (!kept.ok()) return std::move(kept).error();
        TRY_VOID(place.done());
    }
    place.lock.text = *kept;
    executor.notice(cat("there is no Cargo.lock for ", executor.for_people(workspace.root_manifest),
                        ": cargo resolved one, kept in the cache",
                        "\n  commit one (`cargo generate-lockfile`), or other machines get other versions"));
    return place.lock;
}

Result<ProvidedLock> place_lock(exec::Executor& executor, const Workspace& workspace, const std::string& text) {
    TRY(skeleton, lock_detail::skeleton_of(executor.files(), workspace));
    lock_detail::Place place(executor, workspace, skeleton, cat("given ", text));
    place.lock.text = text;
    if (place.is_current()) return place.lock;
    TRY_VOID(place.lay());
    TRY_VOID(platform::write_file(place.lock.path, text));
    TRY_VOID(place.done());
    return place.lock;
}

Result<std::string> find_lock(exec::Executor& executor, fetch::NetworkHelper& network, const CrateSettings& settings,
                              Workspace& workspace) {
    const std::string& given = settings.lock_file;
    if (given.empty() && workspace.lock) return executor.places().host_outside(workspace.root_manifest);
    ProvidedLock provided;
    if (given.empty()) {
        TRY(resolved, resolve_lock(executor, network, workspace, settings));
        provided = resolved;
    } else {
        TRY(text, executor.files().need(given));
        TRY(placed, place_lock(executor, workspace, text));
        provided = placed;
    }
    workspace.lock_path = given.empty() ? provided.path : given;
    TRY(lock, parse_lockfile(provided.text, workspace.lock_path));
    workspace.lock = lock;
    return provided.manifest;
}

}  // namespace cermet::rust
