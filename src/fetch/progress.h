// DownloadProgress: downloads as one step of the build: a line of progress, and its time in the trace.
// SPDX-License-Identifier: MIT
// Made before the first byte and destroyed after the last; without finish() the step has failed. One thread.
#pragma once
#include <string>
#include <vector>

#include "engine/events.h"
#include "exec/executor.h"
#include "fetch/downloads.h"

namespace cermet::fetch {

class DownloadProgress final : public DownloadListener {
   public:
    // `noun`: what is counted, "crate" or "file".
    DownloadProgress(exec::Executor& executor, std::string noun, const std::vector<Download>& downloads);
    ~DownloadProgress() override { finish(engine::Outcome::Failed); }
    DownloadProgress(const DownloadProgress&) = delete;
    DownloadProgress& operator=(const DownloadProgress&) = delete;

    void arrived(const Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) override;
    void again(const Download& download, const std::string& reason) override;
    void redirected(const Download& download, const std::string& host) override;
    void finish(engine::Outcome outcome);

   private:
    std::string describe(std::size_t done, std::size_t of);

    exec::Executor& executor_;
    std::string noun_;
    std::int64_t begin_us_;
    std::uint64_t bytes_ = 0;
    engine::StepStarted started_;
    std::string last_;
    bool finished_ = false;
};

}  // namespace cermet::fetch
