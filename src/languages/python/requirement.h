// Requirement: dependency specifiers (PEP 508) and markers: parsed, evaluated, printed as `packaging` prints them; names.
// SPDX-License-Identifier: MIT
//
// Pure copyable values; bad text is a Project error whose message shows the text and where it stops making sense; the
// caller adds the place. Source: packaging.python.org dependency-specifiers, name-normalization (PEP 503), PEP 685.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "languages/python/version.h"

namespace cermet::python {

bool valid_name(std::string_view name);             // letters, digits, -_. inside
std::string normalise_name(std::string_view name);  // PEP 503/685: lower case, runs of -_. become "-"
std::string escape_name(std::string_view name);     // for file names: normalise_name with "_" for "-"

// Values of marker variables: "python_version" -> "3.12", "extra" -> "test", …
using MarkerEnvironment = std::map<std::string, std::string, std::less<>>;

class Marker {
   public:
    // A comparison, or `and`/`or` over children.
    enum class Kind { Compare, And, Or };
    struct Operand {
        bool variable = false;
        std::string text;  // a variable's name or a literal's value
    };

    static Result<Marker> parse(std::string_view text);
    std::string text() const;
    // Unknown variables count as "". `extras` and `dependency_groups` (PEP 751) take the sets given. Where both sides
    // are versions they are compared as versions, else as text; `<` and the like on text are false, as in packaging 26.
    bool evaluate(const MarkerEnvironment& environment, const std::set<std::string>& extras = {}) const;
    bool uses_variable(std::string_view name) const;

    // `(this) and other`, printed with the parentheses that are needed.
    Marker and_also(const Marker& other) const;
    static Marker extra_equals(std::string_view extra);  // extra == "…"

    Kind kind = Kind::Compare;
    Operand left, right;
    std::string op;                // < <= != == >= > ~= === in "not in"
    std::vector<Marker> children;  // of And and Or, two or more
    bool grouped = false;          // written in parentheses
};

class Requirement {
   public:
    static Result<Requirement> parse(std::string_view text);
    std::string text() const;

    std::string name;                 // as written
    std::vector<std::string> extras;  // sorted, as written
    std::string url;                  // "" when it has a specifier
    SpecifierSet specifier;
    std::optional<Marker> marker;
};

}  // namespace cermet::python
