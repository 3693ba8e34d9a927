// The one error value of Cermet: what failed, where in the user's file, why it was being done, one hint.
// SPDX-License-Identifier: MIT
//
// Errors are values. Each layer that an error crosses may add one `because` note; the command line prints it once, at
// the top. The kind decides the exit code and whether a result may be remembered (Environment and Step failures never
// are). Nobody branches on the text. Absence is not an error: find_x() returns optional, need_x() fails.
// Threads: a plain value; copy or move it freely.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cermet {

enum class ErrorKind {
    Usage,        // the command line is wrong: exit 2
    Project,      // the user's project or configuration is wrong: exit 2
    Step,         // a compiler or script failed: exit 1
    Environment,  // a tool or the network is missing, the disk is full: exit 3
    Cancelled,    // the user interrupted: exit 130
    Bug,          // Cermet itself is wrong: exit 70
};

// A position in a user's file. line and column are 1-based; 0 means unknown.
struct Where {
    std::string file;
    int line = 0;
    int column = 0;
};

struct Error {
    ErrorKind kind = ErrorKind::Bug;
    std::string message;               // one sentence without a full stop: what failed
    Where where;                       // the place in the user's own file; empty file = none
    std::vector<std::string> because;  // "while building wheel foo", innermost first
    std::string hint;                  // one thing the user can do; may be empty
    std::string output;                // what the failed tool printed; may be empty
    std::string command;               // how to run the failed command by hand; may be empty

    Error() = default;
    Error(ErrorKind k, std::string msg) : kind(k), message(std::move(msg)) {}
    Error(ErrorKind k, std::string msg, std::string h) : kind(k), message(std::move(msg)), hint(std::move(h)) {}
    Error at(std::string file, int line = 0, int column = 0) &&;
    Error at(Where place) &&;
    Error note(std::string sentence) &&;  // appends to `because`
    Error advise(std::string sentence) &&;
};

Error usage_error(std::string message, std::string hint = {});
Error project_error(std::string message, std::string hint = {});
Error step_error(std::string message, std::string hint = {});
Error environment_error(std::string message, std::string hint = {});
Error bug(std::string message);
// "cannot open /x: Permission denied" from errno; kind Environment.
Error system_error(std::string_view doing, std::string_view path, int errno_value);

int exit_code(ErrorKind kind);
// The text a terminal shows; several lines, ends with a newline. No colours.
std::string render(const Error& error);

}  // namespace cermet
