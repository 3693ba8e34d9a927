// Tests of the pool: what waits is taken by urgency, then by weight, then in order.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "exec/pool.h"

namespace cermet::exec {
namespace {

struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool entered = false, open = false;
    std::string order;
};

class Hold : public Work {
   public:
    explicit Hold(Gate& gate) : gate_(gate) {}
    void run(int) override {
        std::unique_lock lock(gate_.mutex);
        gate_.entered = true;
        gate_.changed.notify_all();
        gate_.changed.wait(lock, [this] { return gate_.open; });
    }

   private:
    Gate& gate_;
};

class Say : public Work {
   public:
    Say(Gate& gate, char letter) : gate_(gate), letter_(letter) {}
    void run(int) override {
        std::lock_guard lock(gate_.mutex);
        gate_.order += letter_;
    }

   private:
    Gate& gate_;
    char letter_;
};

Turn turn(int urgency, std::uint64_t weight) {
    Turn made;
    made.urgency = urgency;
    made.weight = weight;
    return made;
}

TEST_CASE("what waits is taken by urgency, then weight, then arrival") {
    Gate gate;
    Pool pool(1);
    pool.add(std::make_unique<Hold>(gate));
    {
        std::unique_lock lock(gate.mutex);
        gate.changed.wait(lock, [&] { return gate.entered; });
    }
    pool.add(std::make_unique<Say>(gate, 'e'));
    pool.add(std::make_unique<Say>(gate, 'c'), turn(0, 5));
    pool.add(std::make_unique<Say>(gate, 'b'), turn(1, 0));
    pool.add(std::make_unique<Say>(gate, 'd'), turn(0, 5));
    pool.add(std::make_unique<Say>(gate, 'a'), turn(2, 0));
    pool.add(std::make_unique<Say>(gate, 'f'));
    {
        std::lock_guard lock(gate.mutex);
        gate.open = true;
    }
    gate.changed.notify_all();
    pool.wait_until_idle();
    CHECK(gate.order == "abcdef");
}

class UpTo : public Admission {
   public:
    explicit UpTo(std::uint64_t all) : all_(all) {}
    bool admits(std::uint64_t need, std::uint64_t running) override { return need + running <= all_; }

   private:
    std::uint64_t all_;
};

Turn needing(std::uint64_t need) {
    Turn made;
    made.need = need;
    return made;
}

TEST_CASE("what does not fit beside the running work waits, and lets what fits go before it") {
    Gate gate;
    UpTo admission(10);
    Pool pool(2, &admission);
    pool.add(std::make_unique<Hold>(gate), needing(6));
    {
        std::unique_lock lock(gate.mutex);
        gate.changed.wait(lock, [&] { return gate.entered; });
    }
    pool.add(std::make_unique<Say>(gate, 'c'), needing(5));
    pool.add(std::make_unique<Say>(gate, 'd'), needing(99));  // more than there is: alone, but it runs
    pool.add(std::make_unique<Say>(gate, 'a'), needing(4));
    pool.add(std::make_unique<Say>(gate, 'b'));
    while (true) {
        std::lock_guard lock(gate.mutex);
        if (gate.order.size() == 2) break;
    }
    {
        std::lock_guard lock(gate.mutex);
        CHECK(gate.order == "ab");
        gate.open = true;
    }
    gate.changed.notify_all();
    pool.wait_until_idle();
    CHECK(gate.order == "abcd");
}

}  // namespace
}  // namespace cermet::exec
