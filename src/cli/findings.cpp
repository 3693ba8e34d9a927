// Counting checks and telling findings.
// SPDX-License-Identifier: MIT
#include "cli/findings.h"

#include "base/text.h"

namespace cermet::cli {

bool Findings::check(bool holds, std::string name, std::string message, std::string hint) {
    ++checks_;
    if (!holds) findings_.push_back({std::move(name), std::move(message), std::move(hint)});
    return holds;
}

std::string Findings::text() const {
    std::string out;
    for (const std::string& note : notes_) out += cat("note: ", note, "\n");
    for (const Finding& finding : findings_) {
        out += cat("finding: ", finding.check, ": ", replace_all(finding.message, "\n", "\n  "), "\n");
        if (!finding.hint.empty()) out += cat("  hint: ", finding.hint, "\n");
    }
    return cat(out, checks_, checks_ == 1 ? " check, " : " checks, ", findings_.size(),
               findings_.size() == 1 ? " finding" : " findings");
}

Json Findings::json() const {
    Json::Array list;
    for (const Finding& finding : findings_) {
        Json one;
        one.set("check", finding.check).set("message", finding.message).set("hint", finding.hint);
        list.push_back(one);
    }
    Json json;
    json.set("version", 1).set("checks", static_cast<std::int64_t>(checks_)).set("findings", list);
    json.set("notes", Json::strings(notes_));
    return json;
}

std::string list_text(const std::vector<std::string>& items, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i == most) return cat(text, " and ", items.size() - i, " more");
        text += (i == 0 ? "" : ", ") + items[i];
    }
    return text;
}

}  // namespace cermet::cli
