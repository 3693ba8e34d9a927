// Pool, implemented: threads that start on demand and serve one queue by turn.
// SPDX-License-Identifier: MIT
#include "exec/pool.h"

#include <chrono>

namespace cermet::exec {

void Pool::add(std::unique_ptr<Work> work, Turn turn) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    turn.arrival = arrivals_++;
    queue_.emplace(turn, std::move(work));
    hire();
    changed_.notify_all();
}

void Pool::hire() {
    const int there = static_cast<int>(threads_.size());
    if (there >= size_ + paused_ || busy_ + paused_ + static_cast<int>(queue_.size()) <= there) return;
    threads_.emplace_back([this, there] { serve(there); });
}

void Pool::step_aside(std::uint64_t need) {
    std::lock_guard lock(mutex_);
    --busy_;
    needed_ -= need;
    ++paused_;
    hire();
    changed_.notify_all();
}

void Pool::step_back(std::uint64_t need) {
    std::unique_lock lock(mutex_);
    ++returning_;
    changed_.wait(lock, [this] { return stopping_ || busy_ < size_; });
    --returning_;
    --paused_;
    ++busy_;
    needed_ += need;
}

Pool::Queue::iterator Pool::next() {
    if (admission_ == nullptr || busy_ == 0) return queue_.begin();
    // What is refused refuses all that need as much: one question per smaller need.
    std::uint64_t refused = ~std::uint64_t{0};
    for (auto entry = queue_.begin(); entry != queue_.end(); ++entry) {
        const std::uint64_t need = entry->first.need;
        if (need >= refused) continue;
        if (need == 0 || admission_->admits(need, needed_)) return entry;
        refused = need;
    }
    return queue_.end();
}

void Pool::serve(int slot) {
    // Free memory changes without a word: who waits for it looks again.
    constexpr std::chrono::milliseconds k_look_again(100);
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || (!queue_.empty() && busy_ + returning_ < size_); });
        if (stopping_) return;
        const Queue::iterator first = next();
        if (first == queue_.end()) {
            changed_.wait_for(lock, k_look_again);
            continue;
        }
        const std::uint64_t need = first->first.need;
        std::unique_ptr<Work> work = std::move(first->second);
        queue_.erase(first);
        ++busy_;
        needed_ += need;
        lock.unlock();
        work->run(slot);
        work.reset();
        lock.lock();
        --busy_;
        needed_ -= need;
        changed_.notify_all();
    }
}

void Pool::wait_until_idle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.empty() && busy_ == 0 && paused_ == 0; });
}

void Pool::drop_queued() {
    Queue dropped;
    std::lock_guard lock(mutex_);
    dropped.swap(queue_);
}

void Pool::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    drop_queued();
}

}  // namespace cermet::exec
