// Peaks: how much memory steps needed when they last ran, and whether another one may begin beside those that run.
// SPDX-License-Identifier: MIT
//
// A step's need is its largest process, as wait4 tells it: the compilers that matter are one process. Known by label,
// so that every checkout of a cache learns from every other. The file is text, one "<bytes> <label>" line per step,
// the last of a label counts; several builds append to it at once; it is an estimate and may be lost.
// Threads: all members from any thread.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "exec/pool.h"

namespace cermet::exec {

class Peaks {
   public:
    explicit Peaks(std::string file) : file_(std::move(file)) {}
    // Of the last run, or k_unknown for a step that never ran. Reads the file at the first call.
    std::uint64_t of(const std::string& label);
    void learn(const std::string& label, std::uint64_t bytes);

    static constexpr std::uint64_t k_unknown = 512u << 20;  // most rustc and C++ compilations stay below

   private:
    void load();  // under the lock
    std::mutex mutex_;
    std::string file_;
    bool loaded_ = false;
    std::map<std::string, std::uint64_t, std::less<>> known_;
};

// Lets work begin while all that runs, at its expected peak, fits into what is allowed, and what is free now holds the
// new one too: others use the machine as well. What needs more than everything runs alone.
class MemoryAdmission : public Admission {
   public:
    explicit MemoryAdmission(std::uint64_t allowed);  // 0: what the machine and its cgroups allow
    bool admits(std::uint64_t need, std::uint64_t running) override;
    std::uint64_t allowed() const { return allowed_; }

   private:
    std::uint64_t allowed_;
    bool by_user_;
};

}  // namespace cermet::exec
