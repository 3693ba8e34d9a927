// Session: one command's build, wired: store, places, sandbox, executor, graph, request. The composition root's middle.
// SPDX-License-Identifier: MIT
//
// Order matters and is kept in start(): the network helper is forked first, then the mount namespace is entered, both
// before any thread; then the store is opened, then executor and graph are made. Destroyed in reverse order.
// Threads: made and used on the main thread; a signal watcher only calls Graph::request_cancel and Executor::cancel.
// nullopt for `mode` means mount where the machine allows it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/checkout.h"
#include "engine/events.h"
#include "engine/graph.h"
#include "exec/executor.h"
#include "exec/jobserver.h"
#include "exec/places.h"
#include "fetch/fetch_download.h"
#include "fetch/network.h"
#include "languages/python/request.h"
#include "report/console.h"
#include "store/locks.h"
#include "store/store.h"

namespace cermet::cli {

struct SessionSettings {
    std::string directory;  // real directory of the project
    python::BuildRequest request;
    int jobs = 0;
    std::uint64_t memory = 0;
    bool observe = false;  // scripts are watched, and not strict: what they read is to be seen
    int check = 0;         // per cent of the steps that run twice; then nothing is up to date
    bool keep_going = false;
    bool use_workers = true;
    bool verbose = false;
    bool commands = false;               // -vv: every command line is told
    std::optional<exec::RootMode> mode;  // nullopt: mount where possible
    std::optional<Checkout> checkout;    // nullopt: found from the directory's configuration
    engine::EventSink* events = nullptr;
    report::Console* console = nullptr;  // told how the user calls each directory
};

class Session {
   public:
    // Finds the checkout and opens the store: enough to ask whether a request is remembered.
    static Result<std::unique_ptr<Session>> open(SessionSettings settings);
    // Everything else: helper, lock, mount namespace, executor, graph. Before the first run().
    Status start();
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    engine::Graph& graph() { return *graph_; }
    exec::Executor& executor() { return *executor_; }
    store::Store& store() { return *store_; }
    fetch::NetworkHelper& network() { return *network_; }  // after start()
    fetch::Downloads& downloads() { return *downloads_; }  // after start()
    python::BuildRequest& request() { return settings_.request; }
    const Checkout& checkout() const { return checkout_; }
    const std::string& root() const { return root_; }
    const std::string& request_directory() const { return settings_.request.host_directory; }
    const SessionSettings& settings() const { return settings_; }

    // Errors name the user's own paths.
    template <engine::Key K>
    Result<typename K::Value> run(const K& key) {
        begin(key.text());
        Result<typename K::Value> answer = graph_->run(key);
        end(answer.ok());
        if (!answer.ok()) return shown(std::move(answer).error());
        return answer;
    }
    // A question whose answer is at hand after a run: nobody is told of it.
    template <engine::Key K>
    Result<typename K::Value> ask(const K& key) {
        Result<typename K::Value> answer = graph_->run(key);
        if (!answer.ok()) return shown(std::move(answer).error());
        return answer;
    }
    // As ask(), of a key that looks at failures of others and tells of them all in its own error.
    template <engine::Key K>
    Status require(const K& key) {
        Result<typename K::Value> answer = graph_->run(key);
        told_at_once_ = !answer.ok();
        if (told_at_once_) return shown(std::move(answer).error());
        return {};
    }
    // Every independent failure of the last run; the first is what run() returned. None after a failed require().
    std::vector<Error> failures() const;

    // Copies a finished file out of the store to a real path, verified on the way, replaced atomically. A file that has
    // these bytes already is left alone.
    Status deliver(const exec::Input& file, const std::string& host_path, std::uint32_t mode = 0644);

   private:
    Session() = default;
    Status lock_root();
    Status make_services(const std::string& project);
    void watch_signals();
    void begin(std::string what);
    void end(bool ok);
    Error shown(Error error) const;

    SessionSettings settings_;
    Checkout checkout_;
    std::string root_;  // this checkout's own directory in the cache
    std::int64_t begin_us_ = 0;
    bool told_at_once_ = false;
    std::unique_ptr<fetch::NetworkHelper> network_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<store::Store::Lease> lease_;
    std::optional<store::RootLock> root_lock_;
    std::unique_ptr<exec::Places> places_;
    std::unique_ptr<exec::TokenSource> tokens_;
    std::unique_ptr<exec::Executor> executor_;
    std::unique_ptr<fetch::Downloads> downloads_;
    std::unique_ptr<engine::Graph> graph_;
    std::thread watcher_;
};

}  // namespace cermet::cli
