// Keys: everything Cermet can be asked for is a small typed value with one rule that computes its answer.
// SPDX-License-Identifier: MIT
//
// A key class K has
//     using Value = …;                               the answer's type (copyable; give it == to get early cut-off)
//     static constexpr std::string_view k_name;      "compile-c", unique among key types
//     std::string text() const;                      its identity within the type: equal text, equal key
//     std::string describe() const;                  optional: "compiling src/a.c"; becomes a `because` note; "" = none
//     Drawn drawn() const;                           optional: what it is in a drawing of the graph
// and beside it, found by argument-dependent lookup, its rule:
//     Task<K::Value> run(Build build, K key);
// Keys that appear as temporaries in an awaiting statement have constructors (no aggregates: g++ 12 destroys those twice).
#pragma once
#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include "engine/task.h"

namespace cermet::engine {

class Build;

template <class K>
concept Key = std::copyable<K> && requires(const K& key) {
    typename K::Value;
    { K::k_name } -> std::convertible_to<std::string_view>;
    { key.text() } -> std::same_as<std::string>;
};

// How a key stands in a drawing of the graph. Keys with an empty `kind` are not drawn: what they need counts as needed by
// whoever needs them.
struct Drawn {
    std::string kind;  // "module", "crate"
    std::string id;    // unique within the kind
    std::string name;  // for people
};

// A key without its type: what the graph keeps so that it can start the rule, and say what it is about.
class KeyBox {
   public:
    virtual ~KeyBox() = default;
    virtual Frame start(Build build) const = 0;
    virtual std::string describe() const = 0;
    virtual std::string text() const = 0;
    virtual std::string_view name() const = 0;
    virtual TypeTag value_tag() const = 0;
    virtual Drawn drawn() const = 0;
    virtual TypeTag key_tag() const = 0;
    virtual const void* key() const = 0;  // a K, where key_tag() is K's
};

}  // namespace cermet::engine
