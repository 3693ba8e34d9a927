// Tests of the pool: what waits is taken by urgency, then by weight, then in order.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

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

// Steps aside until the gate opens, and says when it goes on.
class Asks : public Work {
   public:
    Asks(Gate& gate, Pool& pool) : gate_(gate), pool_(pool) {}
    void run(int) override {
        {
            Pool::Pause aside(pool_, 0);
            std::unique_lock lock(gate_.mutex);
            gate_.entered = true;
            gate_.changed.notify_all();
            gate_.changed.wait(lock, [this] { return gate_.open; });
        }
        std::lock_guard lock(gate_.mutex);
        gate_.order += 'a';
    }

   private:
    Gate& gate_;
    Pool& pool_;
};

Turn turn(int urgency, std::uint64_t weight) {
    Turn made;
    made.urgency = urgency;
    made.weight = weight;
    return made;
}

TEST_CASE("who stepped aside goes on before all that is queued") {
    Gate question, other;
    Pool pool(1);
    pool.add(std::make_unique<Asks>(question, pool));
    {
        std::unique_lock lock(question.mutex);
        question.changed.wait(lock, [&] { return question.entered; });
    }
    pool.add(std::make_unique<Hold>(other));
    {
        std::unique_lock lock(other.mutex);
        other.changed.wait(lock, [&] { return other.entered; });
    }
    for (char letter : std::string("bcd")) pool.add(std::make_unique<Say>(question, letter), turn(9, 9));
    {
        std::lock_guard lock(question.mutex);
        question.open = true;
        question.changed.notify_all();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // it has its answer, and waits for its place
    {
        std::lock_guard lock(other.mutex);
        other.open = true;
        other.changed.notify_all();
    }
    pool.wait_until_idle();
    CHECK(question.order == "abcd");
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
