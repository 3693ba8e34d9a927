// Json: a small value type for reading and writing JSON; the parser behind it is nlohmann-json, in json.cpp only.
// SPDX-License-Identifier: MIT
//
// Objects keep their keys sorted (std::map), so dump() is canonical: same value, same bytes. Numbers are int64 or double.
// parse() takes untrusted bytes: an Error with line and column, never a throw. Copyable value.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace cermet {

class Json {
   public:
    using Array = std::vector<Json>;
    using Object = std::map<std::string, Json, std::less<>>;

    Json() = default;                                                // null
    Json(std::nullptr_t) {}                                          // NOLINT(google-explicit-constructor)
    Json(bool v) : value_(v) {}                                      // NOLINT(google-explicit-constructor)
    Json(int v) : value_(static_cast<std::int64_t>(v)) {}            // NOLINT(google-explicit-constructor)
    Json(std::int64_t v) : value_(v) {}                              // NOLINT(google-explicit-constructor)
    Json(std::uint64_t v) : value_(static_cast<std::int64_t>(v)) {}  // NOLINT(google-explicit-constructor)
    Json(double v) : value_(v) {}                                    // NOLINT(google-explicit-constructor)
    Json(const char* v) : value_(std::string(v)) {}                  // NOLINT(google-explicit-constructor)
    Json(std::string v) : value_(std::move(v)) {}                    // NOLINT(google-explicit-constructor)
    Json(std::string_view v) : value_(std::string(v)) {}             // NOLINT(google-explicit-constructor)
    Json(Array v) : value_(std::move(v)) {}                          // NOLINT(google-explicit-constructor)
    Json(Object v) : value_(std::move(v)) {}                         // NOLINT(google-explicit-constructor)
    static Json strings(const std::vector<std::string>& values);

    bool is_null() const { return value_.index() == 0; }
    bool is_bool() const { return value_.index() == 1; }
    bool is_int() const { return value_.index() == 2; }
    bool is_double() const { return value_.index() == 3; }
    bool is_string() const { return value_.index() == 4; }
    bool is_array() const { return value_.index() == 5; }
    bool is_object() const { return value_.index() == 6; }

    // Readers give the zero value when the type differs: check is_…() first where it matters.
    bool boolean() const;
    std::int64_t integer() const;
    double number() const;
    const std::string& string() const;
    const Array& array() const;
    const Object& object() const;
    std::vector<std::string> string_list() const;        // the strings of an array; others are skipped
    const Json& operator[](std::string_view key) const;  // null when absent
    const Json* find(std::string_view key) const;

    Json& set(std::string key, Json value);  // makes this an object; returns *this
    Json& push(Json value);                  // makes this an array; returns *this

    std::string dump(int indent = -1) const;  // -1: one line without spaces
    bool operator==(const Json&) const = default;

   private:
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// `name` is the file the bytes came from, for the error's place.
Result<Json> parse_json(std::string_view bytes, std::string_view name);

}  // namespace cermet
