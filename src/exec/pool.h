// Pool: a fixed number of threads that take pieces of work by their turn; each knows its slot.
// SPDX-License-Identifier: MIT
// Threads start with the first work. Work that its admission refuses waits while what fits beside the running work
// goes before it; where nothing runs, the first in turn begins whatever it needs. stop() lets running work end; what is
// still queued is dropped unrun (its destructor runs). Work must not throw. Work that waits for other work steps aside
// meanwhile (Pause): its thread's place is free for others, and the next that becomes free is its own again, before all that
// is queued: it holds memory, and others may wait for it.
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

// Says whether work of this need may begin beside work of that need in all. Asked under the pool's lock: it waits for
// nothing and knows no pool.
class Admission {
   public:
    virtual ~Admission() = default;
    virtual bool admits(std::uint64_t need, std::uint64_t running) = 0;
};

// What goes first: the higher urgency, then the greater weight, then what came earlier.
struct Turn {
    int urgency = 0;
    std::uint64_t weight = 0;
    std::uint64_t arrival = 0;  // set by the pool
    std::uint64_t need = 0;     // for the admission; decides nothing about the order
    std::strong_ordering operator<=>(const Turn& o) const {
        if (auto c = o.urgency <=> urgency; c != 0) return c;
        if (auto c = o.weight <=> weight; c != 0) return c;
        return arrival <=> o.arrival;
    }
};

class Pool {
   public:
    explicit Pool(int threads, Admission* admission = nullptr)
        : size_(threads < 1 ? 1 : threads), admission_(admission) {}
    ~Pool() { stop(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    void add(std::unique_ptr<Work> work, Turn turn = Turn());
    void wait_until_idle();
    void drop_queued();
    void stop();
    int size() const { return size_; }

    // Made by running work, on its thread, around a wait for other work.
    class Pause {
       public:
        Pause(Pool& pool, std::uint64_t need) : pool_(pool), need_(need) { pool_.step_aside(need_); }
        ~Pause() { pool_.step_back(need_); }
        Pause(const Pause&) = delete;
        Pause& operator=(const Pause&) = delete;

       private:
        Pool& pool_;
        std::uint64_t need_;
    };

   private:
    using Queue = std::map<Turn, std::unique_ptr<Work>>;
    void serve(int slot);
    void step_aside(std::uint64_t need);
    void step_back(std::uint64_t need);
    void hire();             // a thread more when there is work and none for it. Under the lock
    Queue::iterator next();  // what may begin now; end() for nothing. Under the lock
    int size_;
    Admission* admission_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Queue queue_;
    std::uint64_t arrivals_ = 0;
    std::vector<std::thread> threads_;
    int busy_ = 0;
    int paused_ = 0;
    int returning_ = 0;         // of the paused, those that wait for a place
    std::uint64_t needed_ = 0;  // by the running work in all
    bool stopping_ = false;
};

}  // namespace cermet::exec
