// DownloadProgress: see progress.h.
// SPDX-License-Identifier: MIT
#include "fetch/progress.h"

#include "base/clock.h"
#include "base/text.h"

namespace cermet::fetch {
namespace progress_detail {

constexpr int k_slot = 0;  // it takes no processor's time

}  // namespace progress_detail

DownloadProgress::DownloadProgress(exec::Executor& executor, std::string noun, const std::vector<Download>& downloads)
    : executor_(executor), noun_(std::move(noun)), begin_us_(monotonic_us()) {
    std::string names;
    for (const Download& one : downloads) names += one.what + "\n";
    started_.label = cat("fetch-", noun_, "s-", digest_of(names).short_hex(8));
    started_.description = describe(0, downloads.size());
    started_.time_us = begin_us_;
    started_.slot = progress_detail::k_slot;
    executor_.tell(started_);
}

void DownloadProgress::arrived(const Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) {
    bytes_ += bytes;
    (void)download;
    executor_.tell(engine::StepProgress{started_.label, describe(done, of)});
}

void DownloadProgress::again(const Download& download, const std::string& reason) {
    executor_.notice(cat("downloading ", download.what, " again: ", reason));
}

void DownloadProgress::redirected(const Download& download, const std::string& host) {
    executor_.notice(cat(download.what, " came from ", host, ", where ", download.url, " leads"));
}

void DownloadProgress::finish(engine::Outcome outcome) {
    if (finished_) return;
    finished_ = true;
    engine::StepFinished finished;
    finished.label = started_.label;
    finished.description = last_;
    finished.outcome = outcome;
    finished.slot = progress_detail::k_slot;
    finished.time_us = monotonic_us();
    finished.duration_us = finished.time_us - begin_us_;
    executor_.tell(finished);
}

std::string DownloadProgress::describe(std::size_t done, std::size_t of) {
    const std::string nouns = cat(" ", noun_, of == 1 ? "" : "s");
    last_ = done == of ? cat("downloaded ", of, nouns, ", ", (bytes_ + 1023) / 1024, " kB")
                       : cat("download ", of, nouns, ": ", done, " are here, ", (bytes_ + 1023) / 1024, " kB");
    return last_;
}

}  // namespace cermet::fetch
