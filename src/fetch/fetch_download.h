// FetchDownload: a pinned file as a key: at its place in the cache, from wherever the user lets it come.
// SPDX-License-Identifier: MIT
//
//     fetch::PlacedFile file = co_await build.get(fetch::FetchDownload(pinned));
//     fetch::PlacedTree tree = co_await build.get(fetch::UnpackDownload(pinned, "."));
// The value's path is canonical, its bytes have the wanted sha256: use input() as an action's input. What is wanted at the
// same time is fetched by one curl, while the engine goes on. Not to be fetched, because of --offline, is an Environment
// error that names it; the Downloads remember all those, so that one error can list them.
// Services needed: Executor, Downloads. Failures: as pinned.h.
#pragma once
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/build.h"
#include "exec/executor.h"
#include "fetch/network.h"
#include "fetch/pinned.h"

namespace cermet::fetch {

class FetchDownload {
   public:
    using Value = PlacedFile;
    static constexpr std::string_view k_name = "fetch-download";
    explicit FetchDownload(PinnedFile file) : file_(std::move(file)) {}
    std::string text() const { return file_.sha256 + " " + file_.url; }
    std::string describe() const { return "fetching " + file_.shown(); }
    const PinnedFile& file() const { return file_; }

   private:
    PinnedFile file_;
};
engine::Task<PlacedFile> run(engine::Build build, FetchDownload key);

// `directory`: of the archive; what lies below it is the tree. "." = all.
class UnpackDownload {
   public:
    using Value = PlacedTree;
    static constexpr std::string_view k_name = "unpack-download";
    UnpackDownload(PinnedFile file, std::string directory) : file_(std::move(file)), directory_(std::move(directory)) {}
    std::string text() const { return file_.sha256 + " " + file_.url + " " + directory_; }
    std::string describe() const { return "unpacking " + file_.shown(); }
    const PinnedFile& file() const { return file_; }
    const std::string& directory() const { return directory_; }

   private:
    PinnedFile file_;
    std::string directory_;
};
engine::Task<PlacedTree> run(engine::Build build, UnpackDownload key);

inline exec::Input input_of(const PlacedFile& file) { return {file.path, file.digest}; }
inline exec::Input input_of(const PlacedTree& tree) { return {tree.path, tree.digest, exec::InputKind::Tree}; }

// The session's downloads: a service of the graph, with one thread for what must come through the network.
class Downloads {
   public:
    Downloads(exec::Executor& executor, NetworkHelper& network, DownloadPolicy policy)
        : executor_(executor), network_(network), policy_(std::move(policy)) {}
    ~Downloads() { stop(); }
    Downloads(const Downloads&) = delete;
    Downloads& operator=(const Downloads&) = delete;

    const DownloadPolicy& policy() const { return policy_; }
    // What is in the cache or in a file of the user's; nullopt: only the network has it, and may be asked.
    Result<std::optional<PlacedFile>> at_hand(const PinnedFile& file);
    // The answer comes from the thread of downloads.
    void begin(const PinnedFile& file, const engine::Sender<PlacedFile>& answer);
    // All of them now, on this thread; each failure is in its place.
    std::vector<Result<PlacedFile>> bring(const std::vector<PinnedFile>& files);
    void stop();  // cancels the network's command where one runs; before the graph goes

    // Whatever a build lacks and may not fetch: crates, too.
    void note_missing(const std::string& what);
    std::vector<std::string> missing() const;  // sorted

   private:
    struct Waiting {
        PinnedFile file;
        engine::Sender<PlacedFile> answer;
    };
    void serve();
    std::vector<Result<PlacedFile>> bring_locked(const std::vector<PinnedFile>& files);

    exec::Executor& executor_;
    NetworkHelper& network_;
    DownloadPolicy policy_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Waiting> waiting_;
    std::set<std::string> missing_;
    std::thread thread_;
    bool busy_ = false;
    bool stopping_ = false;
};

}  // namespace cermet::fetch
