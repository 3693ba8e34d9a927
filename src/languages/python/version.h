// Version: PEP 440 versions and specifiers: parsed, compared and printed as the `packaging` library does.
// SPDX-License-Identifier: MIT
//
// Numbers are kept as decimal text, so no version is too large. Pure copyable values, thread-safe. Bad text is a Project
// error without a place; the caller adds it. Source: packaging.python.org version-specifiers (PEP 440).
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cermet::python {

// A natural number of any length as decimal digits without leading zeros.
class Natural {
   public:
    Natural() = default;
    explicit Natural(std::string_view digits);
    const std::string& text() const { return digits_; }
    bool zero() const { return digits_ == "0"; }
    Natural next() const;
    std::strong_ordering operator<=>(const Natural& other) const;
    bool operator==(const Natural&) const = default;

   private:
    std::string digits_ = "0";
};

class Version {
   public:
    enum class Pre { None, Alpha, Beta, Candidate };

    static Result<Version> parse(std::string_view text);
    static std::optional<Version> find(std::string_view text);  // nullopt when it is no version

    std::string text() const;         // normalised: "1!2.0rc1.post2.dev3+local.4"
    std::string public_text() const;  // without the local part
    std::string base_text() const;    // epoch and release
    bool is_prerelease() const { return pre != Pre::None || dev.has_value(); }
    bool is_postrelease() const { return post.has_value(); }
    Version public_version() const;
    Version base_version() const;

    std::strong_ordering operator<=>(const Version& other) const;
    bool operator==(const Version& other) const { return (*this <=> other) == 0; }  // 1.0 == 1.0.0

    Natural epoch;
    std::vector<Natural> release;
    Pre pre = Pre::None;
    Natural pre_number;
    std::optional<Natural> post;
    std::optional<Natural> dev;
    std::vector<std::string> local;  // lower-case segments; numbers without leading zeros
};

struct Specifier {
    std::string op;       // ~= == != <= >= < > ===
    std::string version;  // as written
    std::string text() const { return op + version; }
    bool contains(const Version& candidate) const;  // pre-releases are candidates like any other
    // The same for a candidate that may not be a PEP 440 version (only === can hold it).
    bool contains_text(std::string_view candidate) const;
    bool names_prerelease() const;  // its own version is a pre-release, and the operator includes it
};

// How many bytes at the start of `text` are one specifier ("~=1.4" of "~=1.4, <2"); 0 when none is.
std::size_t specifier_prefix(std::string_view text);

class SpecifierSet {
   public:
    static Result<SpecifierSet> parse(std::string_view text);  // comma-separated; empty accepts all
    std::string text() const;                                  // sorted, joined by ","
    bool empty() const { return specifiers.empty(); }
    // Pre-releases are accepted only when `prereleases` or when one specifier names one.
    bool contains(const Version& candidate, bool prereleases = false) const;

    std::vector<Specifier> specifiers;  // sorted by text, without duplicates
};

}  // namespace cermet::python
