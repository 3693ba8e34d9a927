// Console: a build's progress on stderr: one redrawn line on a terminal, else plain lines.
// SPDX-License-Identifier: MIT
//
//     [12/340] 0:07 rustc serde 1.0.219, cython rank +3
//
// On a terminal this line is redrawn at most ten times a second; elsewhere there is one line per
// step that ran, and a sign of life every 30 s. Warnings of steps are printed when the step ends
// (for remembered steps too). The output of a FAILED step is not: it is part of its Error, which
// the command prints once at the end; the console only names the step. Knows no wheels and no exit
// codes. Starts its one thread at BuildStarted (never before: namespaces are entered while there is
// only one) and joins it at BuildFinished or when destroyed. Thread-safe.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/events.h"
#include "report/shown_text.h"

namespace cermet::report {

enum class Verbosity { Quiet, Normal, Verbose, Commands };  // Commands: with every command line

// Where the console writes; tests keep the text.
class ConsoleOutput {
   public:
    ConsoleOutput() = default;
    ConsoleOutput(const ConsoleOutput&) = delete;
    ConsoleOutput& operator=(const ConsoleOutput&) = delete;
    virtual ~ConsoleOutput() = default;
    virtual void write(std::string_view text) = 0;  // in one piece
    virtual int columns() = 0;
};

struct ConsoleSettings {
    Verbosity verbosity = Verbosity::Normal;
    bool redraw = false;  // a terminal that can: the progress line
    bool colour = false;
    std::vector<ShownPath> paths;
    ConsoleOutput* output = nullptr;     // nullptr: stderr
    std::int64_t (*now_us)() = nullptr;  // nullptr: monotonic_us
};

// redraw and colour as stderr, CI, TERM, NO_COLOR and FORCE_COLOR want them.
ConsoleSettings console_settings_of_environment();

class Console : public engine::EventSink {
   public:
    explicit Console(ConsoleSettings settings);
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    ~Console() override;
    void on(const engine::Event& event) override;
    // From now on these directories are shown as the user calls them.
    void show(std::vector<ShownPath> paths);
    // Prints a text above the progress line; ends it with a newline where it has none.
    void print(std::string_view text);
    // What the thread does ten times a second; public for tests.
    void tick();

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cermet::report
