// Errors: their constructors, exit codes and the text a terminal shows.
// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/result.h"
#include "base/text.h"

namespace cermet {

namespace error_detail {

// One labelled line; further lines of a long text stand under it.
void line(std::string& out, std::string_view label, std::string_view text, std::string_view indent) {
    out.append(label);
    out.append(replace_all(text, "\n", cat("\n", indent)));
    out.push_back('\n');
}

std::string place_text(const Where& where) {
    std::string out = where.file;
    if (where.line > 0) {
        out += cat(':', where.line);
        if (where.column > 0) out += cat(':', where.column);
    }
    return out;
}

}  // namespace error_detail

Error Error::at(std::string file, int line, int column) && {
    return std::move(*this).at(Where{std::move(file), line, column});
}

Error Error::at(Where place) && {
    where = std::move(place);
    return std::move(*this);
}

Error Error::note(std::string sentence) && {
    because.push_back(std::move(sentence));
    return std::move(*this);
}

Error Error::advise(std::string sentence) && {
    hint = std::move(sentence);
    return std::move(*this);
}

Error usage_error(std::string message, std::string hint) {
    return {ErrorKind::Usage, std::move(message), std::move(hint)};
}

Error project_error(std::string message, std::string hint) {
    return {ErrorKind::Project, std::move(message), std::move(hint)};
}

Error step_error(std::string message, std::string hint) {
    return {ErrorKind::Step, std::move(message), std::move(hint)};
}

Error environment_error(std::string message, std::string hint) {
    return {ErrorKind::Environment, std::move(message), std::move(hint)};
}

Error bug(std::string message) { return {ErrorKind::Bug, std::move(message)}; }

Error system_error(std::string_view doing, std::string_view path, int errno_value) {
    const std::string reason = std::generic_category().message(errno_value);  // thread-safe strerror
    return environment_error(cat("cannot ", doing, path.empty() ? "" : " ", path, ": ", reason));
}

int exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Usage:
        case ErrorKind::Project: return 2;
        case ErrorKind::Step: return 1;
        case ErrorKind::Environment: return 3;
        case ErrorKind::Cancelled: return 130;
        case ErrorKind::Bug: return 70;
    }
    return 70;
}

std::string render(const Error& error) {
    using error_detail::line;
    std::string out;
    const bool is_bug = error.kind == ErrorKind::Bug;
    line(out, is_bug ? "error: internal error: " : "error: ", error.message, "  ");
    if (!error.where.file.empty()) line(out, "  --> ", error_detail::place_text(error.where), "      ");
    for (const std::string& reason : error.because) line(out, "  because: ", reason, "    ");
    for (const std::string& text : split_lines(error.output)) {
        line(out, text.empty() ? "" : "  ", text, "");
    }
    if (!error.command.empty()) line(out, "  run it by hand: ", error.command, "    ");
    if (!error.hint.empty()) {
        line(out, "  hint: ", error.hint, "    ");
    } else if (is_bug) {
        line(out, "  hint: ", "this is a bug in Cermet, not in your project; please report it", "");
    }
    return out;
}

void abort_bug(std::string_view what) {
    const std::string text = render(bug(std::string(what)));
    std::fflush(nullptr);
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
    std::_Exit(exit_code(ErrorKind::Bug));  // no destructors: the state is not to be trusted
}

}  // namespace cermet
