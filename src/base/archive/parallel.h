// Parallel: runs numbered jobs on a few threads and hands the results over in order; for archives only.
// SPDX-License-Identifier: MIT
//
// run(i) is called once for each i < count, on any thread; take(i) on the calling thread in order 0,1,2…; at most
// `window` results wait at a time, so memory stays bounded. take() returning false stops: jobs begun are finished.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace cermet {

inline int archive_threads(int wanted) {
    if (wanted > 0) return wanted;
    unsigned cpus = std::thread::hardware_concurrency();
    return static_cast<int>(cpus < 1 ? 1 : cpus > 16 ? 16 : cpus);
}

template <class Run, class Take>
void run_in_order(std::size_t count, int threads, Run run, Take take) {
    std::size_t workers = threads < 1 ? 1 : static_cast<std::size_t>(threads);
    if (workers > count) workers = count;
    if (workers <= 1) {
        for (std::size_t i = 0; i < count; ++i) {
            run(i);
            if (!take(i)) return;
        }
        return;
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<char> done(count, 0);
    std::size_t next = 0, taken = 0;
    const std::size_t window = workers * 4;
    bool stop = false;
    auto work = [&] {
        std::unique_lock<std::mutex> lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return stop || next >= count || next < taken + window; });
            if (stop || next >= count) return;
            std::size_t mine = next++;
            lock.unlock();
            run(mine);
            lock.lock();
            done[mine] = 1;
            changed.notify_all();
        }
    };
    std::vector<std::thread> pool;
    pool.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) pool.emplace_back(work);
    for (std::size_t i = 0; i < count; ++i) {
        {
            std::unique_lock<std::mutex> lock(mutex);
            changed.wait(lock, [&] { return done[i] != 0; });
        }
        bool more = take(i);
        std::unique_lock<std::mutex> lock(mutex);
        taken = i + 1;
        stop = !more;
        changed.notify_all();
        if (stop) break;
    }
    {
        std::unique_lock<std::mutex> lock(mutex);
        stop = true;
        changed.notify_all();
    }
    for (std::thread& thread : pool) thread.join();
}

}  // namespace cermet
