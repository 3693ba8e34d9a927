// Pool: a fixed number of threads that take pieces of work in order; each knows its slot.
// SPDX-License-Identifier: MIT
// Threads start with the first work. stop() lets running work end; what is still queued is dropped
// unrun (its destructor runs). Work must not throw.
#pragma once
#include <condition_variable>
#include <deque>
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

class Pool {
   public:
    explicit Pool(int threads) : size_(threads < 1 ? 1 : threads) {}
    ~Pool() { stop(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    void add(std::unique_ptr<Work> work);
    void wait_until_idle();
    void drop_queued();
    void stop();
    int size() const { return size_; }

   private:
    void serve(int slot);
    int size_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<Work>> queue_;
    std::vector<std::thread> threads_;
    int busy_ = 0;
    bool stopping_ = false;
};

}  // namespace cermet::exec
