// Shown text: what tools printed, made fit for the user's eyes: his paths, no control codes.
// SPDX-License-Identifier: MIT
//
// Pure functions; thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cermet::report {

// A canonical directory and how the user calls it: {"/cermet/ws", "."}, {"/cermet/ext/0",
// "/srv/shared"}.
struct ShownPath {
    std::string canonical;
    std::string shown;
};

// Replaces canonical directories where a path starts with one; the longest that fits wins.
// "/cermet/ws/src/a.c:3" -> "src/a.c:3"; "-I/cermet/ws" -> "-I."; "/home/u/cermet/ws" stays.
std::string show_paths(std::string_view text, const std::vector<ShownPath>& paths);

std::string strip_ansi(std::string_view text);  // without terminal escape sequences
std::string one_line(std::string_view text);    // control characters become spaces
std::string clip(std::string_view text,
                 int columns);              // at most so many characters, "…" at the end; UTF-8 safe
std::string clock_text(std::int64_t us);    // "0:07", "12:34", "1:02:03"
std::string seconds_text(std::int64_t us);  // "0.03s", "1.2s", "74s"

}  // namespace cermet::report
