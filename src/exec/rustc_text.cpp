// Reading rustc's JSON lines: see rustc_text.h.
// SPDX-License-Identifier: MIT
#include "exec/rustc_text.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace cermet::exec {
namespace rustc_text_detail {

struct Counts {
    int errors = 0;
    int warnings = 0;
    int suggestions = 0;  // warnings that a tool can make go away
};

// rustc's own summaries; they are replaced by one with the target's name.
bool is_summary(const std::string& message) {
    const std::string_view text = message;
    return text.substr(0, 15) == "aborting due to" || text.ends_with(" warning emitted") ||
           text.ends_with(" warnings emitted");
}

bool has_suggestion(const Json& diagnostic) {
    for (const Json& child : diagnostic["children"].array()) {
        for (const Json& span : child["spans"].array()) {
            if (span["suggestion_applicability"].string() == "MachineApplicable") return true;
        }
    }
    return false;
}

std::string counted(int count, std::string_view what) { return cat(count, " ", what, count == 1 ? "" : "s"); }

std::string summary(const Counts& counts, std::string_view subject, std::string_view fix, bool succeeded) {
    std::string text = cat("\x1b[1m\x1b[33mwarning\x1b[0m\x1b[1m:\x1b[0m ", subject, " generated ",
                           counted(counts.warnings, "warning"));
    if (succeeded && counts.suggestions > 0 && !fix.empty()) {
        text += cat(" (run `", fix, "` to apply ", counted(counts.suggestions, "suggestion"), ")");
    }
    return text + "\n";
}

std::string verdict(const Counts& counts, std::string_view subject) {
    std::string text = cat("could not compile ", subject);
    if (counts.errors > 0) text += cat(" due to ", counted(counts.errors, "previous error"));
    if (counts.warnings > 0) text += cat("; ", counted(counts.warnings, "warning"), " emitted");
    return text;
}

}  // namespace rustc_text_detail

RustcText read_rustc(std::string_view printed, std::string_view subject, std::string_view fix, bool succeeded) {
    using namespace rustc_text_detail;
    RustcText out;
    if (!contains(printed, "{\"$message_type\"")) {
        out.text = std::string(printed);
        return out;
    }
    Counts counts;
    for (const std::string& line : split_lines(printed)) {
        if (line.compare(0, 16, "{\"$message_type\"") != 0) {
            out.text += line + "\n";
            continue;
        }
        Result<Json> json = parse_json(line, "rustc");
        if (!json.ok() || (!subject.empty() && is_summary((*json)["message"].string()))) continue;
        out.text += (*json)["rendered"].string();
        const std::string& level = (*json)["level"].string();
        if (level == "error" || level == "error: internal compiler error") ++counts.errors;
        if (level != "warning") continue;
        ++counts.warnings;
        if (has_suggestion(*json)) ++counts.suggestions;
    }
    if (subject.empty()) return out;
    // As cargo spaces them: an empty line after each diagnostic is rustc's own.
    if (counts.warnings > 0) out.text += summary(counts, subject, fix, succeeded);
    if (!succeeded && counts.errors > 0) out.verdict = verdict(counts, subject);
    return out;
}

}  // namespace cermet::exec
