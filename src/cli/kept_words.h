// KeptWords: what steps and rules said in a build, kept with its answer, so that a null build says it again.
// SPDX-License-Identifier: MIT
// A listener of the build's events; thread-safe.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/events.h"
#include "report/console.h"

namespace cermet::cli {

class KeptWords : public engine::EventSink {
   public:
    void on(const engine::Event& event) override;
    Json json() const;

   private:
    struct Said {
        std::string label, description, diagnostics;  // of a step; without a label: a warning of the build itself
    };
    mutable std::mutex mutex_;
    std::vector<Said> said_;
    std::int64_t steps_ = 0;
};

// Shows on the console what json() kept, and that everything is up to date.
void say_again(report::Console& console, const Json& kept);

}  // namespace cermet::cli
