// Tests of facts and messages: what is understood, and what is said of the rest.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "facts/messages.h"

namespace cermet::facts {

namespace {

std::string problem(std::string_view lines) {
    Result<Statements> all = parse_statements(lines, "the script");
    return all.ok() ? std::string() : all.error().message;
}

}  // namespace

TEST_CASE("facts: statements become values") {
    Result<Statements> all = parse_statements(
        R"({"type":"provide","kind":"headers","name":"shapes","visibility":"transitive","value":{"include":["/cermet/out/a"]}}
{"type":"provide","kind":"library","name":"z","value":{"link":"static","libraries":["z"],"search":["/x"]}}
{"type":"diagnostic","level":"warning","message":"old","file":"x.toml","line":3}
)",
        "the script");
    REQUIRE(all.ok());
    REQUIRE(all->facts.size() == 2);
    CHECK(all->facts[0].text() == "headers:shapes");
    CHECK(all->facts[0].visibility == Visibility::Transitive);
    CHECK(all->facts[0].origin == "the script");
    CHECK(all->facts[1].visibility == Visibility::Direct);
    CHECK(all->diagnostics[0].where.line == 3);
}

TEST_CASE("facts: what is wrong is said with the member's name") {
    CHECK(problem(R"({"type":"provid"})") == "there is no message `provid`");
    CHECK(problem(R"({"type":"require","kind":"library","name":"z"})") ==
          "the message require is a question and needs an `id`");
    CHECK(problem(R"({"type":"provide","kind":"library","name":"z","value":{"libraries":["z"]}})") ==
          "library:z lacks `link`, a text");
    CHECK(problem(R"({"type":"provide","kind":"library","name":"z","value":{"link":"both","libraries":["z"]}})") ==
          "`link` of library:z is to be `static` or `shared`, not `both`");
    CHECK(problem(R"({"type":"provide","kind":"headers","name":"z","value":{"include":["rel"]}})") ==
          "`include` of headers:z is to be a list of absolute paths");
    CHECK(problem(R"({"type":"provide","kind":"headers","name":"z","value":{"include":[],"inclde":1}})") ==
          "headers:z has no member `inclde`");
    CHECK(problem(R"({"type":"provide","kind":"head","name":"z","value":{}})") == "there is no kind `head` of facts");
    CHECK(problem(R"({"type":"provide","kind":"tool","name":"","value":{"program":"/x"}})") ==
          "a fact of the kind tool needs a name");
    CHECK(problem(R"({"type":"provide","kind":"tool","name":"t","visibility":"all","value":{"program":"/x"}})") ==
          "`visibility` of tool:t is to be private, direct or transitive, not `all`");
    CHECK(problem(R"({"type":"diagnostic","level":"bad","message":"x"})") ==
          "`level` of a diagnostic is to be error, warning or note, not `bad`");
    CHECK(problem("{") != "");
    const std::string twice = R"({"type":"provide","kind":"config","name":"c","value":{"values":{"a":"1"}}})";
    CHECK(problem(twice + "\n" + twice) == "");
    CHECK(problem(twice + "\n" + R"({"type":"provide","kind":"config","name":"c","value":{"values":{"a":"2"}}})") ==
          "config:c is provided twice, with different values");
}

TEST_CASE("facts: questions, and the handshake") {
    Result<Question> hello = parse_question(R"({"type":"hello","protocol":[1,2],"client":"x 1"})");
    REQUIRE(hello.ok());
    CHECK(hello->type == Question::Type::Hello);
    Result<Json> answer = answer_hello(hello->message);
    REQUIRE(answer.ok());
    CHECK((*answer)["protocol"].integer() == 1);
    Result<Question> later = parse_question(R"({"type":"hello","protocol":[7],"client":"x 9"})");
    REQUIRE(later.ok());
    Result<Json> refused = answer_hello(later->message);
    REQUIRE(!refused.ok());
    CHECK(refused.error().message == "version 1 of the protocol is spoken here, and x 9 understands [7]");
    CHECK(!parse_question(R"({"type":"diagnostic","level":"note","message":"x"})").ok());
    CHECK(!parse_question(R"({"type":"require","kind":"library"})").ok());
    CHECK(parse_question(R"({"type":"require","kind":"library","name":"z","optional":true})").ok());
}

TEST_CASE("facts: names") {
    CHECK(parse_fact_name("library:z")->name == "z");
    CHECK(parse_fact_name("custom:a:b")->name == "a:b");
    for (const char* bad : {"", "library", "library:", "nothing:z", ":z"}) CHECK(!parse_fact_name(bad));
}

TEST_CASE("facts: equal values have equal digests, whoever provides them") {
    Fact one{"config", "c", Visibility::Direct, Json(Json::Object{{"values", Json(Json::Object{})}}), "a"};
    Fact two = one;
    two.origin = "b";
    CHECK(one.digest() == two.digest());
    two.visibility = Visibility::Private;
    CHECK(one.digest() != two.digest());
}

}  // namespace cermet::facts
