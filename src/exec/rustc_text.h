// RustcText: what rustc said, as cargo would show it: rendered diagnostics, then how many there were.
// SPDX-License-Identifier: MIT
// A pure function. Lines that are not rustc's JSON stay as they are.
#pragma once
#include <string>
#include <string_view>

namespace cermet::exec {

struct RustcText {
    std::string text;
    std::string verdict;  // "could not compile `hello` (lib) due to 2 previous errors"; "" where nothing failed
};

// `subject` and `fix` as in Action; without a subject nothing is counted.
RustcText read_rustc(std::string_view printed, std::string_view subject, std::string_view fix, bool succeeded);

}  // namespace cermet::exec
