// What shutting a process in costs: the same program started bare and with everything that a step gets, in turns.
// SPDX-License-Identifier: MIT
// Built and run by bench/run; prints one JSON object. It is no test: nothing fails here.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "exec/process.h"
#include "exec/sandbox.h"

namespace cermet::bench {

using Clock = std::chrono::steady_clock;

double started(exec::Processes& processes, const exec::ProcessSpec& spec) {
    const Clock::time_point begin = Clock::now();
    Result<exec::ProcessEnd> ended = processes.run(spec);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    if (!ended.ok() || !ended->succeeded()) std::exit(1);
    return took.count();
}

double median(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

}  // namespace cermet::bench

int main() {
    using namespace cermet;
    constexpr int k_count = 400;
    const std::string scratch = std::filesystem::temp_directory_path() / "cermet-bench-sandbox";
    std::filesystem::create_directories(scratch);
    exec::ProcessSpec plain;
    plain.argv = {"/bin/true"};
    plain.env = {{"PATH", "/usr/bin:/bin"}};
    plain.cwd = scratch;
    exec::ProcessSpec shut = plain;
    shut.reach.writable = {scratch, "/dev"};
    for (const std::string& path : {scratch, std::string("/dev"), std::string("/proc")}) shut.watch.writable.add(path);
    shut.randomise = exec::Randomise::No;
    std::vector<double> bare, inside;
    bool network = false, landlock = false;
    {
        exec::Processes free{exec::Isolation()};
        exec::Processes isolated{exec::Isolation::probe()};
        network = isolated.isolation().network();
        landlock = isolated.isolation().landlock();
        for (int i = 0; i < k_count; ++i) {
            bare.push_back(bench::started(free, plain));
            inside.push_back(bench::started(isolated, shut));
        }
    }
    std::filesystem::remove_all(scratch);
    std::printf("{\"bare_ms\": %.3f, \"shut_in_ms\": %.3f, \"network\": %s, \"landlock\": %s}\n", bench::median(bare),
                bench::median(inside), network ? "true" : "false", landlock ? "true" : "false");
    return 0;
}
