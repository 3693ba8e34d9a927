// Trace: a build as a Chrome trace (JSON array format), for chrome://tracing and ui.perfetto.dev.
// SPDX-License-Identifier: MIT
//
// One complete event ("ph":"X") per step: ts and dur in microseconds since BuildStarted, tid = the
// slot it took; steps that were remembered stand on a lane of their own. args: label, why, outcome,
// cached. Knows no files: the command writes json(). Source: the "Trace Event Format" document,
// JSON array format. Thread-safe.
#pragma once
#include <memory>
#include <string>

#include "engine/events.h"

namespace cermet::report {

class Trace : public engine::EventSink {
   public:
    Trace();
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    ~Trace() override;
    void on(const engine::Event& event) override;
    std::string json() const;  // the whole array so far; valid JSON at any moment

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cermet::report
