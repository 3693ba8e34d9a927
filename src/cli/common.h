// What commands share: settings from arguments, the listeners of a build, remembered requests, printing of errors.
// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "cli/arguments.h"
#include "cli/kept_words.h"
#include "cli/session.h"
#include "report/console.h"
#include "report/trace.h"
#include "report/why.h"

namespace cermet::cli {

inline constexpr const char* k_version = "0.1.0";

// Console, trace and reasons of one command; writes the trace file at the end.
class Listeners {
   public:
    explicit Listeners(const Arguments& arguments);
    ~Listeners();
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;
    engine::EventSink* sink() { return &fan_; }
    report::Console& console() { return console_; }
    report::Why& why() { return why_; }
    const KeptWords& kept() const { return kept_; }

   private:
    std::string trace_file_;
    report::Console console_;
    report::Trace trace_;
    report::Why why_;
    KeptWords kept_;
    engine::EventFan fan_;
};

// The settings of a session for this command line; Usage and Environment errors for what cannot be.
enum class NeedPython { No, Yes };
Result<SessionSettings> settings_of(const Arguments& arguments, Listeners& listeners,
                                    NeedPython python = NeedPython::Yes);
// The interpreter: --python, else the active virtual environment's, else python3 on PATH; "" when there is none.
Result<std::string> choose_python(const std::string& wanted);

// Opens a session and its store: what commands do that have no remembered answer to look for first.
Result<std::unique_ptr<Session>> start_session(const SessionSettings& settings);

// An error in the user's terms: each canonical path of its texts is the one he knows. The only place where this is done.
Error for_people(const exec::Executor& executor, Error error);

// Prints errors once, at the top; gives the exit code.
int print_error(const Error& error);
int print_failures(const Session& session, const Error& error);
int print_checked(Session& session);       // after --check: 1 and what differed, else 0
void print_line(const std::string& text);  // stdout

// --- remembered requests: the null build ---
// A request is known by its command, everything of the command line that can change the answer, and this program's bytes:
// another Cermet of the same version may build the same request otherwise.
std::string request_key(Session& session, const std::string& command);
struct Remembered {
    bool holds = false;
    Json answer;
    std::string difference;
};
Remembered find_remembered(Session& session, const std::string& key);  // nothing where steps are to be checked

}  // namespace cermet::cli
