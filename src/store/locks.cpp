// Locks between processes: see locks.h.
// SPDX-License-Identifier: MIT
#include "store/locks.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/path.h"
#include "base/text.h"
#include "store/disk.h"

namespace cermet::store {

namespace locks_detail {

// Calls `attempt` until it gives a lock, fails, or the build is cancelled.
template <class Lock, class Attempt>
Result<Lock> wait_for(Attempt attempt, const std::atomic<bool>* cancelled) {
    int pause_ms = 1;
    while (true) {
        Result<std::optional<Lock>> taken = attempt();
        if (!taken) return std::move(taken).error();
        if (taken->has_value()) return std::move(**taken);
        if (cancelled != nullptr && cancelled->load()) {
            return Error(ErrorKind::Cancelled, "cancelled while waiting for another build");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
        pause_ms = std::min(pause_ms * 2, 50);
    }
}

}  // namespace locks_detail

Result<std::optional<platform::FileLock>> try_lock_named(const std::string& path) {
    for (int round = 0; round < 100; ++round) {
        auto taken = platform::FileLock::try_take(path, platform::LockKind::Exclusive);
        if (!taken) return std::move(taken).error();
        if (!taken->has_value()) return std::optional<platform::FileLock>();
        // Its last holder may have removed the file between our open and our lock: then we hold a file without a name.
        if (disk_stat(path).same_file(descriptor_stat((*taken)->fd()))) return std::move(*taken);
    }
    return environment_error(cat("cannot lock ", path, ": it keeps being replaced"));
}

Result<std::optional<RootLock>> RootLock::try_take(const std::string& root) {
    TRY_VOID(platform::make_directories(root));
    auto taken = try_lock_named(root + "/lock");
    if (!taken) return std::move(taken).error();
    if (!taken->has_value()) return std::optional<RootLock>();
    touch_modified(root);  // eviction's "last used"
    return std::optional<RootLock>(RootLock(std::move(**taken)));
}

Result<RootLock> RootLock::take(const std::string& root, const std::atomic<bool>* cancelled) {
    return locks_detail::wait_for<RootLock>([&root] { return try_take(root); }, cancelled);
}

void RootLock::let_children_inherit() { lock_.let_children_inherit(); }

Result<std::optional<KeyLock>> KeyLock::try_take(const std::string& store_directory, const Digest& key) {
    const std::string hex = key.hex();
    const std::string directory = cat(store_directory, "/locks/", std::string_view(hex).substr(0, 2));
    KeyLock lock;
    lock.path_ = cat(directory, "/", hex);
    auto taken = try_lock_named(lock.path_);
    if (!taken) {
        if (!platform::make_directories(directory) || !can_write_directory(directory)) {
            return std::optional<KeyLock>(std::move(lock));  // read-only: nothing can be shared, nothing need wait
        }
        taken = try_lock_named(lock.path_);
        if (!taken) return std::move(taken).error();
    }
    if (!taken->has_value()) return std::optional<KeyLock>();
    lock.lock_ = std::move(*taken);
    return std::optional<KeyLock>(std::move(lock));
}

Result<KeyLock> KeyLock::take(const std::string& store_directory, const Digest& key,
                              const std::atomic<bool>* cancelled) {
    return locks_detail::wait_for<KeyLock>([&] { return try_take(store_directory, key); }, cancelled);
}

KeyLock::KeyLock(KeyLock&& other) noexcept : path_(std::move(other.path_)), lock_(std::move(other.lock_)) {
    other.lock_.reset();
}

KeyLock& KeyLock::operator=(KeyLock&& other) noexcept {
    if (this == &other) return *this;
    release();
    path_ = std::move(other.path_);
    lock_ = std::move(other.lock_);
    other.lock_.reset();
    return *this;
}

KeyLock::~KeyLock() { release(); }

void KeyLock::release() {
    if (!lock_) return;
    (void)platform::remove_file(path_);  // while it is held: the next one makes a new file
    lock_.reset();
}

}  // namespace cermet::store
