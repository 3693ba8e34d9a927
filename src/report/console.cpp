// Console: keeps what runs, draws the line, prints what must stay.
// SPDX-License-Identifier: MIT
#include "report/console.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::report {

namespace console_detail {

constexpr std::int64_t k_redraw_us = 100000;
constexpr std::int64_t k_sign_of_life_us = 30000000;

class StderrOutput : public ConsoleOutput {
   public:
    void write(std::string_view text) override {
        std::fwrite(text.data(), 1, text.size(), stderr);  // unbuffered: one write
        std::fflush(stderr);
    }
    int columns() override { return platform::terminal_columns(); }
};

struct Running {
    std::string label;
    std::string description;
    std::int64_t since_us = 0;
};

bool said(const char* name) {
    const std::optional<std::string> value = platform::environment(name);
    return value && !value->empty();
}

}  // namespace console_detail

struct Console::State {
    explicit State(ConsoleSettings s) : settings(std::move(s)) {
        if (settings.output == nullptr) settings.output = &stderr_output;
        if (settings.now_us == nullptr) settings.now_us = &monotonic_us;
    }

    ConsoleSettings settings;
    console_detail::StderrOutput stderr_output;
    std::mutex mutex;  // guards all below
    std::condition_variable wake;
    std::thread ticker;
    bool stop = false;
    bool active = false;
    std::int64_t started_us = 0;
    std::int64_t drawn_us = -console_detail::k_redraw_us;
    std::int64_t printed_us = 0;
    std::int64_t total = 0;
    std::int64_t done = 0;
    std::vector<console_detail::Running> running;  // oldest first
    std::set<std::string> queued;                  // labels counted in `total` and not done
    std::set<std::string> warned;                  // diagnostics printed once
    std::string drawn;                             // the line on the screen

    std::string coloured(const char* code, std::string_view text) const {
        return settings.colour ? cat("\x1b[", code, "m", text, "\x1b[0m") : std::string(text);
    }

    std::string counts() const { return cat("[", done, "/", total, "]"); }

    std::string progress(std::int64_t now) const {
        std::string line = cat(counts(), " ", clock_text(now - started_us), " ");
        const int room = std::max(20, settings.output->columns() - 1);
        for (std::size_t i = 0; i < running.size(); ++i) {
            const std::string next = cat(i > 0 ? ", " : "", one_line(running[i].description));
            const int left = room - static_cast<int>(line.size());
            if (i > 0 && static_cast<int>(next.size()) + 5 > left) {
                line += cat(" +", running.size() - i);
                break;
            }
            line += next;
        }
        return clip(line, room);
    }

    void draw(std::int64_t now) {
        if (!settings.redraw || !active || settings.verbosity == Verbosity::Quiet) return;
        const std::string line = progress(now);
        drawn_us = now;
        if (line == drawn) return;
        drawn = line;
        settings.output->write(cat("\r", coloured("2", line), "\x1b[K"));
    }

    void draw_if_due() {
        const std::int64_t now = settings.now_us();
        if (now - drawn_us >= console_detail::k_redraw_us) draw(now);
    }

    void erase_line(std::string& out) {
        if (!drawn.empty()) out += "\r\x1b[K";
        drawn.clear();
    }

    // The text and, below it, the progress line again, in one write.
    void print(std::string_view text) {
        if (text.empty()) return;
        std::string out;
        const bool again = !drawn.empty();
        erase_line(out);
        out += text;
        if (text.back() != '\n') out += '\n';
        settings.output->write(out);
        printed_us = settings.now_us();
        if (again) draw(printed_us);
    }

    std::string shown(std::string_view text) const {
        return show_paths(settings.colour ? std::string(text) : strip_ansi(text), settings.paths);
    }

    void start(const engine::BuildStarted& event) {
        active = true;
        started_us = event.time_us != 0 ? event.time_us : settings.now_us();
        printed_us = started_us;
        total = done = 0;
        running.clear();
        queued.clear();
    }

    void queue(const engine::StepQueued& event) {
        if (queued.insert(event.label).second) ++total;
    }

    void begin(const engine::StepStarted& event) {
        queue({event.label, event.description});
        running.push_back({event.label, event.description, event.time_us});
        if (settings.verbosity >= Verbosity::Verbose && !settings.redraw)
            print(cat(counts(), " start ", one_line(event.description)));
    }

    void advance(const engine::StepProgress& event) {
        for (console_detail::Running& step : running) {
            if (step.label == event.label) step.description = event.description;
        }
    }

    void finish(const engine::StepFinished& event) {
        queue({event.label, event.description});
        queued.erase(event.label);
        ++done;
        running.erase(
            std::remove_if(running.begin(), running.end(),
                           [&event](const console_detail::Running& step) { return step.label == event.label; }),
            running.end());
        std::string text;
        const bool ran = event.outcome != engine::Outcome::Hit && event.outcome != engine::Outcome::Cancelled;
        const bool verbose = settings.verbosity >= Verbosity::Verbose;
        if (event.outcome == engine::Outcome::Failed) {
            text = cat(counts(), " ", coloured("31", "failed"), " ", one_line(event.description), "\n");
        } else if (settings.verbosity != Verbosity::Quiet && (verbose || (ran && !settings.redraw))) {
            text = cat(counts(), " ", one_line(event.description));
            if (ran) text += cat(" (", seconds_text(event.duration_us), ")");
            if (event.outcome != engine::Outcome::Ran) text += cat(" ", engine::outcome_name(event.outcome));
            if (verbose && !event.why.empty()) text += cat(": ", one_line(event.why));
            text += "\n";
        }
        if (settings.verbosity == Verbosity::Commands && !event.command.empty()) text += cat("  ", event.command, "\n");
        print(cat(text, diagnostics(event)));
    }

    // Warnings, once each; a failed step's output belongs to its Error.
    std::string diagnostics(const engine::StepFinished& event) {
        if (event.diagnostics.empty() || event.outcome == engine::Outcome::Failed) return {};
        if (settings.verbosity == Verbosity::Quiet || !warned.insert(event.diagnostics).second) return {};
        std::string text = shown(event.diagnostics);
        if (!text.empty() && text.back() != '\n') text += '\n';
        if (settings.redraw) text = cat(coloured("1", one_line(event.description)), ":\n", text);
        return text;
    }

    void end(const engine::BuildFinished& event) {
        std::string out;
        erase_line(out);
        if (!out.empty()) settings.output->write(out);
        active = false;
        if (settings.verbosity == Verbosity::Quiet) return;
        const engine::BuildCounts& n = event.counts;
        const std::string wall = seconds_text(event.wall_us);
        const std::int64_t run = n.ran + n.cut_off + n.failed;
        if (event.ok && run == 0 && n.hits == 0) return;  // a question without steps is no news
        if (event.ok && run == 0) {
            print(cat("up to date (", n.hits, n.hits == 1 ? " step, " : " steps, ", wall, ")\n"));
            return;
        }
        std::string text = cat(run, " ran");
        if (n.cut_off > 0) text += cat(" (", n.cut_off, " without a difference)");
        text += cat(", ", n.hits, " remembered");
        if (n.failed > 0) text += cat(", ", coloured("31", cat(n.failed, " failed")));
        print(cat(text, " in ", wall, "\n"));
    }
};

ConsoleSettings console_settings_of_environment() {
    using console_detail::said;
    ConsoleSettings settings;
    const bool terminal = platform::stderr_is_terminal();
    const bool dumb = platform::environment("TERM").value_or("") == "dumb";
    settings.redraw = terminal && !dumb && !said("CI");
    settings.colour = terminal && !dumb;
    if (said("FORCE_COLOR")) settings.colour = platform::environment("FORCE_COLOR") != "0";
    if (said("NO_COLOR")) settings.colour = false;
    return settings;
}

Console::Console(ConsoleSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}

Console::~Console() {
    {
        const std::lock_guard<std::mutex> lock(state_->mutex);
        state_->stop = true;
        std::string out;
        state_->erase_line(out);
        if (!out.empty()) state_->settings.output->write(out);
    }
    state_->wake.notify_all();
    if (state_->ticker.joinable()) state_->ticker.join();
}

void Console::show(std::vector<ShownPath> paths) {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->settings.paths = std::move(paths);
}

void Console::print(std::string_view text) {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->print(text);
}

void Console::tick() {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    State& state = *state_;
    if (!state.active) return;
    state.draw_if_due();
    const std::int64_t now = state.settings.now_us();
    if (state.settings.redraw || state.settings.verbosity == Verbosity::Quiet || state.running.empty() ||
        now - state.printed_us < console_detail::k_sign_of_life_us) {
        return;
    }
    const console_detail::Running& oldest = state.running.front();
    state.print(cat(state.counts(), " still running after ", clock_text(now - state.started_us), ": ",
                    one_line(oldest.description),
                    state.running.size() > 1 ? cat(" +", state.running.size() - 1) : std::string()));
}

void Console::on(const engine::Event& event) {
    State& state = *state_;
    std::thread finished;
    {
        const std::lock_guard<std::mutex> lock(state.mutex);
        if (const auto* started = std::get_if<engine::BuildStarted>(&event)) {
            state.start(*started);
            // Tests bring their own clock and tick themselves.
            if (!state.ticker.joinable() && state.settings.now_us == &monotonic_us) {
                state.stop = false;
                state.ticker = std::thread([this] {
                    std::unique_lock<std::mutex> wait(state_->mutex);
                    while (!state_->stop) {
                        state_->wake.wait_for(wait, std::chrono::milliseconds(100));
                        if (state_->stop) break;
                        wait.unlock();
                        tick();
                        wait.lock();
                    }
                });
            }
        } else if (const auto* queued = std::get_if<engine::StepQueued>(&event)) {
            state.queue(*queued);
        } else if (const auto* begun = std::get_if<engine::StepStarted>(&event)) {
            state.begin(*begun);
        } else if (const auto* further = std::get_if<engine::StepProgress>(&event)) {
            state.advance(*further);
        } else if (const auto* done = std::get_if<engine::StepFinished>(&event)) {
            state.finish(*done);
        } else if (const auto* notice = std::get_if<engine::Notice>(&event)) {
            if (state.settings.verbosity >= (notice->detail ? Verbosity::Verbose : Verbosity::Normal))
                state.print(cat(notice->warning ? state.coloured("33", "warning") : state.coloured("36", "note"), ": ",
                                state.shown(notice->text)));
        } else if (const auto* ended = std::get_if<engine::BuildFinished>(&event)) {
            state.end(*ended);
            state.stop = true;
            finished = std::move(state.ticker);
        }
        if (state.active) state.draw_if_due();
    }
    state.wake.notify_all();
    if (finished.joinable()) finished.join();
}

}  // namespace cermet::report
