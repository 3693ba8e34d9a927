// Facts: the table of their kinds, and the check of a value against it.
// SPDX-License-Identifier: MIT
#include "facts/fact.h"

#include <algorithm>

#include "base/lists.h"
#include "base/text.h"

namespace cermet::facts {

namespace fact_detail {

bool all_text(const Json& value) {
    const Json::Array& items = value.array();
    return value.is_array() && std::all_of(items.begin(), items.end(), [](const Json& one) { return one.is_string(); });
}

bool is_path(const Json& value) { return value.is_string() && !value.string().empty() && value.string()[0] == '/'; }

bool has_shape(const Json& value, Shape shape) {
    switch (shape) {
        case Shape::Text: return value.is_string();
        case Shape::Texts: return all_text(value);
        case Shape::Path: return is_path(value);
        case Shape::Paths: {
            const Json::Array& items = value.array();
            return value.is_array() && std::all_of(items.begin(), items.end(), is_path);
        }
        case Shape::Boolean: return value.is_bool();
        case Shape::Number: return value.is_int();
        case Shape::TextMap: {
            if (!value.is_object()) return false;
            const Json::Object& members = value.object();
            return std::all_of(members.begin(), members.end(),
                               [](const auto& entry) { return entry.second.is_string(); });
        }
        case Shape::Any: return true;
    }
    return false;
}

}  // namespace fact_detail

std::string_view name_of(Shape shape) {
    switch (shape) {
        case Shape::Text: return "a text";
        case Shape::Texts: return "a list of texts";
        case Shape::Path: return "an absolute path";
        case Shape::Paths: return "a list of absolute paths";
        case Shape::Boolean: return "true or false";
        case Shape::Number: return "a whole number";
        case Shape::TextMap: return "an object of texts";
        case Shape::Any: return "anything";
    }
    return "?";
}

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {"library",
         "a library to link and what is needed to compile against it",
         {{"link", Shape::Text, true, "`static` or `shared`"},
          {"libraries", Shape::Texts, true, "names for the linker, in its order: `z` for libz.a"},
          {"search", Shape::Paths, false, "directories in which the libraries lie"},
          {"include", Shape::Paths, false, "directories for `#include`"},
          {"defines", Shape::TextMap, false, "macros that who compiles against it sets; an empty value defines only"},
          {"system", Shape::Texts, false, "libraries of the system that it needs"},
          {"version", Shape::Text, false, "its own version"}}},
        {"headers",
         "headers without a library",
         {{"include", Shape::Paths, true, "directories for `#include`, or for cimports"},
          {"defines", Shape::TextMap, false, "as of a library"}}},
        {"tool",
         "a program to run",
         {{"program", Shape::Path, true, "the program"}, {"version", Shape::Text, false, "its own version"}}},
        {"config", "names and values", {{"values", Shape::TextMap, true, "what was decided"}}},
        {"abi", "what must be equal where two parts meet", {{"record", Shape::TextMap, true, "names and values"}}},
        {"custom",
         "anything else, under a schema of the provider's",
         {{"schema", Shape::Text, true, "the name or address of the schema; both ends must write the same"},
          {"value", Shape::Any, true, "what it describes"}}},
    };
    return all;
}

const Kind* find_kind(std::string_view name) {
    for (const Kind& kind : kinds()) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

std::optional<FactName> parse_fact_name(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
    if (find_kind(text.substr(0, colon)) == nullptr) return std::nullopt;
    return FactName{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

Status check_members(const Json& value, const std::vector<Member>& members, bool open, std::string_view what) {
    using namespace fact_detail;
    if (!value.is_object()) return project_error(cat(what, " is to be an object"));
    for (const Member& member : members) {
        const Json* found = value.find(member.name);
        if (found == nullptr || found->is_null()) {
            if (!member.required) continue;
            return project_error(cat(what, " lacks `", member.name, "`, ", name_of(member.shape)));
        }
        if (!has_shape(*found, member.shape))
            return project_error(cat("`", member.name, "` of ", what, " is to be ", name_of(member.shape)));
    }
    if (open) return {};
    std::vector<std::string> known;
    for (const Member& member : members) known.emplace_back(member.name);
    for (const auto& [name, ignored] : value.object()) {
        if (contains(known, name)) continue;
        const std::string near = nearest(name, known);
        return project_error(cat(what, " has no member `", name, "`"),
                             near.empty() ? cat("there are ", join(known, ", ")) : cat("`", near, "` is one"));
    }
    return {};
}

Status check_fact(const Fact& fact) {
    const Kind* kind = find_kind(fact.kind);
    if (kind == nullptr) {
        std::vector<std::string> known;
        for (const Kind& one : kinds()) known.emplace_back(one.name);
        return project_error(cat("there is no kind `", fact.kind, "` of facts"), cat("there are ", join(known, ", ")));
    }
    if (fact.name.empty()) return project_error(cat("a fact of the kind ", fact.kind, " needs a name"));
    TRY_VOID(check_members(fact.value, kind->members, kind->open, fact.text()));
    const std::string& link = fact.value["link"].string();
    if (fact.kind == "library" && link != "static" && link != "shared")
        return project_error(cat("`link` of ", fact.text(), " is to be `static` or `shared`, not `", link, "`"));
    return {};
}

std::optional<Visibility> visibility_of(std::string_view text) {
    for (Visibility one : {Visibility::Private, Visibility::Direct, Visibility::Transitive}) {
        if (text_of(one) == text) return one;
    }
    return std::nullopt;
}

std::string_view text_of(Visibility visibility) {
    switch (visibility) {
        case Visibility::Private: return "private";
        case Visibility::Direct: return "direct";
        case Visibility::Transitive: return "transitive";
    }
    return "?";
}

Digest Fact::digest() const {
    Json all;
    all.set("kind", kind).set("name", name).set("visibility", text_of(visibility)).set("value", value);
    return digest_of(all.dump());
}

}  // namespace cermet::facts
