// Test support: a temporary directory and small file helpers for the store's tests. Not part of the program.
// SPDX-License-Identifier: MIT
#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "platform/os.h"

namespace cermet::store::testing {

class TemporaryDirectory {
   public:
    TemporaryDirectory() {
        char name[] = "/tmp/cermet-test-XXXXXX";
        const char* made = ::mkdtemp(name);
        REQUIRE(made != nullptr);
        path_ = made;
    }
    ~TemporaryDirectory() { (void)platform::remove_tree(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

   private:
    std::string path_;
};

inline std::string bytes_of(const std::string& path) {
    auto read = platform::read_file(path);
    return read ? *read : std::string("<unreadable>");
}

// Overwrites a file in place whatever its mode (the damage a user or a disk may do).
inline void damage(const std::string& path, const std::string& bytes) {
    REQUIRE(platform::set_mode(path, 0644).ok());
    REQUIRE(platform::write_file(path, bytes).ok());
    REQUIRE(platform::set_mode(path, 0444).ok());
}

}  // namespace cermet::store::testing
