// The reference of messages and kinds of facts: a page for people and a JSON schema, both made of the tables.
// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "facts/messages.h"

namespace cermet::facts {

namespace reference_detail {

constexpr const char* k_introduction =
    "# Messages of build scripts\n\n"
    "Made from the tables that Cermet checks messages against. How they are sent is in [protocol.md](../protocol.md); "
    "the\n"
    "same as a JSON schema is in messages.schema.json.\n";

void add_members(std::string& out, const std::vector<Member>& members) {
    if (members.empty()) return;
    out += "\n| member | | |\n|---|---|---|\n";
    for (const Member& member : members) {
        out += cat("| `", member.name, "` | ", name_of(member.shape), member.required ? "" : ", if at all", " | ",
                   member.about, " |\n");
    }
}

Json type_of(std::string_view type) { return Json().set("type", type); }

Json schema_of(Shape shape) {
    Json path = type_of("string").set("pattern", "^/");
    switch (shape) {
        case Shape::Text: return type_of("string");
        case Shape::Texts: return type_of("array").set("items", type_of("string"));
        case Shape::Path: return path;
        case Shape::Paths: return type_of("array").set("items", path);
        case Shape::Boolean: return type_of("boolean");
        case Shape::Number: return type_of("integer");
        case Shape::TextMap: return type_of("object").set("additionalProperties", type_of("string"));
        case Shape::Any: return Json(Json::Object());
    }
    return {};
}

Json object_of(const std::vector<Member>& members) {
    Json properties = Json(Json::Object());
    Json required = Json(Json::Array());
    for (const Member& member : members) {
        Json type = schema_of(member.shape);
        type.set("description", member.about);
        properties.set(std::string(member.name), std::move(type));
        if (member.required) required.push(member.name);
    }
    return type_of("object").set("properties", properties).set("required", required).set("additionalProperties", false);
}

// The message as it is sent, with its type and, of a question, its id.
Json schema_of(const MessageType& type) {
    Json schema = object_of(type.members);
    Json properties = schema["properties"];
    Json required = schema["required"];
    properties.set("type", Json().set("const", type.name));
    required.push("type");
    if (type.role == Role::Question) {
        properties.set("id", Json().set("type", Json::strings({"integer", "string"})));
        required.push("id");
    }
    return schema.set("properties", properties).set("required", required).set("description", type.about);
}

}  // namespace reference_detail

std::string protocol_reference() {
    using namespace reference_detail;
    std::string out = k_introduction;
    for (const MessageType& type : message_types()) {
        out += cat("\n## `", type.name, "`\n\nA ", type.role == Role::Question ? "question" : "statement", ": ",
                   type.about, ".\n");
        add_members(out, type.members);
    }
    out += "\n# Kinds of facts\n\nThe `value` of what is provided, and of what is answered.\n";
    for (const Kind& kind : kinds()) {
        out += cat("\n## `", kind.name, "`\n\n", kind.about, ".\n");
        add_members(out, kind.members);
    }
    return out;
}

Json protocol_schema() {
    using namespace reference_detail;
    Json messages = Json(Json::Array());
    for (const MessageType& type : message_types()) messages.push(schema_of(type));
    Json values = Json(Json::Object());
    for (const Kind& kind : kinds()) {
        Json value = object_of(kind.members);
        values.set(std::string(kind.name), value.set("description", kind.about));
    }
    Json root;
    root.set("$schema", "http://json-schema.org/draft-07/schema#").set("title", "Cermet: a message of a build script");
    return root.set("oneOf", messages).set("definitions", values);
}

}  // namespace cermet::facts
