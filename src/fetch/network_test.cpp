// Tests of the network helper: commands, streams, cancelling, leftovers; and the commands of cargo and curl as data.
// SPDX-License-Identifier: MIT
#include "fetch/network.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "fetch/cargo_fetch.h"
#include "store/test_support.h"

namespace cermet::fetch {

using store::testing::TemporaryDirectory;

namespace network_test {

std::unique_ptr<NetworkHelper> start() {
    auto started = NetworkHelper::start();
    REQUIRE(started.ok());
    return std::move(*started);
}

NetworkCommand shell(const std::string& script) {
    NetworkCommand command;
    command.argv = {"sh", "-c", script};
    return command;
}

class Collect final : public NetworkListener {
   public:
    void printed(std::string_view bytes) override { text += bytes; }
    std::string text;
};

}  // namespace network_test

using namespace network_test;

TEST_CASE("network: commands survive their encoding; malformed ones are refused") {
    NetworkCommand command = shell("true");
    command.cwd = "/tmp";
    command.env = {{"A", "1"}, {"B", ""}};
    const std::string bytes = encode_command(command);
    const auto decoded = decode_command(bytes);
    REQUIRE(decoded.has_value());
    CHECK(decoded->argv == command.argv);
    CHECK(decoded->env == command.env);
    CHECK(decoded->cwd == "/tmp");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) CHECK_FALSE(decode_command(bytes.substr(0, cut)));
    CHECK_FALSE(decode_command(bytes + "x"));
}

TEST_CASE("network: output, exit codes, environment, directory") {
    TemporaryDirectory dir;
    auto helper = start();
    Collect seen;
    NetworkCommand command = shell("echo out; echo err >&2; echo \"$CERMET_X$HOME\"; pwd; exit 3");
    command.cwd = dir.path();
    command.env = {{"CERMET_X", "yes"}, {"HOME", ""}};
    auto end = helper->run(command, &seen);
    REQUIRE(end.ok());
    CHECK(end->exit_code == 3);
    CHECK(end->out == cat("out\nyes\n", dir.path(), "\n"));
    CHECK(end->err == "err\n");
    CHECK(seen.text == "err\n");
    auto killed = helper->run(shell("kill -9 $$"));
    CHECK(killed->signal == SIGKILL);
    auto flood =
        helper->run(shell("head -c 3000000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2"));
    REQUIRE(flood.ok());
    CHECK(flood->out.size() == 3'000'000);
    CHECK(flood->err.size() <= 200'000);
    NetworkCommand absent;
    absent.argv = {"cermet-no-such-program"};
    auto missing = helper->run(absent);
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().kind == ErrorKind::Environment);
    CHECK(contains(missing.error().message, "cermet-no-such-program"));
    command.cwd = dir / "absent";
    CHECK_FALSE(helper->run(command).ok());
    CHECK(helper->run(shell("exit 0"))->succeeded());  // still there
    command = shell("echo no luck >&2; exit 4");
    command.purpose = "try";
    auto needed = helper->need(command);
    REQUIRE_FALSE(needed.ok());
    CHECK(contains(needed.error().message, "cannot try"));
    CHECK(needed.error().output == "no luck\n");
    CHECK(contains(needed.error().command, "sh -c"));
}

TEST_CASE("network: a daemon that keeps the pipes does not keep us") {
    auto helper = start();
    const std::int64_t began = monotonic_us();
    auto end = helper->run(shell("echo started; sleep 5 &"));
    REQUIRE(end.ok());
    CHECK(end->out == "started\n");
    CHECK(monotonic_us() - began < 3'000'000);
}

TEST_CASE("network: offline refuses the network, not version control") {
    auto helper = start();
    helper->forbid_network("--offline was given");
    NetworkCommand command = shell("echo hi");
    command.purpose = "download 3 crates";
    auto refused = helper->run(command);
    REQUIRE_FALSE(refused.ok());
    CHECK(contains(refused.error().message, "cannot download 3 crates: --offline was given"));
    command.needs_network = false;
    CHECK(helper->run(command)->out == "hi\n");
}

TEST_CASE("network: cancel ends the command; nothing runs afterwards") {
    TemporaryDirectory dir;
    auto helper = start();
    std::thread canceller([&] {
        for (int i = 0; i < 500 && !platform::exists(dir / "pid"); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        helper->cancel();
    });
    const std::int64_t began = monotonic_us();
    auto end = helper->run(
        shell(cat("echo $$ > ", dir / "pid.new", "; mv ", dir / "pid.new", " ", dir / "pid", "; exec sleep 30")));
    canceller.join();
    REQUIRE_FALSE(end.ok());
    CHECK(end.error().kind == ErrorKind::Cancelled);
    CHECK(monotonic_us() - began < 10'000'000);
    const int pid = std::atoi(platform::find_file_bytes(dir / "pid").value_or("0").c_str());
    REQUIRE(pid > 1);
    CHECK(::kill(pid, 0) != 0);
    CHECK(helper->run(shell("true")).error().kind == ErrorKind::Cancelled);
}

TEST_CASE("network: the helper and its command end with us") {
    TemporaryDirectory dir;
    {
        auto helper = start();
        std::thread left([&] { (void)helper->run(shell(cat("echo $$ > ", dir / "pid", "; exec sleep 30"))); });
        for (int i = 0; i < 500 && platform::find_file_bytes(dir / "pid").value_or("").empty(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        helper->cancel();
        left.join();
    }
    const int pid = std::atoi(platform::find_file_bytes(dir / "pid").value_or("0").c_str());
    REQUIRE(pid > 1);
    CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("cargo fetch: what is run, and what its failures say") {
    CHECK(cargo_fetch_command("/p/Cargo.toml", "/p", 2).argv ==
          std::vector<std::string>{"cargo", "fetch", "--locked", "--manifest-path", "/p/Cargo.toml"});
    CHECK(cargo_fetch_command("/p/Cargo.toml", "/p", 1).purpose == "download 1 crate");
    LockRequest lock{"/skeleton/Cargo.toml", "/p", true, true};
    CHECK(cargo_lock_command(lock).cwd == "/p");
    CHECK(join(cargo_lock_command(lock).argv, " ") ==
          "cargo update --workspace --offline --manifest-path /skeleton/Cargo.toml");
    CHECK_FALSE(cargo_lock_command(lock).needs_network);
    TemporaryDirectory dir;
    REQUIRE(platform::write_file(dir / "Cargo.toml", "[package]\n").ok());
    auto helper = start();
    helper->forbid_network("--offline was given");
    const Status refused =
        cargo_fetch(*helper, dir / "Cargo.toml", dir / "", {"a 1", "b 1", "c 1", "d 1", "e 1", "f 1"});
    REQUIRE_FALSE(refused.ok());
    CHECK(contains(refused.error().because.at(0), "a 1, b 1, c 1, d 1, e 1 and 1 more"));
    CHECK(refused.error().where.file == dir / "Cargo.toml");
}

TEST_CASE("download: a file URL is fetched and checked") {
    if (!platform::find_program("curl", platform::environment("PATH").value_or("/usr/bin"))) return;
    TemporaryDirectory dir;
    auto helper = start();
    REQUIRE(platform::write_file(dir / "source", "bytes").ok());
    const std::string url = cat("file://", dir / "source");
    REQUIRE(download(*helper, url, digest_of("bytes").hex(), dir / "sub/target").ok());
    CHECK(store::testing::bytes_of(dir / "sub/target") == "bytes");
    const Status wrong = download(*helper, url, digest_of("other").hex(), dir / "sub/second");
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().kind == ErrorKind::Project);
    CHECK_FALSE(platform::exists(dir / "sub/second"));
    CHECK_FALSE(platform::exists(dir / "sub/second.part"));
    CHECK_FALSE(download(*helper, cat("file://", dir / "absent"), digest_of("").hex(), dir / "third").ok());
}

}  // namespace cermet::fetch
