// Pool: a fixed number of threads that take pieces of work by their turn; each knows its slot.
// SPDX-License-Identifier: MIT
// Threads start with the first work. stop() lets running work end; what is still queued is dropped
// unrun (its destructor runs). Work must not throw.
#pragma once
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cermet::exec {

class Work {
   public:
    virtual ~Work() = default;
    virtual void run(int slot) = 0;
};

// What goes first: the higher urgency, then the greater weight, then what came earlier.
struct Turn {
    int urgency = 0;
    std::uint64_t weight = 0;
    std::uint64_t arrival = 0;  // set by the pool
    std::strong_ordering operator<=>(const Turn& o) const {
        if (auto c = o.urgency <=> urgency; c != 0) return c;
        if (auto c = o.weight <=> weight; c != 0) return c;
        return arrival <=> o.arrival;
    }
};

class Pool {
   public:
    explicit Pool(int threads) : size_(threads < 1 ? 1 : threads) {}
    ~Pool() { stop(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    void add(std::unique_ptr<Work> work, Turn turn = Turn());
    void wait_until_idle();
    void drop_queued();
    void stop();
    int size() const { return size_; }

   private:
    void serve(int slot);
    int size_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Turn, std::unique_ptr<Work>> queue_;
    std::uint64_t arrivals_ = 0;
    std::vector<std::thread> threads_;
    int busy_ = 0;
    bool stopping_ = false;
};

}  // namespace cermet::exec
