// Fuzzes the messages of build scripts: any bytes must give values or an Error, and what was understood is so again.
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "facts/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cermet;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Result<facts::Statements> said = facts::parse_statements(bytes, "the fuzzer");
    if (!said.ok() && (said.error().message.empty() || said.error().kind == ErrorKind::Bug)) std::abort();
    if (said.ok()) {
        for (const facts::Fact& fact : said->facts) {
            if (!facts::check_fact(fact).ok() || !facts::parse_fact_name(fact.text())) std::abort();
        }
    }
    Result<facts::Question> question = facts::parse_question(bytes);
    if (question.ok() && question->type == facts::Question::Type::Hello) (void)facts::answer_hello(question->message);
    return 0;
}
