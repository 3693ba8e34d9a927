// The hub of workers: a reader thread per worker hands each reply to the request that waits.
// SPDX-License-Identifier: MIT
#include "exec/worker.h"

#include <condition_variable>
#include <optional>
#include <thread>

#include "base/text.h"

namespace cermet::exec {

Result<WorkerReply> parse_worker_reply(std::string_view line) {
    TRY(json, parse_json(line, "a worker's reply"));
    if (!json.is_object() || !json["exit"].is_int()) {
        return environment_error("a worker's reply is no object with an exit code");
    }
    WorkerReply reply;
    reply.end.exit_code = static_cast<int>(json["exit"].integer());
    reply.end.out = json["stdout"].string();
    reply.end.err = json["stderr"].string();
    reply.read = json["read"].string_list();
    reply.present = json["present"].string_list();
    reply.absent = json["absent"].string_list();
    return reply;
}

class WorkerHub::Worker {
   public:
    explicit Worker(Companion companion) : companion_(std::move(companion)) {
        reader_ = std::thread([this] { serve(); });
    }

    ~Worker() {
        {
            std::lock_guard lock(mutex_);
            ended_ = true;
        }
        companion_.stop();
        reader_.join();
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    bool ended() const {
        std::lock_guard lock(mutex_);
        return ended_;
    }

    Result<std::string> ask(const Json& request) {
        std::unique_lock lock(mutex_);
        const std::int64_t id = ++last_id_;
        waiting_.emplace(id, std::nullopt);
        Json numbered = request;
        numbered.set("id", id);
        const std::string line = numbered.dump();
        lock.unlock();
        {
            std::lock_guard sending(send_mutex_);
            Status sent = companion_.send(line);
            if (!sent.ok()) return std::move(sent).error();
        }
        lock.lock();
        changed_.wait(lock, [&] { return ended_ || waiting_[id].has_value(); });
        std::optional<std::string> reply = std::move(waiting_[id]);
        waiting_.erase(id);
        if (reply) return std::move(*reply);
        return error_ ? *error_ : environment_error("a worker process was stopped");
    }

   private:
    void serve() {
        while (true) {
            Result<std::string> line = companion_.read_line();
            std::lock_guard lock(mutex_);
            if (!line.ok()) {
                ended_ = true;
                error_ = std::move(line).error();
                changed_.notify_all();
                return;
            }
            Result<Json> reply = parse_json(*line, "a worker's reply");
            if (!reply.ok())
                continue;  // something the program printed; the request itself is answered or the
                           // worker dies
            auto found = waiting_.find((*reply)["id"].integer());
            if (found == waiting_.end()) continue;
            found->second = std::move(*line);
            changed_.notify_all();
        }
    }

    Companion companion_;
    std::thread reader_;
    std::mutex send_mutex_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::int64_t, std::optional<std::string>> waiting_;
    std::int64_t last_id_ = 0;
    bool ended_ = false;
    std::optional<Error> error_;
};

WorkerHub::~WorkerHub() { stop(); }

void WorkerHub::stop() {
    std::map<std::string, std::shared_ptr<Worker>> stopped;
    std::lock_guard lock(mutex_);
    stopped.swap(workers_);
}

Result<std::shared_ptr<WorkerHub::Worker>> WorkerHub::worker_of(const std::string& kind, const ProcessSpec& spec) {
    std::lock_guard lock(mutex_);
    auto found = workers_.find(kind);
    if (found != workers_.end() && !found->second->ended()) return found->second;
    TRY(companion, processes_.start_companion(spec));
    auto worker = std::make_shared<Worker>(std::move(companion));
    workers_[kind] = worker;
    return worker;
}

Result<WorkerReply> WorkerHub::ask(const std::string& kind, const ProcessSpec& spec, const std::string& request) {
    TRY(json, parse_json(request, "a worker's request"));
    TRY(worker, worker_of(kind, spec));
    TRY(line, worker->ask(json));
    return parse_worker_reply(line);
}

}  // namespace cermet::exec
