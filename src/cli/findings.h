// Findings: what `cermet verify` checked and what it found, in order.
// SPDX-License-Identifier: MIT
//
// Every check counts, whether it holds or not; a check that does not hold leaves one finding: a line and a hint. Notes are
// facts worth knowing that nobody has to act on. Knows nothing of wheels. One thread.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"

namespace cermet::cli {

struct Finding {
    std::string check;    // "tags", "imports", …
    std::string message;  // one sentence without a full stop
    std::string hint;
};

class Findings {
   public:
    // Counts one check; gives `holds` back.
    bool check(bool holds, std::string name, std::string message, std::string hint = {});
    void note(std::string text) { notes_.push_back(std::move(text)); }
    std::size_t checks() const { return checks_; }
    const std::vector<Finding>& all() const { return findings_; }
    const std::vector<std::string>& notes() const { return notes_; }

    std::string text() const;  // notes, findings and the line "N checks, M findings"
    Json json() const;

   private:
    std::size_t checks_ = 0;
    std::vector<Finding> findings_;
    std::vector<std::string> notes_;
};

// "a, b, c and 4 more".
std::string list_text(const std::vector<std::string>& items, std::size_t most = 8);

}  // namespace cermet::cli
