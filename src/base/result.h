// Result<T>: a value or an Error; the return type of everything that can fail outside of coroutines.
// SPDX-License-Identifier: MIT
//
// A small subset of std::expected (absent from g++ 12 and clang 14). Never throws; value() on an error is a Bug abort.
// TRY(name, expr) declares `name` from the value or returns the error; TRY_VOID(expr) only returns the error.
// Inside a rule (a coroutine) use CO_TRY and CO_TRY_VOID, which co_return the error instead.
#pragma once
#include <optional>
#include <utility>
#include <variant>

#include "base/error.h"

namespace cermet {

[[noreturn]] void abort_bug(std::string_view what);

template <class T>
class [[nodiscard]] Result {
   public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() & { return need(); }
    T&& value() && { return std::move(need()); }
    const T& value() const& { return const_cast<Result*>(this)->need(); }
    T& operator*() & { return need(); }
    T&& operator*() && { return std::move(need()); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &need(); }
    const T* operator->() const { return &value(); }
    Error& error() & { return std::get<1>(state_); }
    Error&& error() && { return std::get<1>(std::move(state_)); }
    const Error& error() const& { return std::get<1>(state_); }
    T value_or(T other) && { return ok() ? std::move(need()) : std::move(other); }

   private:
    T& need() {
        if (!ok()) abort_bug("value() of a Result that holds an error: " + std::get<1>(state_).message);
        return std::get<0>(state_);
    }
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
   public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    Error& error() & { return *error_; }
    Error&& error() && { return std::move(*error_); }
    const Error& error() const& { return *error_; }

   private:
    std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace cermet

// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared takes none.
#define CERMET_CAT2(a, b) a##b
#define CERMET_CAT(a, b) CERMET_CAT2(a, b)
#define TRY(name, expr)                                                                    \
    auto CERMET_CAT(try_, __LINE__) = (expr);                                              \
    if (!CERMET_CAT(try_, __LINE__)) return std::move(CERMET_CAT(try_, __LINE__)).error(); \
    auto& name = *CERMET_CAT(try_, __LINE__)
#define TRY_VOID(expr)                                         \
    do {                                                       \
        auto try_status = (expr);                              \
        if (!try_status) return std::move(try_status).error(); \
    } while (false)
#define CO_TRY(name, expr)                                                                    \
    auto CERMET_CAT(try_, __LINE__) = (expr);                                                 \
    if (!CERMET_CAT(try_, __LINE__)) co_return std::move(CERMET_CAT(try_, __LINE__)).error(); \
    auto& name = *CERMET_CAT(try_, __LINE__)
#define CO_TRY_VOID(expr)                                         \
    do {                                                          \
        auto try_status = (expr);                                 \
        if (!try_status) co_return std::move(try_status).error(); \
    } while (false)
// NOLINTEND(bugprone-macro-parentheses)
