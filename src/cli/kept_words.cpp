// Keeping what was said, and saying it again.
// SPDX-License-Identifier: MIT
#include "cli/kept_words.h"

#include "base/clock.h"

namespace cermet::cli {

void KeptWords::on(const engine::Event& event) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto* notice = std::get_if<engine::Notice>(&event)) {
        if (notice->warning) said_.push_back({"", "", notice->text});
    } else if (const auto* step = std::get_if<engine::StepFinished>(&event)) {
        ++steps_;
        const bool failed = step->outcome == engine::Outcome::Failed || step->outcome == engine::Outcome::Cancelled;
        if (!failed && !step->diagnostics.empty()) said_.push_back({step->label, step->description, step->diagnostics});
    }
}

Json KeptWords::json() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    Json::Array said;
    for (const Said& one : said_) {
        Json json;
        json.set("label", one.label).set("what", one.description).set("text", one.diagnostics);
        said.push_back(std::move(json));
    }
    Json kept;
    kept.set("said", Json(std::move(said))).set("steps", steps_);
    return kept;
}

void say_again(report::Console& console, const Json& kept) {
    engine::BuildStarted started;
    started.time_us = monotonic_us();
    console.on(started);
    for (const Json& one : kept["said"].array()) {
        if (one["label"].string().empty()) {
            console.on(engine::Notice{one["text"].string(), true});
            continue;
        }
        engine::StepFinished step;
        step.label = one["label"].string();
        step.description = one["what"].string();
        step.outcome = engine::Outcome::Hit;
        step.diagnostics = one["text"].string();
        console.on(step);
    }
    engine::BuildFinished finished;
    finished.ok = true;
    finished.counts.hits = kept["steps"].integer();
    finished.time_us = monotonic_us();
    finished.wall_us = finished.time_us - started.time_us;
    console.on(finished);
}

}  // namespace cermet::cli
