// Trace: steps become complete events, one text line each.
// SPDX-License-Identifier: MIT
#include "report/trace.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace cermet::report {

namespace trace_detail {

constexpr int k_remembered_lane = 1000000;

Json event(const char* phase, std::string name, int lane) {
    Json out;
    out.set("ph", phase).set("name", std::move(name)).set("pid", 1).set("tid", lane);
    return out;
}

Json lane_name(int lane) {
    Json out = event("M", "thread_name", lane);
    Json args;
    args.set("name", lane == k_remembered_lane ? std::string("remembered") : cat("slot ", lane));
    out.set("args", std::move(args));
    return out;
}

// Names come from tools and files: what is not UTF-8 would make the JSON invalid.
std::string safe(const std::string& text) {
    if (valid_utf8(text)) return text;
    std::string out = text;
    for (char& c : out) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
    return out;
}

}  // namespace trace_detail

struct Trace::State {
    mutable std::mutex mutex;
    std::int64_t origin_us = 0;
    bool started = false;
    std::set<int> lanes;
    std::string lines;  // events, each but the first after ",\n"

    void add(const Json& event) {
        if (!lines.empty()) lines += ",\n";
        lines += event.dump();
    }

    void step(const engine::StepFinished& done) {
        using namespace trace_detail;
        const std::int64_t begin = done.time_us - done.duration_us;
        if (!started) {
            started = true;
            origin_us = begin;
        }
        const int lane = done.slot >= 0 ? done.slot : k_remembered_lane;
        if (lanes.insert(lane).second) add(lane_name(lane));
        Json out = event("X", safe(done.description.empty() ? done.label : done.description), lane);
        Json args;
        args.set("label", safe(done.label))
            .set("outcome", engine::outcome_name(done.outcome))
            .set("cached", done.outcome == engine::Outcome::Hit)
            .set("why", safe(done.why));
        if (!done.argv.empty()) {
            Json::Array argv;
            for (const std::string& word : done.argv) argv.push_back(safe(word));
            args.set("argv", Json(std::move(argv)));
        }
        out.set("cat", engine::outcome_name(done.outcome))
            .set("ts", std::max<std::int64_t>(0, begin - origin_us))
            .set("dur", std::max<std::int64_t>(0, done.duration_us))
            .set("args", std::move(args));
        add(out);
    }

    void end(const engine::BuildFinished& done) {
        using namespace trace_detail;
        Json out = event("i", done.ok ? "build finished" : "build failed", 0);
        Json args;
        args.set("ran", done.counts.ran)
            .set("hits", done.counts.hits)
            .set("cut-off", done.counts.cut_off)
            .set("failed", done.counts.failed)
            .set("wall_us", done.wall_us);
        out.set("s", "g").set("ts", std::max<std::int64_t>(0, done.time_us - origin_us)).set("args", std::move(args));
        add(out);
    }
};

Trace::Trace() : state_(std::make_unique<State>()) {}
Trace::~Trace() = default;

void Trace::on(const engine::Event& event) {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (const auto* begun = std::get_if<engine::BuildStarted>(&event)) {
        if (!state_->started) state_->origin_us = begun->time_us;
        state_->started = true;
    } else if (const auto* done = std::get_if<engine::StepFinished>(&event)) {
        state_->step(*done);
    } else if (const auto* ended = std::get_if<engine::BuildFinished>(&event)) {
        state_->end(*ended);
    }
}

std::string Trace::json() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return cat("[\n", state_->lines, "\n]\n");
}

}  // namespace cermet::report
