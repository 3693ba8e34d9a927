// Stories of the executor with a real compiler, in both modes.
// SPDX-License-Identifier: MIT
#include "exec/executor.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "engine/graph.h"
#include "exec/environment.h"
#include "exec/queries.h"
#include "exec/sandbox.h"
#include "platform/os.h"

namespace cermet::exec {

namespace {

// A key of the test: runs one action and answers with its outcome.
class CompileTest {
   public:
    using Value = Outcome;
    static constexpr std::string_view k_name = "compile-test";
    CompileTest(Action action, std::string source) : action_(std::move(action)), source_(std::move(source)) {}
    std::string text() const { return action_.label; }
    const Action& action() const { return action_; }
    const std::string& source() const { return source_; }

   private:
    Action action_;
    std::string source_;
};

engine::Task<Outcome> run(engine::Build build, CompileTest key) {
    Action action = key.action();
    if (!key.source().empty()) {
        Digest digest = co_await build.get(FileDigest(key.source()));
        action.inputs.push_back(Input(key.source(), digest));
    }
    Outcome outcome = co_await build.get(Run(action));
    co_return outcome;
}

// A key of the test: a step that asks, and the rule that answers: "what" -> the digest of the file /cermet/ws/what.
class TalkTest {
   public:
    using Value = Outcome;
    static constexpr std::string_view k_name = "talk-test";
    explicit TalkTest(Action action) : action_(std::make_shared<const Action>(std::move(action))) {}
    std::string text() const { return action_->label; }
    const std::shared_ptr<const Action>& action() const { return action_; }

   private:
    std::shared_ptr<const Action> action_;
};

class SlowTest {  // something else that the answer needs: another step
   public:
    using Value = Outcome;
    static constexpr std::string_view k_name = "slow-test";
    explicit SlowTest(std::string word) : word_(std::move(word)) {}
    std::string text() const { return word_; }

   private:
    std::string word_;
};

engine::Task<Outcome> run(engine::Build build, SlowTest key) {
    Action action;
    action.label = "answer-" + key.text() + "-33333333";
    action.description = action.label;
    action.cwd = action.directory();
    action.argv = {"/bin/cat", "/cermet/ws/" + key.text()};
    const std::string file = "/cermet/ws/" + key.text();
    Digest digest = co_await build.get(FileDigest(file));
    action.inputs.push_back(Input(file, digest));
    Outcome outcome = co_await build.get(Run(action));
    co_return outcome;
}

engine::Task<Outcome> run(engine::Build build, TalkTest key) {
    std::shared_ptr<const Action> action = key.action();
    engine::Ticket<Said> ticket = build.ticket<Said>();
    Listening talk = build.service<Executor>().converse(action, ticket.sender());
    Result<Said> said = co_await build.attempt_answer(ticket);
    while (said.ok() && said->question) {
        Result<Json> question = parse_json(*said->question, "a question");
        std::string word = question.ok() ? (*question)["want"].string() : std::string();
        Result<Outcome> needed = co_await build.attempt(SlowTest(word));
        Result<std::string> answer = needed.ok() ? Result<std::string>(Json(needed->stdout_digest.hex()).dump())
                                                 : Result<std::string>(needed.error());
        engine::Ticket<Said> next = build.ticket<Said>();
        talk->answer(answer, next.sender());
        Result<Said> more = co_await build.attempt_answer(next);
        said = std::move(more);
    }
    if (!said.ok()) co_return said.error();
    co_return said->outcome;
}

struct Recorder : engine::EventSink {
    void on(const engine::Event& event) override {
        std::lock_guard lock(mutex);
        if (const auto* finished = std::get_if<engine::StepFinished>(&event)) steps.push_back(*finished);
        if (const auto* notice = std::get_if<engine::Notice>(&event)) notices.push_back(notice->text);
    }
    std::mutex mutex;
    std::vector<engine::StepFinished> steps;
    std::vector<std::string> notices;
};

void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }  // let the file clock tick

struct Room {
    std::string top;
    std::string checkout;
    std::unique_ptr<store::Store> store;
    Recorder events;
    ExecutorCounts counts;
    std::vector<std::string> why;
    std::map<std::string, std::string> user = {{"PATH", "/usr/bin:/bin"}};
    RootMode mode = RootMode::Plain;
    Workers workers = Workers::Yes;
    int check = 0;
    Strict strict = Strict::No;

    explicit Room(const std::string& sub = "") {
        char pattern[] = "/tmp/cermet-exec-XXXXXX";
        top = ::mkdtemp(pattern);
        checkout = top + "/checkout" + sub;
        REQUIRE(platform::make_directories(checkout).ok());
        open();
    }
    void open() {
        auto opened = store::Store::open(top + "/cache");
        REQUIRE(opened.ok());
        store = std::move(*opened);
    }
    ~Room() {
        store.reset();
        (void)platform::remove_tree(top);
    }
    std::string root() const { return store->root_directory(checkout); }
    void write(const std::string& path, const std::string& text) {
        REQUIRE(platform::make_directories(std::string(parent(join_path(checkout, path)))).ok());
        REQUIRE(platform::write_file(join_path(checkout, path), text).ok());
        settle();
    }

    // One command: a fresh graph and executor, as a new process would have.
    template <class K>
    Result<typename K::Value> build(const K& key, int jobs = 2, const std::string& save = "") {
        Places places;
        places.mode = mode;
        auto binds = lay_places(*store, root(), checkout);
        REQUIRE(binds.ok());
        for (auto& [canonical, real] : *binds) places.add(canonical, real);
        ExecutorOptions options;
        options.jobs = jobs;
        options.root = root();
        options.checkout = checkout;
        options.user_directory = checkout;
        options.user = user;
        options.workers = workers;
        options.check = check;
        options.strict = strict;
        events.steps.clear();
        events.notices.clear();
        Executor executor(*store, places, options, &events);
        engine::Graph graph;
        graph.provide(&executor);
        auto value = graph.run(key);
        executor.finish(Drain::Finish);
        counts = executor.counts();
        why.clear();
        for (const auto& step : events.steps) why.push_back(step.why);
        if (!save.empty() && value.ok()) CHECK(executor.save_request(save, "answer").ok());
        REQUIRE(store->flush().ok());
        return value;
    }
};

Action compile(const std::string& source, const std::string& name = "a") {
    Action action;
    action.label = "cc-" + name + "-11111111";
    action.description = "compile " + source;
    action.project_file = source;
    action.cwd = std::string(k_ws);
    action.argv = {"/usr/bin/gcc",
                   "-c",
                   "-g",
                   "-Wall",
                   "-I/cermet/ws/first",
                   "-I/cermet/ws/include",
                   "-ffile-prefix-map=/cermet/ws=" + keep(k_ws),
                   "-ffile-prefix-map=/cermet/out=" + keep(k_out),
                   "-MD",
                   "-MF",
                   action.directory() + "/a.d",
                   "-o",
                   action.directory() + "/a.o",
                   source};
    action.outputs = {Output("a.o")};
    action.discovery = Discovery::Depfile;
    action.discovery_file = "a.d";
    action.include_order = {"/cermet/ws/first", "/cermet/ws/include", "/usr/include/x86_64-linux-gnu", "/usr/include"};
    return action;
}

Action shell(const std::string& name, const std::string& script, std::vector<Output> outputs = {}) {
    Action action;
    action.label = name + "-22222222";
    action.description = name;
    action.cwd = action.directory();
    action.argv = {"/bin/sh", "-c", script};
    action.outputs = std::move(outputs);
    return action;
}

bool has_gcc() { return platform::is_file("/usr/bin/gcc"); }

}  // namespace

TEST_CASE("executor: of the offered files only those that were read count") {
    if (!has_gcc()) return;
    Room room;
    room.write("a.c", "#include \"read.h\"\nint f(void) { return READ; }\n");
    auto build = [&](const std::string& read, const std::string& other) {
        room.write("include/read.h", read);
        room.write("include/other.h", other);
        Action action = compile("/cermet/ws/a.c");
        action.inputs.emplace_back("/cermet/ws/include/read.h", digest_of(read), InputKind::Offered);
        action.inputs.emplace_back("/cermet/ws/include/other.h", digest_of(other), InputKind::Offered);
        return room.build(Run(action));
    };
    auto first = build("#define READ 1\n", "1");
    REQUIRE(first.ok());
    CHECK(room.counts.started == 1);
    REQUIRE(build("#define READ 1\n", "2").ok());
    CHECK(room.counts.started == 0);
    auto changed = build("#define READ 2\n", "2");
    REQUIRE(changed.ok());
    CHECK(room.counts.started == 1);
    CHECK(room.why == std::vector<std::string>{"file include/read.h changed"});
    CHECK(!(changed->files == first->files));
    REQUIRE(build("#define READ 1\n", "3").ok());
    CHECK(room.counts.started == 0);
}

TEST_CASE("executor: a compile is remembered, its headers are leaves, shadowing headers are noticed") {
    if (!has_gcc()) return;
    Room room;
    room.write("include/b.h", "#define B 1\n");
    room.write("first/.keep", "");
    room.write("a.c", "#include <stdio.h>\n#include \"b.h\"\nint f(void) { return B; }\n");
    CompileTest key(compile("/cermet/ws/a.c"), "/cermet/ws/a.c");
    auto first = room.build(key);
    if (!first.ok()) MESSAGE(render(first.error()));
    REQUIRE(first.ok());
    CHECK(room.counts.started == 1);
    REQUIRE(first->files.size() == 1);
    CHECK(first->files[0].path == "a.o");
    CHECK(room.why == std::vector<std::string>{"it never ran before"});

    auto again = room.build(key);
    REQUIRE(again.ok());
    CHECK(room.counts.started == 0);
    CHECK(room.counts.hits == 1);
    CHECK(*again == *first);

    room.write("include/b.h", "#define B 1 // comment\n");
    auto commented = room.build(key);
    REQUIRE(commented.ok());
    CHECK(room.counts.started == 1);
    REQUIRE(room.why.size() == 1);
    CHECK(room.why[0] == "file include/b.h changed");

    room.write("include/b.h", "#define B 1\n");  // back: the old trace holds again
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 0);

    room.write("first/b.h", "#define B 2\n");  // found before include/b.h
    auto shadowed = room.build(key);
    REQUIRE(shadowed.ok());
    CHECK(room.counts.started == 1);
    CHECK(!(shadowed->files == first->files));
    CHECK(contains(room.why[0], "appeared"));

    REQUIRE(platform::remove_file(room.checkout + "/first/b.h").ok());
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 0);
    room.write("b.h", "#define B 3\n");  // beside the includer
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 1);
}

TEST_CASE("executor: lost and damaged files are repaired") {
    if (!has_gcc()) return;
    Room room;
    room.write("a.c", "int f(void) { return 1; }\n");
    CompileTest key(compile("/cermet/ws/a.c"), "/cermet/ws/a.c");
    auto first = room.build(key);
    REQUIRE(first.ok());
    const std::string object = room.root() + "/out/cc-a-11111111/a.o";
    REQUIRE(platform::is_file(object));
    REQUIRE(platform::remove_file(object).ok());  // the store has it still
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 0);
    CHECK(platform::is_file(object));
    // Written through: the blob is damaged too.
    REQUIRE(platform::set_mode(object, 0644).ok());
    REQUIRE(platform::write_file(object, "rubbish").ok());
    settle();
    auto repaired = room.build(key);
    REQUIRE(repaired.ok());
    CHECK(*repaired == *first);
    CHECK(room.counts.repaired == 1);
    CHECK(platform::read_file(object).value_or("") != "rubbish");
    // The mark of another action is no mark.
    REQUIRE(platform::write_file(room.root() + "/out/cc-a-11111111.ok", "x").ok());
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 0);
}

TEST_CASE("executor: failures tell the tool's words, the file and the command, and are not remembered") {
    if (!has_gcc()) return;
    Room room;
    room.write("a.c", "int f(void) { return nothing; }\n");
    CompileTest key(compile("/cermet/ws/a.c"), "/cermet/ws/a.c");
    auto failed = room.build(key);
    REQUIRE(!failed.ok());
    CHECK(failed.error().kind == ErrorKind::Step);
    CHECK(failed.error().where.file == "a.c");
    CHECK(contains(failed.error().output, "nothing"));
    CHECK(!contains(failed.error().output, "/cermet/"));
    CHECK(contains(failed.error().command, "/usr/bin/gcc"));
    // The command works by hand and fails in the same way.
    CHECK(std::system((failed.error().command + " 2>/dev/null").c_str()) != 0);
    REQUIRE(!room.build(key).ok());
    CHECK(room.counts.started == 1);
    room.write("a.c", "int f(void) { int unused; return 1; }\n");
    REQUIRE(room.build(key).ok());
    CHECK(contains(room.events.steps.at(0).diagnostics, "unused"));
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 0);
    CHECK(contains(room.events.steps.at(0).diagnostics, "unused"));  // the warning is kept
}

TEST_CASE("executor: outputs that miss, crashes, floods, kills and background processes") {
    Room room;
    auto missing = room.build(Run(shell("missing", "true", {Output("x")})));
    REQUIRE(!missing.ok());
    CHECK(contains(missing.error().message, "did not write x"));
    auto crash = room.build(Run(shell("crash", "kill -SEGV $$")));
    REQUIRE(!crash.ok());
    CHECK(contains(crash.error().message, "signal 11"));
    auto flood =
        room.build(Run(shell("flood", "yes 1234567890123456 | head -c 20000000 >&2; echo ok > x", {Output("x")})));
    REQUIRE(flood.ok());
    auto background = room.build(Run(shell("background", "sleep 1000 & echo $! > pid", {Output("pid")})));
    REQUIRE(background.ok());
    auto pid = platform::read_file(room.root() + "/out/background-22222222/pid");
    REQUIRE(pid.ok());
    CHECK(::kill(static_cast<pid_t>(std::atoi(pid->c_str())), 0) != 0);
    if (platform::is_file("/usr/bin/setsid")) {  // left its group: found as an orphan of ours
        auto escaped = room.build(
            Run(shell("escaped", "setsid sh -c 'echo $$ > pid; exec sleep 1000' & sleep 0.3", {Output("pid")})));
        REQUIRE(escaped.ok());
        auto escapee = platform::read_file(room.root() + "/out/escaped-22222222/pid");
        REQUIRE(escapee.ok());
        CHECK(::kill(static_cast<pid_t>(std::atoi(escapee->c_str())), 0) != 0);
    }
    auto half = room.build(Run(shell("half", "echo half > x; exit 3", {Output("x")})));
    REQUIRE(!half.ok());
    CHECK(!platform::exists(room.root() + "/out/half-22222222.ok"));
}

TEST_CASE("executor: directories, optional files, links and the environment") {
    Room room;
    room.user["SECRET"] = "no";
    room.user["WANTED"] = "yes";
    Action action = shell("env",
                          "mkdir -p d/empty d/sub && env | sort > d/sub/env && ln -s sub/env d/link && umask > "
                          "d/umask && pwd > d/pwd && "
                          "(touch $HOME/x 2>/dev/null && echo writable || echo closed) > d/home && echo "
                          "scratch > $TMPDIR/x",
                          {Output("d", OutputKind::Directory), Output("o", OutputKind::OptionalFile)});
    action.pass_env = {"WANTED", "UNSET"};
    auto ran = room.build(Run(action));
    if (!ran.ok()) MESSAGE(render(ran.error()));
    REQUIRE(ran.ok());
    std::vector<std::string> paths;
    for (const auto& file : ran->files) paths.push_back(file.path);
    CHECK(paths == std::vector<std::string>{"d/home", "d/link", "d/pwd", "d/sub/env", "d/umask"});
    CHECK(ran->empty_directories == std::vector<std::string>{"d/empty"});
    auto env = platform::read_file(room.root() + "/out/env-22222222/d/link");
    REQUIRE(env.ok());
    CHECK(contains(*env, "WANTED=yes"));
    CHECK(!contains(*env, "SECRET"));
    CHECK(contains(*env, "PATH=/usr/local/bin:/usr/bin:/bin\n"));
    CHECK(contains(*env, "TZ=UTC"));
    CHECK(*platform::read_file(room.root() + "/out/env-22222222/d/umask") == "0022\n");
    CHECK(!platform::exists(room.root() + "/tmp/env-22222222"));
    REQUIRE(platform::remove_tree(room.root() + "/out").ok());
    REQUIRE(room.build(Run(action)).ok());
    CHECK(room.counts.started == 0);
    CHECK(platform::is_directory(room.root() + "/out/env-22222222/d/empty"));
    room.user["WANTED"] = "other";
    REQUIRE(room.build(Run(action)).ok());
    CHECK(room.counts.started == 1);
    CHECK(contains(room.why.at(0), "environment WANTED: yes -> other"));
}

TEST_CASE("executor: a step has no network and writes only where it may") {
    Room room;
    const std::string outside = room.top + "/outside";
    const Isolation offered = Isolation::probe();
    Action action = shell("closed",
                          "grep : /proc/net/dev | sed 's/:.*//' | tr -d ' ' > net; echo x 2>/dev/null > " + outside +
                              "; mkdir a && echo y > a/f && mv a/f f && ln f g && echo z > $TMPDIR/t && cat f > "
                              "/dev/null",
                          {Output("net"), Output("f"), Output("g")});
    auto ran = room.build(Run(action));
    if (!ran.ok()) MESSAGE(render(ran.error()));
    REQUIRE(ran.ok());
    if (offered.network()) CHECK(*platform::read_file(room.root() + "/out/closed-22222222/net") == "lo\n");
    if (offered.landlock()) CHECK(!platform::exists(outside));
    MESSAGE("network namespace: ", offered.network(), ", Landlock: ", offered.landlock());
}

TEST_CASE("executor: a script that may not write is told where it wanted to") {
    Room room;
    Action action = shell("script",
                          "echo x > /cermet/ws/a.txt; mkdir /cermet/ws/d; mv x.txt ../y.txt; echo y > own; "
                          "cd /cermet/ws && echo z > e.txt; exit 1",
                          {Output("own")});
    action.argv[2] = replace_all(action.argv[2], "/cermet/ws", room.checkout);
    action.script = "crates.one";
    action.writes = "it writes below here";
    auto refused = room.build(Run(action));
    REQUIRE(!refused.ok());
    if (!Isolation::probe().landlock()) return;
    const std::string& said = refused.error().hint;
    CHECK(contains(said, "it was not let write a.txt, d, "));
    CHECK(contains(said, "y.txt, e.txt: it writes below here"));
    CHECK(!contains(said, "own"));
}

TEST_CASE("executor: a script that reads what is not declared is told of which file, and reads nothing") {
    Room room;
    room.write("secret.txt", "s");
    room.write("declared/a.txt", "a");
    room.write("declared/b.txt", "b");
    Action action =
        shell("reader",
              "cat /cermet/ws/declared/a.txt > got; ls /cermet/ws/declared > names; "
              "cat /cermet/ws/declared/b.txt /cermet/ws/secret.txt /cermet/ws/absent.txt >> got; ls /cermet/ws; "
              "/usr/bin/env -i /bin/true && cat /etc/passwd > /dev/null && grep -q s /proc/self/maps",
              {Output("got"), Output("names")});
    action.script = "crates.one";
    action.listable = {"/cermet/ws/declared"};
    action.argv[2] = replace_all(action.argv[2], "/cermet/ws", room.checkout);
    CompileTest key(action, "/cermet/ws/declared/a.txt");
    auto open = room.build(key);
    REQUIRE(open.ok());
    CHECK(*platform::read_file(room.root() + "/out/reader-22222222/got") == "abs");
    if (!Isolation::probe().landlock()) return;
    room.strict = Strict::Yes;
    auto closed = room.build(key);
    if (!closed.ok()) MESSAGE(render(closed.error()));
    REQUIRE(closed.ok());
    CHECK(room.counts.started == 1);  // what it gave when it could read everything does not count
    CHECK(*platform::read_file(room.root() + "/out/reader-22222222/got") == "a");
    CHECK(*platform::read_file(room.root() + "/out/reader-22222222/names") == "a.txt\nb.txt\n");
    action.argv[2] += "; exit 1";
    auto refused = room.build(CompileTest(action, "/cermet/ws/declared/a.txt"));
    REQUIRE(!refused.ok());
    CHECK(contains(refused.error().hint, "it was not let read declared/b.txt, secret.txt, "));
    CHECK(contains(refused.error().hint, "`inputs` of [tool.cermet.crates.one]"));
    CHECK(!contains(refused.error().hint, "absent.txt"));
}

TEST_CASE("executor: a script that wants the network is told whom it wanted to reach") {
    Room room;
    Action action = shell("caller", "python3 -c \"import socket; socket.create_connection(('192.0.2.7', 443))\"", {});
    action.script = "crates.one";
    action.fetches = "ask for it";
    auto refused = room.build(Run(action));
    REQUIRE(!refused.ok());
    if (Isolation::probe().network())
        CHECK(contains(refused.error().hint, "it tried to reach 192.0.2.7 port 443): ask for it"));
}

TEST_CASE("executor: the same bytes again cut off; a place in the bytes binds to the root") {
    Room room;
    room.write("in.txt", "one");
    Action action = shell("copy", "tr -d '#' < /cermet/ws/in.txt > x; pwd > where", {Output("x")});
    action.inputs = {};
    CompileTest key(action, "/cermet/ws/in.txt");
    REQUIRE(room.build(key).ok());
    CHECK(room.events.steps.at(0).outcome == engine::Outcome::Ran);
    room.write("in.txt", "one#");
    auto cut = room.build(key);
    REQUIRE(cut.ok());
    CHECK(room.events.steps.at(0).outcome == engine::Outcome::CutOff);
    CHECK(cut->leaves.empty());
    action.label = "where-22222222";
    action.cwd = action.directory();
    action.outputs = {Output("where")};
    auto where = room.build(CompileTest(action, "/cermet/ws/in.txt"));
    REQUIRE(where.ok());
    bool bound = false;
    for (const Leaf& leaf : where->leaves) bound = bound || (leaf.type == Leaf::Type::Place && leaf.name == k_out);
    CHECK(bound);
}

TEST_CASE("executor: cancelling ends a hanging step and its children") {
    Room room;
    Places places;
    auto binds = lay_places(*room.store, room.root(), room.checkout);
    for (auto& [canonical, real] : *binds) places.add(canonical, real);
    ExecutorOptions options;
    options.root = room.root();
    options.checkout = room.checkout;
    options.user = room.user;
    Executor executor(*room.store, places, options, nullptr);
    engine::Graph graph;
    graph.provide(&executor);
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        graph.request_cancel();
        executor.cancel();
    });
    const auto start = std::chrono::steady_clock::now();
    auto result = graph.run(Run(shell("hang", "trap '' TERM; sleep 600 & echo $! > pid; wait; sleep 600")));
    stopper.join();
    executor.finish(Drain::Kill);
    REQUIRE(!result.ok());
    CHECK(result.error().kind == ErrorKind::Cancelled);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    auto pid = platform::read_file(room.root() + "/out/hang-22222222/pid");
    REQUIRE(pid.ok());
    // The kill is sent before finish() returns; that the kernel is done with the process may take a moment more. Where
    // nobody collects orphans (a container whose first process is no init) it stays as a zombie, and that is gone too.
    const pid_t orphan = static_cast<pid_t>(std::atoi(pid->c_str()));
    bool gone = false;
    for (int wait = 0; wait < 200 && !gone; ++wait) {
        auto status = platform::read_file(cat("/proc/", orphan, "/status"));
        gone = ::kill(orphan, 0) != 0 || (status.ok() && contains(*status, "\nState:\tZ"));
        if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(gone);
}

TEST_CASE("executor: a saved request holds until something changes") {
    if (!has_gcc()) return;
    Room room;
    room.write("include/b.h", "#define B 1\n");
    room.write("first/.keep", "");
    room.write("a.c", "#include <stdio.h>\n#include \"b.h\"\nint f(void) { return B; }\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    CompileTest key(compile("/cermet/ws/a.c"), "/cermet/ws/a.c");
    auto check = [&] { return Executor::check_request(*room.store, room.root(), "wheel", room.user, nullptr); };
    CHECK(!check().known);
    REQUIRE(room.build(key, 2, "wheel").ok());
    RequestCheck now = check();
    CHECK(now.known);
    CHECK(now.holds);
    CHECK(now.answer == "answer");
    CHECK(now.leaves > 10);
    room.write("a.c",
               "#include <stdio.h>\n#include \"b.h\"\nint f(void) { return B; }\n");  // touched only
    CHECK(check().holds);
    room.write("first/b.h", "");
    now = check();
    CHECK(!now.holds);
    CHECK(contains(now.difference, "/first"));
    REQUIRE(platform::remove_file(room.checkout + "/first/b.h").ok());
    CHECK(check().holds);
    room.write("include/b.h", "#define B 4\n");
    now = check();
    CHECK(!now.holds);
    CHECK(contains(now.difference, "include/b.h changed"));
}

TEST_CASE("executor: workers and their one-shot form give the same") {
    if (!platform::is_file("/usr/bin/python3")) return;
    Room room;
    room.write("in.txt", "hello");
    room.write("worker.py",
               "import sys, json, os\n"
               "def answer(r):\n"
               "    text = open(r['source']).read()\n"
               "    if text == 'die': os._exit(9)\n"
               "    open(r['output'], 'w').write(text.upper())\n"
               "    return {'id': r.get('id'), 'exit': 1 if text == 'fail' else 0, 'stdout': '', "
               "'stderr': 'warned\\n', 'read': [r['source']],\n"
               "            'present': [], 'absent': [r['source'] + '.pxd']}\n"
               "if sys.argv[1:2] == ['--once']:\n"
               "    print(json.dumps(answer(json.loads(sys.argv[2]))))\n"
               "else:\n"
               "    for line in sys.stdin:\n"
               "        print(json.dumps(answer(json.loads(line))), flush=True)\n");
    Action action = shell("work", "", {Output("x")});
    const std::string request = "{\"source\":\"/cermet/ws/in.txt\",\"output\":\"" + action.directory() + "/x\"}";
    action.argv = {"/usr/bin/python3", "/cermet/ws/worker.py", "--once", request};
    action.worker = "test";
    action.worker_request = request;
    action.discovery = Discovery::Worker;
    CompileTest key(action, "");
    auto first = room.build(key);
    if (!first.ok()) MESSAGE(render(first.error()));
    REQUIRE(first.ok());
    CHECK(*platform::read_file(room.root() + "/out/work-22222222/x") == "HELLO");
    CHECK(first->leaves.size() == 2);
    REQUIRE(room.build(key).ok());
    CHECK(room.counts.started == 0);
    room.write("in.txt.pxd", "");
    room.workers = Workers::No;
    auto second = room.build(key);
    REQUIRE(second.ok());
    CHECK(room.counts.started == 1);
    CHECK(*second == *first);
    room.workers = Workers::Yes;
    room.write("in.txt", "fail");
    auto failed = room.build(key);
    REQUIRE(!failed.ok());
    CHECK(contains(failed.error().output, "warned"));
    room.write("in.txt", "die");
    auto died = room.build(key);
    REQUIRE(!died.ok());
    CHECK(died.error().kind == ErrorKind::Environment);
}

TEST_CASE("executor: inside works and staged files") {
    Room room;
    Action action = shell("inside", "");
    action.argv = {"cermet:test", "1"};
    action.outputs = {Output("w.txt")};
    int runs = 0;
    InsideWork work = [&](const std::string& directory) -> Status {
        ++runs;
        return platform::write_file(directory + "/w.txt", "made");
    };
    REQUIRE(room.build(RunInside(action, work)).ok());
    REQUIRE(room.build(RunInside(action, work)).ok());
    CHECK(runs == 1);
    auto staged =
        room.build(Stage("staged-1", {StagedFile("a/b.rs", "fn main() {}\n"), StagedFile("run", "#!/bin/sh\n", true)}));
    REQUIRE(staged.ok());
    CHECK(staged->find("a/b.rs") != nullptr);
    CHECK(platform::stat_file(room.root() + "/out/staged-1/run").executable());
    auto changed = room.build(Stage("staged-1", {StagedFile("a/b.rs", "fn main() { }\n")}));
    REQUIRE(changed.ok());
    CHECK(!platform::exists(room.root() + "/out/staged-1/run"));
}

TEST_CASE("executor: a checked step runs once more, and its first result stays") {
    Room room;
    Action steady = shell("steady", "echo said; echo one > out", {Output("out")});
    Action random =
        shell("random", "od -An -N8 -tx8 /dev/urandom > out; echo one > same", {Output("out"), Output("same")});
    room.check = 100;
    REQUIRE(room.build(CompileTest(steady, "")).ok());
    CHECK(room.counts.checked == 1);
    CHECK(room.counts.unstable == 0);
    CHECK(room.events.notices.empty());
    auto first = room.build(CompileTest(random, ""));
    REQUIRE(first.ok());
    CHECK(room.counts.unstable == 1);
    REQUIRE(room.events.notices.size() == 1);
    CHECK(room.events.notices[0] == "random gave other bytes when it ran again: out");
    const std::string file = room.root() + "/out/random-22222222/out";
    CHECK(digest_of(*platform::find_file_bytes(file)) == first->find("out")->digest);

    auto again = room.build(CompileTest(random, ""));  // a remembered result is compared with one more run
    REQUIRE(again.ok());
    CHECK(*again == *first);
    CHECK(room.counts.started == 1);
    CHECK(room.counts.unstable == 1);
    CHECK(digest_of(*platform::find_file_bytes(file)) == first->find("out")->digest);

    room.check = 0;
    auto later = room.build(CompileTest(random, ""));
    REQUIRE(later.ok());
    CHECK(*later == *first);
    CHECK(room.counts.hits == 1);
}

TEST_CASE("executor: a step asks, steps aside meanwhile, and runs again when an answer is another") {
    Room room;
    room.write("one", "1");
    room.write("two", "2");
    Action asks = shell("asks",
                        "echo '{\"note\":\"begins\"}' >&9\n"
                        "echo '{\"id\":1,\"want\":\"one\"}' >&9; read -r first <&9\n"
                        "echo '{\"id\":\"b\",\"want\":\"two\"}' >&9; read -r second <&9\n"
                        "echo '{\"id\":3,\"want\":\"gone\"}' >&9; read -r third <&9\n"
                        "printf '%s\\n' \"$first\" \"$second\" \"$third\" > out",
                        {Output("out"), Output(std::string(k_statements), OutputKind::OptionalFile)});
    for (RootMode mode : {RootMode::Plain}) {
        room.mode = mode;
        auto first = room.build(TalkTest(asks), 1);  // one slot: the answers' own steps need it meanwhile
        REQUIRE_MESSAGE(first.ok(), first.error().message);
        CHECK(room.counts.started == 3);
        Result<std::string> text = room.store->get(first->find("out")->digest);
        REQUIRE(text.ok());
        CHECK(*text == cat("{\"answer\":\"", digest_of("1").hex(), "\",\"id\":1}\n{\"answer\":\"", digest_of("2").hex(),
                           "\",\"id\":\"b\"}\n{\"error\":\"gone does not exist\",\"id\":3}\n"));
        CHECK(*room.store->get(first->find(k_statements)->digest) == "{\"note\":\"begins\"}\n");

        auto again = room.build(TalkTest(asks), 1);
        REQUIRE(again.ok());
        CHECK(*again == *first);
        CHECK(room.counts.started == 0);

        room.write("two", "three");
        auto changed = room.build(TalkTest(asks), 1);
        REQUIRE(changed.ok());
        CHECK(room.counts.started == 2);  // the one answer, and who asked
        CHECK(!(*changed == *first));

        room.write("two", "2");
        auto back = room.build(TalkTest(asks), 1);
        REQUIRE(back.ok());
        CHECK(*back == *first);
        CHECK(room.counts.started == 0);
    }
}

TEST_CASE("executor: a step that says no JSON, or dies between question and answer") {
    Room room;
    room.write("one", "1");
    auto noise = room.build(TalkTest(shell("noise", "echo hello >&9; sleep 5")));
    REQUIRE(!noise.ok());
    CHECK(noise.error().message == "noise sent what is no JSON object over its channel: hello");
    auto dies = room.build(TalkTest(shell("dies", "echo '{\"id\":1,\"want\":\"one\"}' >&9; exit 3")));
    REQUIRE(!dies.ok());
    CHECK(contains(dies.error().message, "exit code 3"));
    auto silent = room.build(TalkTest(shell("silent", "exec 9>&-; true")));
    CHECK(silent.ok());
}

TEST_CASE("executor: an input edited while the step runs is read again or refused") {
    Room room;
    room.write("in.txt", "one");
    Action slow = shell("slow", "cat /cermet/ws/in.txt > x; echo two > " + room.checkout + "/in.txt.new; sleep 0.1",
                        {Output("x")});
    slow.argv = {"/bin/sh", "-c", "cat /cermet/ws/in.txt > x; sleep 0.4"};
    std::thread editor([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        (void)platform::write_file(room.checkout + "/in.txt", "two");
    });
    auto result = room.build(CompileTest(slow, "/cermet/ws/in.txt"));
    editor.join();
    REQUIRE(!result.ok());
    CHECK(contains(result.error().message, "in.txt changed while"));
    auto again = room.build(CompileTest(slow, "/cermet/ws/in.txt"));
    REQUIRE(again.ok());
}

TEST_CASE("executor: a file with a date to come is no file that changes") {
    Room room;
    room.write("in.txt", "one");
    constexpr std::int64_t k_day_ns = 86'400'000'000'000;
    REQUIRE(platform::set_times(room.checkout + "/in.txt", wall_ns() + k_day_ns).ok());
    Action action = shell("dated", "cat /cermet/ws/in.txt > x", {Output("x")});
    auto made = room.build(CompileTest(action, "/cermet/ws/in.txt"));
    if (!made.ok()) MESSAGE(render(made.error()));
    CHECK(made.ok());
}

TEST_CASE("executor: two steps of metadata and code") {
    Room room;
    Action action = shell("rustc",
                          "echo meta > libx.rmeta; echo "
                          "'{\"$message_type\":\"artifact\",\"artifact\":\"'$PWD'/"
                          "libx.rmeta\",\"emit\":\"metadata\"}' >&2;"
                          " printf '%s\\n' '{\"$message_type\":\"diagnostic\",\"rendered\":\"warning: "
                          "hm\\n\"}' >&2; sleep 0.3; echo code > libx.rlib",
                          {Output("libx.rmeta"), Output("libx.rlib")});
    action.two_step = TwoStep::Rustc;
    action.early_output = "libx.rmeta";
    auto ran = room.build(Run(action));
    if (!ran.ok()) MESSAGE(render(ran.error()));
    REQUIRE(ran.ok());
    CHECK(room.events.steps.at(0).diagnostics == "warning: hm\n");
    REQUIRE(room.build(Run(action)).ok());
    CHECK(room.counts.started == 0);
    CHECK(room.events.steps.at(0).diagnostics == "warning: hm\n");
}

// The script writes its header into the mirror, the compile beside it reads that one; "" or what
// went wrong.
static std::string mirror_story(Room& room) {
    Places places;
    places.mode = room.mode;
    auto binds = lay_places(*room.store, room.root(), room.checkout);
    for (auto& [canonical, real] : *binds) places.add(canonical, real);
    ExecutorOptions options;
    options.root = room.root();
    options.checkout = room.checkout;
    options.user_directory = room.checkout;
    options.user = room.user;
    Executor executor(*room.store, places, options, nullptr);
    engine::Graph graph;
    graph.provide(&executor);
    Status declared = executor.declare_in_tree({"/cermet/ws/inc/gen.h"}, {"inc/gen.h", "inc/other.h", "src/a.c"});
    if (!declared.ok()) return render(declared.error());
    Action script = shell("script", "echo '#define G 7' > /cermet/ws/inc/gen.h", {Output("/cermet/ws/inc/gen.h")});
    auto made = graph.run(Run(script));
    Action object = compile("/cermet/ws/src/a.c", "m");
    auto compiled = graph.run(Run(object));
    executor.finish(Drain::Finish);  // before the graph goes
    if (!made.ok()) return render(made.error());
    if (!compiled.ok()) return render(compiled.error());
    if (made->files.size() != 1 || made->files[0].path != "/cermet/ws/inc/gen.h") return "the output is not the header";
    if (*platform::read_file(room.checkout + "/inc/gen.h") != "#define G 0\n") return "the checkout was written";
    for (const Leaf& leaf : executor.recorded_leaves()) {
        if (leaf.name == "/cermet/ws/inc/gen.h") return "an output is a leaf of the request";
    }
    for (const Leaf& leaf : compiled->leaves) {
        if (leaf.name != "/cermet/ws/inc/gen.h") continue;
        return leaf.value == made->files[0].digest.text() ? "" : "the checked-in header was read";
    }
    return "the header is no leaf";
}

static void fill_mirror_room(Room& room) {
    room.write("inc/gen.h", "#define G 0\n");
    room.write("inc/other.h", "#define O 5\n");
    room.write("src/a.c", "#include \"../inc/gen.h\"\n#include \"../inc/other.h\"\nint f(void) { return G + O; }\n");
}

// Enters the mount namespace in a child, does `work` there and gives its text; "refused: …" where
// there is no namespace.
template <class Work>
static std::string in_mount(Room& room, const Work& work) {
    const std::string report = room.top + "/report";
    const pid_t child = ::fork();
    if (child == 0) {
        MountPlan plan;
        auto binds = lay_places(*room.store, room.root(), room.checkout);
        plan.binds = *binds;
        MountAnswer answer = enter_mount(plan);
        std::string text = "refused: " + answer.reason;
        if (answer.entered) {
            room.mode = RootMode::Mount;
            room.open();
            text = work();
        }
        (void)platform::write_file(report, text);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return platform::read_file(report).value_or("none");
}

TEST_CASE("executor: declared outputs in the tree go to a mirror") {
    if (!has_gcc()) return;
    Room room;
    fill_mirror_room(room);
    CHECK(mirror_story(room) == "");
    CHECK(mirror_story(room) == "");
    Room mounted;
    fill_mirror_room(mounted);
    for (int round = 0; round < 2; ++round) {
        const std::string said = in_mount(mounted, [&] { return mirror_story(mounted); });
        if (said.compare(0, 7, "refused") != 0) CHECK(said == "");
    }
}

// Runs one compile, and gives its outcome's digest and counts as text; then tries to write the
// checkout.
static std::string compile_story(Room& room) {
    auto outcome = room.build(CompileTest(compile("/cermet/ws/a.c"), "/cermet/ws/a.c"));
    if (!outcome.ok()) return render(outcome.error());
    std::string text = cat(outcome->digest().hex(), " ", room.counts.started, " ", room.counts.hits);
    auto tried = room.build(Run(shell("write", "echo x > /cermet/ws/evil; true")));
    if (platform::exists(room.checkout + "/evil")) text += " the checkout was written";
    if (!tried.ok()) text += " " + render(tried.error());
    return text;
}

TEST_CASE("executor: plain and mount mode give equal bytes and share results") {
    if (!has_gcc()) return;
    Room room("-of-some-length");
    room.write("a.c", "#include <stdio.h>\nint f(void) { return __LINE__ + (int)sizeof(__FILE__); }\n");
    auto plain = room.build(CompileTest(compile("/cermet/ws/a.c"), "/cermet/ws/a.c"));
    REQUIRE(plain.ok());
    const std::string shared = in_mount(room, [&] { return compile_story(room); });
    if (shared.compare(0, 7, "refused") == 0) {
        MESSAGE(shared);
        return;
    }
    CHECK(shared == plain->digest().hex() + " 0 1");
    Room other;
    other.write("a.c", "#include <stdio.h>\nint f(void) { return __LINE__ + (int)sizeof(__FILE__); }\n");
    const std::string ran = in_mount(other, [&] { return compile_story(other); });
    CHECK(ran == plain->digest().hex() + " 1 0");
}

}  // namespace cermet::exec
