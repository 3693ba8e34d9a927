// Why: for each step of a build whether it ran and for which reason, as text and as JSON.
// SPDX-License-Identifier: MIT
//
// The reasons are the decision's own words (StepFinished::why); nothing is worked out here.
// Thread-safe.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/events.h"

namespace cermet::report {

class Why : public engine::EventSink {
   public:
    Why();
    Why(const Why&) = delete;
    Why& operator=(const Why&) = delete;
    ~Why() override;
    void on(const engine::Event& event) override;
    // Steps whose label or description contains `part` ("" = all), in the order of their labels:
    //   ran      cython rustybt.lib.rank
    //            input rank.pyx changed
    std::string text(std::string_view part = {}) const;
    Json json(std::string_view part = {}) const;  // {"version":1,"steps":[{label, description, outcome, why}]}

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cermet::report
