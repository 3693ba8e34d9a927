// Workers: long-lived processes that answer many requests of one kind, each in a fork (Cython).
// SPDX-License-Identifier: MIT
//
// Protocol: one JSON object per line. Request: the action's worker_request (rendered) with an "id"
// added; reply:
// {"id", "exit", "stdout", "stderr", "read": [paths opened], "present": [paths only looked for and
// found], "absent": [paths looked for and not found]}. The same program run with `--once REQUEST`
// answers one request and ends; both give the same bytes. The program is the action's argv without
// these last two words. A worker that dies fails the requests it had; the next request starts a new
// one. Threads: ask() from any, several at once; cancelling the Processes ends every wait.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "exec/process.h"

namespace cermet::exec {

struct WorkerReply {
    ProcessEnd end;  // exit code, stdout and stderr of the request
    std::vector<std::string> read;
    std::vector<std::string> present;
    std::vector<std::string> absent;
};

Result<WorkerReply> parse_worker_reply(std::string_view line);

class WorkerHub {
   public:
    explicit WorkerHub(Processes& processes) : processes_(processes) {}
    ~WorkerHub();
    WorkerHub(const WorkerHub&) = delete;
    WorkerHub& operator=(const WorkerHub&) = delete;
    // `kind` names the worker; `spec` starts it when there is none.
    Result<WorkerReply> ask(const std::string& kind, const ProcessSpec& spec, const std::string& request);
    void stop();  // kills all of them

   private:
    class Worker;
    Result<std::shared_ptr<Worker>> worker_of(const std::string& kind, const ProcessSpec& spec);
    Processes& processes_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Worker>> workers_;
};

}  // namespace cermet::exec
