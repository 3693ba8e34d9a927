// Why: collects the reasons of steps and writes them.
// SPDX-License-Identifier: MIT
#include "report/why.h"

#include <map>
#include <mutex>

#include "base/text.h"
#include "report/shown_text.h"

namespace cermet::report {

struct Why::State {
    mutable std::mutex mutex;
    std::map<std::string, engine::StepFinished> steps;  // by label, so that the order is no matter of chance

    bool wanted(const engine::StepFinished& step, std::string_view part) const {
        return contains(step.label, part) || contains(step.description, part);
    }
};

Why::Why() : state_(std::make_unique<State>()) {}
Why::~Why() = default;

void Why::on(const engine::Event& event) {
    const auto* done = std::get_if<engine::StepFinished>(&event);
    if (done == nullptr) return;
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->steps[done->label] = *done;
}

std::string Why::text(std::string_view part) const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    std::string out;
    for (const auto& [label, step] : state_->steps) {
        if (!state_->wanted(step, part)) continue;
        std::string outcome = engine::outcome_name(step.outcome);
        outcome.resize(10, ' ');
        out += cat(outcome, one_line(step.description.empty() ? label : step.description), "\n");
        for (const std::string& line : split_lines(step.why)) out += cat("          ", one_line(line), "\n");
    }
    return out;
}

Json Why::json(std::string_view part) const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    Json steps{Json::Array{}};
    for (const auto& [label, step] : state_->steps) {
        if (!state_->wanted(step, part)) continue;
        Json item;
        item.set("label", label)
            .set("description", step.description)
            .set("outcome", engine::outcome_name(step.outcome))
            .set("why", step.why);
        steps.push(std::move(item));
    }
    Json out;
    out.set("version", 1).set("steps", std::move(steps));
    return out;
}

}  // namespace cermet::report
