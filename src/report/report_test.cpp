// Report: the console's bytes on a terminal and in a file, the trace's JSON, the reasons' text.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <thread>

#include "base/json.h"
#include "base/text.h"
#include "report/console.h"
#include "report/trace.h"
#include "report/why.h"

namespace cermet::report {
using namespace cermet::engine;

namespace {

class Kept : public ConsoleOutput {
   public:
    std::string text;
    int width = 80;
    void write(std::string_view part) override { text += part; }
    int columns() override { return width; }
    std::string take() {
        std::string out;
        out.swap(text);
        return out;
    }
};

std::int64_t now_us_value = 0;
std::int64_t now_us() { return now_us_value; }

ConsoleSettings settings(Kept& kept, bool redraw, Verbosity verbosity = Verbosity::Normal) {
    now_us_value = 1000000;
    ConsoleSettings out;
    out.output = &kept;
    out.redraw = redraw;
    out.verbosity = verbosity;
    out.now_us = &now_us;
    out.paths = {{"/cermet/ws", "."}};
    return out;
}

StepFinished finished(const std::string& label, Outcome outcome, std::string diagnostics = {}) {
    StepFinished out;
    out.label = label;
    out.description = "cc " + label;
    out.outcome = outcome;
    out.slot = outcome == Outcome::Hit ? -1 : 0;
    out.time_us = 3500000;
    out.duration_us = 1250000;
    out.diagnostics = std::move(diagnostics);
    out.why = "input a.c changed";
    return out;
}

}  // namespace

TEST_CASE("report: paths are shown as the user calls them") {
    const std::vector<ShownPath> paths = {
        {"/cermet/ws", "."}, {"/cermet/ws/sub", "/else"}, {"/cermet/ext/0", "../lib"}};
    CHECK(show_paths("/cermet/ws/src/a.c:3: error", paths) == "src/a.c:3: error");
    CHECK(show_paths("-I/cermet/ws -I/cermet/ext/0/inc", paths) == "-I. -I../lib/inc");
    CHECK(show_paths("/cermet/ws/sub/x '/cermet/wsx' /home/cermet/ws/a", paths) ==
          "/else/x '/cermet/wsx' /home/cermet/ws/a");
    CHECK(show_paths("(/cermet/ws/)", paths) == "(./)");
    CHECK(strip_ansi("\x1b[1;31mred\x1b[0m \x1b]8;;x\x1b\\l") == "red l");
    CHECK(clip("äöüß", 4) == "äöüß");
    CHECK(clip("äöüßx", 4) == "äöü…");
    CHECK(clock_text(7200000) == "0:07");
    CHECK(clock_text(3723000000) == "1:02:03");
    CHECK(seconds_text(30000) == "0.03s");
    CHECK(seconds_text(1250000) == "1.2s");
}

TEST_CASE("report: plain lines where there is no terminal") {
    Kept kept;
    Console console(settings(kept, false));
    console.on(BuildStarted{"wheel", 1000000});
    console.on(StepQueued{"a", "cc a"});
    console.on(StepQueued{"b", "cc b"});
    console.on(StepQueued{"c", "cc c"});
    console.on(StepStarted{"a", "cc a", 0, 1000000});
    console.on(finished("b", Outcome::Hit));
    CHECK(kept.take() == "");
    console.on(finished("a", Outcome::Ran, "/cermet/ws/a.c:1: \x1b[1mwarning\x1b[0m: x"));
    CHECK(kept.take() == "[2/3] cc a (1.2s)\na.c:1: warning: x\n");
    console.on(finished("c", Outcome::Failed, "/cermet/ws/c.c:1: error"));
    CHECK(kept.take() == "[3/3] failed cc c\n");
    console.on(Notice{"left out x.so"});
    CHECK(kept.take() == "note: left out x.so\n");
    BuildFinished end;
    end.counts = {1, 1, 0, 1};
    end.wall_us = 2500000;
    console.on(end);
    CHECK(kept.take() == "2 ran, 1 remembered, 1 failed in 2.5s\n");
}

TEST_CASE("report: warnings of one text are printed once, null builds say so, signs of life") {
    Kept kept;
    Console console(settings(kept, false));
    console.on(BuildStarted{"", 1000000});
    console.on(finished("a", Outcome::Hit, "w\n"));
    console.on(finished("b", Outcome::Hit, "w\n"));
    CHECK(kept.take() == "w\n");
    console.on(StepStarted{"c", "cc c", 0, 1000000});
    now_us_value = 32000000;
    console.tick();
    console.tick();
    CHECK(kept.take() == "[2/3] still running after 0:31: cc c\n");
    BuildFinished end;
    end.ok = true;
    end.counts.hits = 340;
    end.wall_us = 30000;
    console.on(end);
    CHECK(kept.take() == "up to date (340 steps, 0.03s)\n");
}

TEST_CASE("report: one line, redrawn at most ten times a second") {
    Kept kept;
    kept.width = 42;
    Console console(settings(kept, true));
    console.on(BuildStarted{"", 1000000});
    kept.take();
    now_us_value = 8000000;
    console.on(StepStarted{"a", "rustc serde 1.0", 0, 8000000});
    CHECK(kept.take() == "\r[0/1] 0:07 rustc serde 1.0\x1b[K");
    console.on(StepStarted{"b", "cython rank", 1, 8000000});
    console.on(StepStarted{"c", "cc c", 1, 8000000});
    console.tick();
    CHECK(kept.take() == "");  // too early
    now_us_value += 100000;
    console.tick();
    CHECK(kept.take() == "\r[0/3] 0:07 rustc serde 1.0 +2\x1b[K");
    console.on(finished("c", Outcome::Ran));
    CHECK(kept.take() == "");
    console.on(finished("b", Outcome::Ran, "warn\n"));
    CHECK(kept.take() == "\r\x1b[Kcc b:\nwarn\n\r[2/3] 0:07 rustc serde 1.0\x1b[K");
    console.print("hello");
    CHECK(kept.take() == "\r\x1b[Khello\n\r[2/3] 0:07 rustc serde 1.0\x1b[K");
    BuildFinished end;
    end.ok = true;
    end.counts = {2, 0, 1, 0};
    end.wall_us = 61000000;
    console.on(end);
    CHECK(kept.take() == "\r\x1b[K3 ran (1 without a difference), 0 remembered in 61s\n");
}

TEST_CASE("report: quiet says only what failed, verbose says why") {
    Kept kept;
    {
        Console console(settings(kept, false, Verbosity::Quiet));
        console.on(BuildStarted{"", 1000000});
        console.on(finished("a", Outcome::Ran, "w"));
        console.on(finished("b", Outcome::Failed, "e"));
        console.on(BuildFinished{});
        CHECK(kept.take() == "[2/2] failed cc b\n");
    }
    Console console(settings(kept, false, Verbosity::Verbose));
    console.on(BuildStarted{"", 1000000});
    console.on(finished("a", Outcome::CutOff));
    console.on(finished("b", Outcome::Hit));
    CHECK(kept.take() == "[1/1] cc a (1.2s) cut-off: input a.c changed\n[2/2] cc b hit: input a.c changed\n");
}

TEST_CASE("report: events may come from any thread") {
    Kept kept;
    ConsoleSettings real = settings(kept, true);
    real.now_us = nullptr;  // the real clock: with the ticking thread
    {
        Console console(real);
        Trace trace;
        EventFan fan({&console, &trace});
        fan.on(BuildStarted{});
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&fan, t] {
                for (int i = 0; i < 200; ++i) {
                    const std::string label = cat(t, "-", i);
                    fan.on(StepStarted{label, label, t, 0});
                    fan.on(finished(label, Outcome::Ran));
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        fan.on(BuildFinished{});
        fan.on(BuildStarted{});  // a second build on the same console
        CHECK(parse_json(trace.json(), "trace")->array().size() == 802);
    }
    CHECK(contains(kept.text, "0 ran, 0 remembered in 0.00s"));
}

TEST_CASE("report: the trace is an array of complete events") {
    Trace trace;
    CHECK(parse_json(trace.json(), "trace").ok());
    trace.on(BuildStarted{"", 2000000});
    trace.on(finished("a", Outcome::Ran));
    StepFinished odd = finished("b", Outcome::Hit);
    odd.description = "\xff\"";
    trace.on(odd);
    Result<Json> parsed = parse_json(trace.json(), "trace");
    REQUIRE(parsed.ok());
    REQUIRE(parsed->array().size() == 4);
    const Json& step = parsed->array()[1];
    CHECK(step["ph"] == Json("X"));
    CHECK(step["ts"] == Json(250000));
    CHECK(step["dur"] == Json(1250000));
    CHECK(step["tid"] == Json(0));
    CHECK(step["args"]["why"] == Json("input a.c changed"));
    CHECK(step["args"]["cached"] == Json(false));
    CHECK(parsed->array()[3]["args"]["cached"] == Json(true));
}

TEST_CASE("report: the reasons as text and JSON") {
    Why why;
    why.on(finished("b", Outcome::Hit));
    why.on(finished("a", Outcome::CutOff));
    CHECK(why.text() ==
          "cut-off   cc a\n          input a.c changed\nhit       cc b\n          input a.c "
          "changed\n");
    CHECK(why.text("cc b") == "hit       cc b\n          input a.c changed\n");
    CHECK(why.json("a")["steps"].array().size() == 1);
    CHECK(why.json()["version"] == Json(1));
}

}  // namespace cermet::report
