// Fact: something one part of a build tells another, with a kind, a name, a visibility and a typed value.
// SPDX-License-Identifier: MIT
//
// A fact is called "KIND:NAME", as in uses = ["library:z"]. What a kind's value holds is said once, in kinds(): values are
// checked against it, and the reference and the JSON schema of docs/protocol.md are made of it. Paths in values are
// canonical. Two facts with one digest are the same: who asked for one needs no new answer. Pure values.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"

namespace cermet::facts {

// Who may ask: nobody but the provider's own package, those that depend on it themselves, all that stand on it somehow.
enum class Visibility { Private, Direct, Transitive };

// "library:z" -> its two halves; nullopt when it is no fact's name: the kind is unknown, or the name empty.
struct FactName {
    std::string kind, name;
    std::string text() const { return kind + ":" + name; }
    bool operator==(const FactName&) const = default;
};
std::optional<FactName> parse_fact_name(std::string_view text);

struct Fact {
    std::string kind;  // library, headers, tool, config, abi or custom
    std::string name;
    Visibility visibility = Visibility::Direct;
    Json value;
    std::string origin;  // who provides it, for people: "the build script of foo v1.0.0"; not in the digest
    std::string text() const { return kind + ":" + name; }
    bool is(const FactName& other) const { return kind == other.kind && name == other.name; }
    Digest digest() const;
};

// What a value may be.
enum class Shape { Text, Texts, Path, Paths, Boolean, Number, TextMap, Any };

std::string_view name_of(Shape shape);  // "a list of texts"

struct Member {
    std::string_view name;
    Shape shape = Shape::Text;
    bool required = false;
    std::string_view about;
};

struct Kind {
    std::string_view name;
    std::string_view about;
    std::vector<Member> members;  // of the value, which is an object
    bool open = false;            // other members are allowed
};

const std::vector<Kind>& kinds();
const Kind* find_kind(std::string_view name);

// What of `value` is not as the members say: a missing or unknown member, another shape. A Project error with one sentence.
Status check_members(const Json& value, const std::vector<Member>& members, bool open, std::string_view what);
Status check_fact(const Fact& fact);
std::optional<Visibility> visibility_of(std::string_view text);
std::string_view text_of(Visibility visibility);

}  // namespace cermet::facts
