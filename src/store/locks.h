// Locks between Cermet processes: one per checkout root, one per key that is being built.
// SPDX-License-Identifier: MIT
//
// A second build of one checkout waits for the first (RootLock). Two builds of different checkouts that want the same
// shared step: the second waits (KeyLock) and then finds the first one's result, because the holder calls Store::flush()
// before it lets go and find_entry() looks for what others appended. A killed holder's lock vanishes with it (flock).
// Lock files of keys are removed on release; a waiter checks that the file it locked is still the one with that name.
// Waiting is by polling (1 to 50 ms), so that it can be cancelled and holds nothing. A cache that cannot be written gives
// locks that hold nothing. Not for locking between threads of one process. Failures: Environment; Cancelled.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "platform/os.h"

namespace cermet::store {

class Store;

class RootLock {
   public:
    // `root` is Store::root_directory(); it is made if need be. nullopt: another process builds in it.
    static Result<std::optional<RootLock>> try_take(const std::string& root);
    static Result<RootLock> take(const std::string& root, const std::atomic<bool>* cancelled = nullptr);
    void let_children_inherit();  // then the root stays locked until the last of them is gone

   private:
    explicit RootLock(platform::FileLock lock) : lock_(std::move(lock)) {}
    platform::FileLock lock_;
};

class KeyLock {
   public:
    // `store_directory` is Store::directory(). nullopt: another process holds the key.
    static Result<std::optional<KeyLock>> try_take(const std::string& store_directory, const Digest& key);
    static Result<KeyLock> take(const std::string& store_directory, const Digest& key,
                                const std::atomic<bool>* cancelled = nullptr);
    KeyLock(KeyLock&& other) noexcept;
    KeyLock& operator=(KeyLock&& other) noexcept;
    KeyLock(const KeyLock&) = delete;
    KeyLock& operator=(const KeyLock&) = delete;
    ~KeyLock();
    // False: the cache is read-only and nothing is locked.
    bool held() const { return lock_.has_value(); }

   private:
    KeyLock() = default;
    void release();
    std::string path_;
    std::optional<platform::FileLock> lock_;
};

// A lock file that may be removed by its holder: nullopt when another process has it.
Result<std::optional<platform::FileLock>> try_lock_named(const std::string& path);

}  // namespace cermet::store
