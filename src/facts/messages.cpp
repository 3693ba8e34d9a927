// Messages: the table of their types, their parsing, and the reference made of the table.
// SPDX-License-Identifier: MIT
#include "facts/messages.h"

#include <algorithm>

#include "base/lists.h"
#include "base/text.h"

namespace cermet::facts {

namespace messages_detail {

const MessageType* find_type(std::string_view name) {
    for (const MessageType& type : message_types()) {
        if (type.name == name) return &type;
    }
    return nullptr;
}

// The message without what every one has, checked.
Result<const MessageType*> check_message(const Json& message, Role role) {
    const std::string& name = message["type"].string();
    const MessageType* type = find_type(name);
    std::vector<std::string> known;
    for (const MessageType& one : message_types()) {
        if (one.role == role) known.emplace_back(one.name);
    }
    if (type == nullptr) {
        const std::string near = nearest(name, known);
        return project_error(cat("there is no message `", name, "`"),
                             near.empty() ? cat("there are ", join(known, ", ")) : cat("`", near, "` is one"));
    }
    if (type->role != role) {
        return project_error(role == Role::Statement
                                 ? cat("the message ", name, " is a question and needs an `id`")
                                 : cat("the message ", name, " is answered by nobody: it has no `id`"));
    }
    Json::Object members = message.object();
    members.erase("type");
    TRY_VOID(check_members(Json(std::move(members)), type->members, false, cat("the message ", name)));
    return type;
}

Result<Fact> fact_of(const Json& message, const std::string& origin) {
    Fact fact;
    fact.kind = message["kind"].string();
    fact.name = message["name"].string();
    fact.value = message["value"];
    fact.origin = origin;
    if (const Json* said = message.find("visibility")) {
        std::optional<Visibility> visibility = visibility_of(said->string());
        if (!visibility)
            return project_error(cat("`visibility` of ", fact.text(), " is to be private, direct or transitive, not `",
                                     said->string(), "`"));
        fact.visibility = *visibility;
    }
    TRY_VOID(check_fact(fact));
    return fact;
}

Result<Diagnostic> diagnostic_of(const Json& message) {
    Diagnostic found;
    const std::string& level = message["level"].string();
    if (level == "error") {
        found.level = Diagnostic::Level::Error;
    } else if (level == "note") {
        found.level = Diagnostic::Level::Note;
    } else if (level != "warning") {
        return project_error(cat("`level` of a diagnostic is to be error, warning or note, not `", level, "`"));
    }
    found.message = message["message"].string();
    found.hint = message["hint"].string();
    found.where.file = message["file"].string();
    found.where.line = static_cast<int>(message["line"].integer());
    found.where.column = static_cast<int>(message["column"].integer());
    return found;
}

Status add_fact(Statements& all, Fact fact) {
    for (const Fact& other : all.facts) {
        if (other.text() != fact.text()) continue;
        if (other.digest() == fact.digest()) return {};
        return project_error(cat(fact.text(), " is provided twice, with different values"));
    }
    all.facts.push_back(std::move(fact));
    return {};
}

constexpr std::pair<std::string_view, OutputRole> k_roles[] = {
    {"header", OutputRole::Header}, {"library", OutputRole::Library}, {"program", OutputRole::Program},
    {"source", OutputRole::Source}, {"data", OutputRole::Data},       {"licence", OutputRole::Licence}};

Result<StatedOutput> output_of(const Json& message) {
    StatedOutput output;
    output.path = message["path"].string();
    const std::string& role = message["role"].string();
    std::vector<std::string> known;
    for (const auto& [name, value] : k_roles) {
        known.emplace_back(name);
        output.role = name == role ? value : output.role;
    }
    if (contains(known, role)) return output;
    const std::string near = nearest(role, known);
    return project_error(cat("there is no role `", role, "` of outputs"),
                         near.empty() ? cat("there are ", join(known, ", ")) : cat("`", near, "` is one"));
}

// Whether a value is one that the option can have.
bool fits(const ScriptOption& option, const Json& value) {
    if (option.kind == "boolean") return value.is_bool();
    if (option.kind == "number") return value.is_int();
    if (!value.is_string() || option.kind == "text") return value.is_string();
    return contains(option.choices, value.string());
}

std::string what_it_takes(const ScriptOption& option) {
    if (option.kind == "boolean") return "true or false";
    if (option.kind == "number") return "a whole number";
    return option.kind == "text" ? "a text" : cat("one of ", join(option.choices, ", "));
}

Status add_statement(Statements& all, const Json& message, const std::string& origin) {
    TRY(type, check_message(message, Role::Statement));
    if (type->name == "provide") {
        TRY(fact, fact_of(message, origin));
        return add_fact(all, std::move(fact));
    }
    if (type->name == "output") {
        TRY(output, output_of(message));
        all.outputs.push_back(std::move(output));
        return {};
    }
    if (type->name == "note") {
        all.notes.push_back(message["message"].string());
        return {};
    }
    TRY(diagnostic, diagnostic_of(message));
    all.diagnostics.push_back(std::move(diagnostic));
    return {};
}

}  // namespace messages_detail

const std::vector<MessageType>& message_types() {
    static const std::vector<MessageType> all = {
        {"hello",
         Role::Question,
         "the first message: the script says what it understands and is told what will be spoken",
         {{"protocol", Shape::Any, true, "a list of the versions that the script understands"},
          {"client", Shape::Text, false, "the name and version of who speaks"}}},
        {"require",
         Role::Question,
         "asks for a fact; the answer is its value",
         {{"kind", Shape::Text, true, "a kind of facts"},
          {"name", Shape::Text, true, "its name"},
          {"optional", Shape::Boolean, false, "null is the answer when nobody provides it, in place of an error"}}},
        {"provide",
         Role::Statement,
         "states a fact",
         {{"kind", Shape::Text, true, "a kind of facts"},
          {"name", Shape::Text, true, "its name; one package provides a name once"},
          {"visibility", Shape::Text, false, "`private`, `direct` (as without it) or `transitive`"},
          {"value", Shape::Any, true, "as its kind says"}}},
        {"option",
         Role::Question,
         "asks what was decided from outside; the answer is an object with the `value`",
         {{"name", Shape::Text, true, "the option's name"},
          {"kind", Shape::Text, true, "`boolean`, `number`, `text` or `choice`"},
          {"choices", Shape::Texts, false, "what a choice can be"},
          {"default", Shape::Any, true, "the value where nobody says one"},
          {"about", Shape::Text, false, "one sentence for who decides"}}},
        {"watch",
         Role::Question,
         "names something that it reads; when that changes, the script runs again",
         {{"path", Shape::Path, false, "a file or directory; the answer has its `digest`, or null where nothing is"},
          {"variable", Shape::Text, false,
           "a variable of the user's; the answer has its `value`, empty where it is not set"}}},
        {"fetch",
         Role::Question,
         "asks for a download that is declared; the answer has the `path` of the file, whose bytes were checked",
         {{"name", Shape::Text, true, "the name in the declaration"},
          {"url", Shape::Text, false, "what the script believes that to be; another one is an error"},
          {"sha256", Shape::Text, false, "likewise"}}},
        {"output",
         Role::Statement,
         "says what a file or directory is for that it made",
         {{"path", Shape::Path, true, "what it made, below OUT_DIR or among its declared outputs"},
          {"role", Shape::Text, true, "`header`, `library`, `program`, `source`, `data` or `licence`"}}},
        {"note",
         Role::Statement,
         "a line for who looks closely: shown with --verbose",
         {{"message", Shape::Text, true, "one line"}}},
        {"diagnostic",
         Role::Statement,
         "a message for who runs the build; an error makes the script fail in the end",
         {{"level", Shape::Text, true, "`error`, `warning` or `note`"},
          {"message", Shape::Text, true, "one sentence"},
          {"file", Shape::Text, false, "where it is"},
          {"line", Shape::Number, false, "from 1"},
          {"column", Shape::Number, false, "from 1"},
          {"hint", Shape::Text, false, "one thing to do"}}},
    };
    return all;
}

Result<Question> parse_question(std::string_view line) {
    TRY(message, parse_json(line, "a message"));
    TRY(type, messages_detail::check_message(message, Role::Question));
    Question question;
    question.message = std::move(message);
    if (type->name == "require") question.type = Question::Type::Require;
    if (type->name == "fetch") question.type = Question::Type::Fetch;
    if (type->name == "option") question.type = Question::Type::Option;
    if (type->name == "watch") {
        question.type = Question::Type::Watch;
        if (question.message.find("path") == nullptr && question.message.find("variable") == nullptr)
            return project_error("the message watch needs a `path` or a `variable`");
    }
    return question;
}

Result<Json> answer_hello(const Json& message) {
    const Json::Array& versions = message["protocol"].array();
    const bool spoken = std::any_of(versions.begin(), versions.end(),
                                    [](const Json& one) { return one.is_int() && one.integer() == k_protocol; });
    if (!spoken)
        return project_error(cat("version ", k_protocol, " of the protocol is spoken here, and ",
                                 message["client"].is_string() ? message["client"].string() : "the script",
                                 " understands ", message["protocol"].dump()));
    Json answer;
    answer.set("protocol", k_protocol);
    return answer;
}

Result<ScriptOption> parse_option(const Json& message) {
    using namespace messages_detail;
    ScriptOption option;
    option.name = message["name"].string();
    option.about = message["about"].string();
    option.kind = message["kind"].string();
    option.choices = message["choices"].string_list();
    option.initial = message["default"];
    const std::vector<std::string> known = {"boolean", "number", "text", "choice"};
    if (!contains(known, option.kind))
        return project_error(cat("`kind` of the option ", option.name,
                                 " is to be boolean, number, text or choice, not `", option.kind, "`"));
    if (option.kind == "choice" && option.choices.empty())
        return project_error(cat("the option ", option.name, " is a choice and has no `choices`"));
    if (!fits(option, option.initial))
        return project_error(cat("`default` of the option ", option.name, " is to be ", what_it_takes(option), ", not ",
                                 option.initial.dump()));
    return option;
}

Result<Json> value_of(const ScriptOption& option, const std::string& text) {
    using namespace messages_detail;
    Json value(text);
    if (option.kind == "boolean" && (text == "true" || text == "false")) value = Json(text == "true");
    if (option.kind == "number") {
        Result<Json> number = parse_json(text, "a number");
        if (number.ok()) value = std::move(*number);
    }
    if (fits(option, value)) return value;
    const std::string near = option.kind == "choice" ? nearest(text, option.choices) : std::string();
    return project_error(cat("the option ", option.name, " takes ", what_it_takes(option), ", not `", text, "`"),
                         near.empty() ? std::string() : cat("did you mean ", near, "?"));
}

Result<Statements> parse_statements(std::string_view lines, const std::string& origin) {
    Statements all;
    for (const std::string& line : split_lines(lines)) {
        if (line.empty()) continue;
        TRY(message, parse_json(line, "a message"));
        Status added = messages_detail::add_statement(all, message, origin);
        if (!added.ok()) return std::move(added).error().note(cat("while ", origin, " said ", line.substr(0, 120)));
    }
    return all;
}

}  // namespace cermet::facts
