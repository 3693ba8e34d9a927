// Tests of what is made of rustc's JSON lines.
// SPDX-License-Identifier: MIT
#include "exec/rustc_text.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet::exec {
namespace rustc_text_test_detail {

std::string diagnostic(const std::string& level, const std::string& message, bool fixable = false) {
    return cat("{\"$message_type\":\"diagnostic\",\"message\":\"", message, "\",\"level\":\"", level,
               "\",\"children\":[", fixable ? "{\"spans\":[{\"suggestion_applicability\":\"MachineApplicable\"}]}" : "",
               "],\"rendered\":\"", level, ": ", message, "\\n\\n\"}\n");
}

const char* const k_head = "\x1b[1m\x1b[33mwarning\x1b[0m\x1b[1m:\x1b[0m ";

}  // namespace rustc_text_test_detail

TEST_CASE("rustc text: warnings are counted, rustc's own count is left out") {
    using namespace rustc_text_test_detail;
    std::string printed = cat(diagnostic("warning", "unused a", true), "plain words\n", diagnostic("warning", "b"),
                              diagnostic("warning", "2 warnings emitted"),
                              "{\"$message_type\":\"artifact\",\"artifact\":\"x\",\"emit\":\"link\"}\n");
    RustcText read = read_rustc(printed, "`x` (lib)", "cargo fix --lib -p x", true);
    CHECK(read.text == cat("warning: unused a\n\nplain words\nwarning: b\n\n", k_head,
                           "`x` (lib) generated 2 warnings (run `cargo fix --lib -p x` to apply 1 suggestion)\n"));
    CHECK(read.verdict.empty());
}

TEST_CASE("rustc text: a failure says how many errors there were, and nothing of suggestions") {
    using namespace rustc_text_test_detail;
    std::string printed =
        cat(diagnostic("warning", "w", true), diagnostic("error", "e"),
            diagnostic("error", "aborting due to 1 previous error; 1 warning emitted"),
            diagnostic("failure-note", "For more information about this error, try `rustc --explain E0308`."));
    RustcText read = read_rustc(printed, "`x` (bin \"x\")", "cargo fix", false);
    CHECK(contains(read.text, cat(k_head, "`x` (bin \"x\") generated 1 warning\n")));
    CHECK_FALSE(contains(read.text, "aborting"));
    CHECK(read.verdict == "could not compile `x` (bin \"x\") due to 1 previous error; 1 warning emitted");
}

TEST_CASE("rustc text: words of other tools stay as they are") {
    CHECK(read_rustc("ld: warning\n", "`x` (lib)", "", true).text == "ld: warning\n");
    CHECK(read_rustc("", "`x` (lib)", "", true).text.empty());
}

}  // namespace cermet::exec
