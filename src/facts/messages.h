// Messages: what a script says over its channel, as typed values, checked against one table (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
// A message is one JSON object with a `type`. Questions (hello, require, option, watch, fetch) have an `id` and are answered;
// statements (provide, output, diagnostic, note) are not. exec takes the id off before a question comes here. What a script of a later protocol says
// more than this table knows is an error: the handshake tells it what is understood. Pure values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "facts/fact.h"

namespace cermet::facts {

inline constexpr int k_protocol = 1;
inline constexpr std::string_view k_variable = "CERMET_CHANNEL";

enum class Role { Question, Statement };

struct MessageType {
    std::string_view name;
    Role role;
    std::string_view about;
    std::vector<Member> members;  // besides `type` and `id`
};
const std::vector<MessageType>& message_types();
std::string protocol_reference();  // docs/reference/messages.md
Json protocol_schema();            // docs/reference/messages.schema.json

struct Question {
    enum class Type { Hello, Require, Option, Watch, Fetch } type = Type::Hello;
    Json message;
};
Result<Question> parse_question(std::string_view line);
Result<Json> answer_hello(const Json& message);

// What a script lets others decide.
struct ScriptOption {
    std::string name, about;
    std::string kind;  // boolean, number, text or choice
    std::vector<std::string> choices;
    Json initial;  // its value where nobody says one
};
Result<ScriptOption> parse_option(const Json& message);
// A value said from outside, as text, in the option's type; a Project error says what it takes.
Result<Json> value_of(const ScriptOption& option, const std::string& text);

struct Diagnostic {
    enum class Level { Error, Warning, Note } level = Level::Warning;
    std::string message, hint;
    Where where;
};
// A file or directory that it made, and what it is for.
enum class OutputRole { Header, Library, Program, Source, Data, Licence };
struct StatedOutput {
    std::string path;  // canonical
    OutputRole role = OutputRole::Data;
};
// All that a script stated.
struct Statements {
    std::vector<Fact> facts;  // with `origin`
    std::vector<StatedOutput> outputs;
    std::vector<Diagnostic> diagnostics;
    std::vector<std::string> notes;
};
// `lines`: one message each. `origin` is who said them, for people. A Project error names the line's message; two facts of
// one name and different values are one.
Result<Statements> parse_statements(std::string_view lines, const std::string& origin);

}  // namespace cermet::facts
