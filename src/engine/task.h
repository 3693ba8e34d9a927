// Task<T>: the coroutine type of every rule. One erased promise serves all of them; only the loop resumes it.
// SPDX-License-Identifier: MIT
//
// What it does not know: keys, graphs' inner structure, files, processes.
// Laws (see docs/hacking.md; tools/lint checks them): only the loop resumes - awaiting enqueues and returns; a statement
// with co_await is exactly `[Type name = | co_return] co_await call(plain args);`; rules take and give values; they hold
// only RAII values, because cancelling is destroying the frame; nothing throws through a task.
// A task is started by the graph alone. co_return takes a T, an Error or a Result<T>.
#pragma once
#include <coroutine>
#include <cstdint>
#include <utility>

#include "base/result.h"
#include "engine/value.h"

namespace cermet::engine {

using KeyId = std::uint32_t;
inline constexpr KeyId k_no_key = 0xffffffffu;

class Graph;

// The one promise. It carries the frame's answer to the graph and nothing else.
class Promise {
   public:
    std::coroutine_handle<Promise> get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception();

    template <class T>
    void return_value(T value) {
        if constexpr (std::is_same_v<T, Error>) {
            error_ = std::make_unique<Error>(std::move(value));
        } else {
            answer_ = Value::of<T>(std::move(value));
        }
    }
    template <class T>
    void return_value(Result<T> result) {
        if (result.ok()) {
            answer_ = Value::of<T>(std::move(*result));
        } else {
            error_ = std::make_unique<Error>(std::move(result).error());
        }
    }

    const char* rule_name = "";  // for the Bug message when something throws
    Value& answer() { return answer_; }
    std::unique_ptr<Error>& error() { return error_; }

   private:
    Value answer_;
    std::unique_ptr<Error> error_;
};

using Frame = std::coroutine_handle<Promise>;

template <class T>
class [[nodiscard]] Task {
   public:
    using promise_type = Promise;
    Task(Frame frame) : frame_(frame) {}  // NOLINT(google-explicit-constructor): the promise returns a Frame
    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Task& operator=(Task&&) = delete;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (frame_) frame_.destroy();
    }
    Frame release() { return std::exchange(frame_, nullptr); }

   private:
    Frame frame_;
};

}  // namespace cermet::engine
