// Tests of the jobserver: the texts, tokens across threads and kills, and GNU make and rustc as clients and as servers.
// SPDX-License-Identifier: MIT
#include "exec/jobserver.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "exec/environment.h"

namespace cermet::exec {

namespace jobserver_test {

struct Directory {
    Directory() {
        char name[] = "/tmp/cermet-jobs-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~Directory() { (void)platform::remove_tree(path); }
    std::string path;
};

std::unique_ptr<Jobserver> serve(const std::string& directory, int jobs) {
    auto made = Jobserver::serve(directory, jobs);
    REQUIRE(made.ok());
    return std::move(*made);
}

int tokens_free(Jobserver& server) {
    std::vector<Jobserver::Token> taken;
    while (true) {
        auto token = server.try_acquire();
        REQUIRE(token.ok());
        if (!token->has_value()) return static_cast<int>(taken.size());
        taken.push_back(std::move(**token));
    }
}

// Runs a shell command with these variables and descriptors; its exit status, or -1.
int run_shell(const std::string& command, const std::map<std::string, std::string>& env, const std::vector<int>& keep) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (const char* name : {"MAKEFLAGS", "MFLAGS", "CARGO_MAKEFLAGS", "MAKELEVEL"}) ::unsetenv(name);
        for (const auto& [name, value] : env) ::setenv(name.c_str(), value.c_str(), 1);
        for (const int fd : keep) (void)::fcntl(fd, F_SETFD, 0);
        ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

bool has_program(const char* name) {
    return platform::find_program(name, platform::environment("PATH").value_or("/usr/bin:/bin")).has_value();
}

// How many recipes ran at once, from lines "+" and "-" in the order of time.
int most_at_once(const std::string& log) {
    int now = 0;
    int most = 0;
    for (const std::string& line : split_lines(log)) {
        now += line == "+" ? 1 : -1;
        if (now > most) most = now;
    }
    return most;
}

// Works as a client for a moment; the exit status of the test below that make starts.
int be_a_client() {
    std::string notice;
    auto client = Jobserver::inherit(user_environment(), notice);
    if (!client) return 10;
    std::vector<Jobserver::Token> tokens;
    for (int i = 0; i < 3; ++i) {  // make -j3: our own and two more
        auto token = (*client)->acquire(-1);
        if (!token) return 11;
        tokens.push_back(std::move(*token));
    }
    auto more = (*client)->try_acquire();
    if (!more) return 12;
    return more->has_value() ? 13 : 0;
}

}  // namespace jobserver_test

using namespace jobserver_test;

TEST_CASE("jobserver: what flags say") {
    using Address = JobserverAddress;
    const auto fds = [](int r, int w) {
        Address a;
        a.read_fd = r;
        a.write_fd = w;
        return a;
    };
    CHECK_FALSE(parse_makeflags(""));
    CHECK_FALSE(parse_makeflags("kw -j8"));
    CHECK(*parse_makeflags("-j --jobserver-fds=3,4") == fds(3, 4));
    CHECK(*parse_makeflags("-j --jobserver-fds=3,4 --jobserver-auth=5,6") == fds(5, 6));
    CHECK(*parse_makeflags("--jobserver-auth=5,6 --jobserver-auth=7,8") == fds(7, 8));
    CHECK_FALSE(parse_makeflags("--jobserver-auth=5,6 --jobserver-auth=-2,-2"));
    CHECK_FALSE(parse_makeflags("-j4 -- X=--jobserver-auth=5,6 --jobserver-auth=5,6"));
    CHECK_FALSE(parse_makeflags("--jobserver-auth=5,x"));
    CHECK_FALSE(parse_makeflags("--jobserver-auth=99999999999,1"));
    CHECK(parse_makeflags(" -j4 --jobserver-auth=fifo:/tmp/GMfifo12")->fifo == "/tmp/GMfifo12");
}

TEST_CASE("jobserver: tokens are counted, the implicit one first") {
    Directory dir;
    for (const std::string& directory : {dir.path, std::string(), dir.path + "/absent"}) {
        auto server = serve(directory, 3);
        CHECK(server->has_fifo() == (directory == dir.path));
        auto first = server->acquire(-1);
        REQUIRE(first.ok());
        CHECK(first->implicit());
        auto second = server->acquire(-1);
        auto third = server->acquire(-1);
        REQUIRE(third.ok());
        CHECK_FALSE(third->implicit());
        CHECK_FALSE(server->try_acquire()->has_value());
        CHECK(server->repair() == 0);  // not while tokens are held
        second->release();
        second->release();
        CHECK(server->try_acquire()->has_value());
        first->release();
        auto again = server->acquire(-1);
        CHECK(again->implicit());
        *again = std::move(*third);
        CHECK_FALSE(again->implicit());
    }
    REQUIRE(platform::write_file(dir.path + "/jobserver-999999999-0", "").ok());  // a killed one's; no such process
    auto alone = serve(dir.path, 1);
    CHECK(tokens_free(*alone) == 1);
    CHECK(platform::list_directory(dir.path)->size() == 1);
    alone.reset();
    CHECK(platform::list_directory(dir.path)->empty());
}

TEST_CASE("jobserver: waiting ends with a token or a cancel") {
    Directory dir;
    auto server = serve(dir.path, 2);
    int cancel[2];
    REQUIRE(::pipe2(cancel, O_CLOEXEC) == 0);
    auto implicit = server->acquire(-1);
    auto other = server->acquire(-1);
    std::atomic<int> got{0};
    std::thread waiter([&] {
        auto token = server->acquire(cancel[0]);
        got = token.ok() ? 1 : 2;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(got == 0);
    implicit->release();
    waiter.join();
    CHECK(got == 1);
    auto back = server->acquire(-1);
    std::thread cancelled([&] {
        auto token = server->acquire(cancel[0]);
        got = token.ok() ? 3 : token.error().kind == ErrorKind::Cancelled ? 4 : 5;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    REQUIRE(::write(cancel[1], "x", 1) == 1);
    cancelled.join();
    CHECK(got == 4);
    other->release();
    CHECK(server->acquire(cancel[0]).error().kind == ErrorKind::Cancelled);  // even with a free one
    ::close(cancel[0]);
    ::close(cancel[1]);
}

TEST_CASE("jobserver: many threads never hold more than there are") {
    Directory dir;
    auto server = serve(dir.path, 3);
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                auto token = server->acquire(-1);
                if (!token) continue;
                const int inside = ++now;
                int seen = most;
                while (inside > seen && !most.compare_exchange_weak(seen, inside)) {
                }
                std::this_thread::yield();
                --now;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(most <= 3);
    CHECK(most >= 2);
    CHECK(tokens_free(*server) == 3);
}

TEST_CASE("jobserver: tokens that a killed child took come back") {
    Directory dir;
    auto server = serve(dir.path, 4);
    const std::map<std::string, std::string> env = server->environment(JobserverText::Fifo);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::string notice;
        auto client = Jobserver::inherit(env, notice);
        std::vector<Jobserver::Token> tokens;
        for (int i = 0; client && i < 3; ++i) {
            if (auto token = (*client)->acquire(-1)) tokens.push_back(std::move(*token));
        }
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(tokens_free(*server) == 2);  // one is its own implicit token; two were taken from the fifo
    CHECK(server->repair() == 2);
    CHECK(tokens_free(*server) == 4);
    REQUIRE(platform::append_file(env.at("MAKEFLAGS").substr(env.at("MAKEFLAGS").find(":") + 1), "++").ok());
    CHECK(server->repair() == -2);  // a child that gave back too many
    CHECK(tokens_free(*server) == 4);
}

TEST_CASE("jobserver: a dead inherited server is a notice, not a failure") {
    std::string notice;
    CHECK_FALSE(Jobserver::inherit({{"PATH", "/bin"}, {"MAKEFLAGS", "-k"}}, notice));
    CHECK(notice.empty());
    CHECK_FALSE(Jobserver::inherit({{"MAKEFLAGS", "-j --jobserver-auth=fifo:/nonexistent/fifo"}}, notice));
    CHECK(contains(notice, "/nonexistent/fifo"));
    const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // the number is open, but it is no pipe
    CHECK_FALSE(Jobserver::inherit({{"CARGO_MAKEFLAGS", cat("-j --jobserver-auth=", file, ",", file)}}, notice));
    CHECK(contains(notice, "CARGO_MAKEFLAGS"));
    ::close(file);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    CHECK_FALSE(Jobserver::inherit({{"MAKEFLAGS", cat("--jobserver-auth=", ends[1], ",", ends[0])}},
                                   notice));  // swapped
    auto client = Jobserver::inherit({{"MAKEFLAGS", cat("--jobserver-auth=", ends[0], ",", ends[1])}}, notice);
    REQUIRE(client.has_value());
    CHECK_FALSE((*client)->serving());
    CHECK((::fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);  // make's description is left alone
    auto own = (*client)->acquire(-1);
    CHECK_FALSE((*client)->try_acquire()->has_value());
    REQUIRE(::write(ends[1], "Q", 1) == 1);
    auto token = (*client)->acquire(-1);
    REQUIRE(token.ok());
    token->release();
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 1);
    CHECK(byte == 'Q');  // the very byte comes back
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("jobserver: make takes its jobs from our server") {
    if (!has_program("make")) return;
    Directory dir;
    auto server = serve(dir.path, 3);
    const std::string log = dir.path + "/log";
    REQUIRE(platform::write_file(dir.path + "/Makefile", cat("all: a b c d e f\na b c d e f:\n\t@echo + >> ", log,
                                                             "; sleep 0.15; echo - >> ", log, "\n"))
                .ok());
    CHECK(run_shell(cat("make -C ", dir.path, " >/dev/null 2>", dir.path, "/err"),
                    server->environment(JobserverText::Descriptors), server->inherited()) == 0);
    CHECK_FALSE(contains(platform::find_file_bytes(dir.path + "/err").value_or(""), "jobserver"));
    CHECK(most_at_once(platform::find_file_bytes(log).value_or("")) == 3);
    CHECK(tokens_free(*server) == 3);
    {  // we run another job besides: two remain for make
        REQUIRE(platform::remove_file(log).ok());
        auto own = server->acquire(-1);
        auto second = server->acquire(-1);
        CHECK(run_shell(cat("make -C ", dir.path, " >/dev/null 2>&1"), server->environment(JobserverText::Descriptors),
                        server->inherited()) == 0);
        CHECK(most_at_once(platform::find_file_bytes(log).value_or("")) == 2);
    }
    CHECK(server->repair() == 0);
}

TEST_CASE("jobserver: we take our jobs from make's" * doctest::description("runs itself under make -j3")) {
    if (platform::environment("CERMET_TEST_JOBSERVER_CLIENT")) {
        const int code = be_a_client();
        if (code != 0) ::_exit(code);
        return;
    }
    if (!has_program("make")) return;
    Directory dir;
    const std::string self = platform::own_executable();
    REQUIRE(platform::write_file(
                dir.path + "/Makefile",
                cat("all:\n\t+@'", self, "' '-tc=jobserver: we take our jobs*' >/dev/null\n\t@touch done\n"))
                .ok());
    CHECK(run_shell(cat("make -j3 -C ", dir.path, " >/dev/null"), {{"CERMET_TEST_JOBSERVER_CLIENT", "1"}}, {}) == 0);
    CHECK(platform::exists(dir.path + "/done"));
}

TEST_CASE("jobserver: rustc uses both texts without a warning and gives everything back") {
    if (!has_program("rustc")) return;
    Directory dir;
    REQUIRE(platform::write_file(dir.path + "/a.rs", "pub fn f() -> i32 { 1 }\npub mod m { pub fn g() -> i32 { 2 } }\n")
                .ok());
    auto server = serve(dir.path, 3);
    for (const JobserverText text : {JobserverText::Descriptors, JobserverText::Fifo}) {
        const std::map<std::string, std::string> env = {
            {"CARGO_MAKEFLAGS", server->environment(text).at("CARGO_MAKEFLAGS")}};
        const std::vector<int> keep = text == JobserverText::Fifo ? std::vector<int>() : server->inherited();
        CHECK(run_shell(cat("rustc --crate-type=rlib -Ccodegen-units=8 --out-dir ", dir.path, " ", dir.path, "/a.rs 2>",
                            dir.path, "/err"),
                        env, keep) == 0);
        CHECK(platform::find_file_bytes(dir.path + "/err") == "");
        CHECK(server->repair() == 0);
    }
}

}  // namespace cermet::exec
