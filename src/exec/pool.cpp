// Pool, implemented: threads that start on demand and serve one queue by turn.
// SPDX-License-Identifier: MIT
#include "exec/pool.h"

namespace cermet::exec {

void Pool::add(std::unique_ptr<Work> work, Turn turn) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    turn.arrival = arrivals_++;
    queue_.emplace(turn, std::move(work));
    if (static_cast<int>(threads_.size()) < size_ &&
        busy_ + static_cast<int>(queue_.size()) > static_cast<int>(threads_.size())) {
        const int slot = static_cast<int>(threads_.size());
        threads_.emplace_back([this, slot] { serve(slot); });
    }
    changed_.notify_all();
}

void Pool::serve(int slot) {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        std::unique_ptr<Work> work = std::move(queue_.begin()->second);
        queue_.erase(queue_.begin());
        ++busy_;
        lock.unlock();
        work->run(slot);
        work.reset();
        lock.lock();
        --busy_;
        changed_.notify_all();
    }
}

void Pool::wait_until_idle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.empty() && busy_ == 0; });
}

void Pool::drop_queued() {
    std::map<Turn, std::unique_ptr<Work>> dropped;
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
