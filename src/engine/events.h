// Events: what happens in a build, as plain values, and the sink of those who show it.
// SPDX-License-Identifier: MIT
//
// A step is anything that takes a slot and time, named by its label; this room knows no processes.
// Whoever runs steps emits events; report/ implements sinks (console, trace, why) and the command
// line connects the two. Order per label: StepQueued, StepStarted (not for hits), StepFinished.
// Times are monotonic_us() (base/clock.h). Threads: on() may be called from any thread, also from
// several at once: a sink locks for itself and never blocks for long. A null EventSink* means that
// nobody listens: emit() does nothing then.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cermet::engine {

struct BuildStarted {
    std::string what;  // "wheel", "rust:core", …; may be empty
    std::int64_t time_us = 0;
};

struct StepQueued {
    std::string label;        // unique in a build: "rustc-serde-1a2b3c4d"
    std::string description;  // for people: "rustc serde 1.0.219"
};

struct StepStarted {
    std::string label;
    std::string description;
    int slot = 0;  // 0-based; two steps that run at the same time never share one
    std::int64_t time_us = 0;
};

enum class Outcome {
    Ran,     // it ran and its outputs are new
    Hit,     // remembered: nothing ran
    CutOff,  // it ran and gave the same bytes as before
    Failed,
    Cancelled,
};

struct StepFinished {
    std::string label;
    std::string description;
    Outcome outcome = Outcome::Ran;
    int slot = -1;             // -1: it never took one (hits)
    std::int64_t time_us = 0;  // the end
    std::int64_t duration_us = 0;
    std::string diagnostics;        // what the tool printed, path-neutral; shown also for hits (kept warnings)
    std::string why;                // "input a.c changed", "never built"; may be empty
    std::vector<std::string> argv;  // the process it was or would be, path-neutral; empty for inside work
    std::string command;            // to run it by hand, with real paths; filled only where somebody asked for it
};

// A running step says how far it is.
struct StepProgress {
    std::string label;
    std::string description;
};

struct Notice {
    std::string text;      // one sentence for people; may have several lines
    bool warning = false;  // about the user's own files, and said again when what said it is remembered
    bool detail = false;   // only for who looks closely
};

struct BuildCounts {
    std::int64_t ran = 0;
    std::int64_t hits = 0;
    std::int64_t cut_off = 0;
    std::int64_t failed = 0;
};

struct BuildFinished {
    bool ok = false;
    BuildCounts counts;
    std::int64_t time_us = 0;
    std::int64_t wall_us = 0;
};

using Event = std::variant<BuildStarted, StepQueued, StepStarted, StepProgress, StepFinished, Notice, BuildFinished>;

class EventSink {
   public:
    EventSink() = default;
    EventSink(const EventSink&) = delete;
    EventSink& operator=(const EventSink&) = delete;
    virtual ~EventSink() = default;
    virtual void on(const Event& event) = 0;
};

inline void emit(EventSink* sink, const Event& event) {
    if (sink != nullptr) sink->on(event);
}

// Hands each event on to several sinks, in order. Borrowed pointers that outlive it.
class EventFan : public EventSink {
   public:
    explicit EventFan(std::vector<EventSink*> sinks) : sinks_(std::move(sinks)) {}
    void on(const Event& event) override {
        for (EventSink* sink : sinks_) sink->on(event);
    }

   private:
    std::vector<EventSink*> sinks_;
};

inline const char* outcome_name(Outcome outcome) {
    switch (outcome) {
        case Outcome::Ran: return "ran";
        case Outcome::Hit: return "hit";
        case Outcome::CutOff: return "cut-off";
        case Outcome::Failed: return "failed";
        case Outcome::Cancelled: return "cancelled";
    }
    return "?";
}

}  // namespace cermet::engine
