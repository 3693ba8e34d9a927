// Value: an immutable, shared, type-erased value of any copyable type: what the engine remembers for each key.
// SPDX-License-Identifier: MIT
// Knows nothing of keys. Reading it as another type than it was made of is a Bug abort. Thread-safe to share once made.
#pragma once
#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace cermet::engine {

// One address per type: the identity of a type without RTTI.
using TypeTag = const void*;
template <class T>
struct TypeTagOf {
    static constexpr char k_anchor = 0;
};
template <class T>
constexpr TypeTag type_tag() {
    return &TypeTagOf<T>::k_anchor;
}

class Value {
   public:
    Value() = default;

    template <class T>
    static Value of(T value) {
        Value made;
        made.tag_ = type_tag<T>();
        made.data_ = std::make_shared<const T>(std::move(value));
        if constexpr (std::equality_comparable<T>) made.equal_ = &equal_as<T>;
        return made;
    }

    template <class T>
    const T& as() const {
        if (tag_ != type_tag<T>()) abort_bug("a value was read as another type than it was made of");
        return *static_cast<const T*>(data_.get());
    }

    bool empty() const { return tag_ == nullptr; }
    TypeTag tag() const { return tag_; }
    // Equal values let dependents keep their results. Types without == are never equal: they always propagate.
    bool same_as(const Value& other) const {
        return tag_ == other.tag_ && equal_ != nullptr && equal_(data_.get(), other.data_.get());
    }

   private:
    template <class T>
    static bool equal_as(const void* a, const void* b) {
        return *static_cast<const T*>(a) == *static_cast<const T*>(b);
    }
    TypeTag tag_ = nullptr;
    std::shared_ptr<const void> data_;
    bool (*equal_)(const void*, const void*) = nullptr;
};

}  // namespace cermet::engine
