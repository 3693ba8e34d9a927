// Conversation: what a running step and the rule that started it say to each other.
// SPDX-License-Identifier: MIT
//
//     Listening talk = executor.converse(action, ticket.sender());
//     Result<Said> said = co_await build.attempt_answer(ticket);      a question, or the outcome
//     … talk->answer(reply, next.sender()); Result<Said> more = co_await build.attempt_answer(next); …
// Questions come from the step's process, or from the look-up: a remembered result whose process once asked is only used
// when the answer is the same. Each question is put once and its answer kept. Knows neither graph nor protocol: questions
// and answers are texts. The rule holds the conversation; when its frame is destroyed, who waits for an answer gets an
// error and the process is ended.
// Threads: ask() on any thread of the executor, answer() and abandon() on the loop's.
#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/build.h"
#include "exec/action.h"

namespace cermet::exec {

// The next thing a rule hears of its step.
struct Said {
    std::optional<std::string> question;
    Outcome outcome;  // when there is no question
    bool operator==(const Said&) const = default;
};

class Conversation {
   public:
    explicit Conversation(engine::Sender<Said> first) : next_(first) {}
    ~Conversation() = default;
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    // The rule's side. An Error as the answer is one that the process may handle: it is told the text.
    void answer(Result<std::string> text, engine::Sender<Said> next);
    void abandon();  // nobody will answer any more

    // The step's side. Blocks until the rule answers; a Cancelled error when it will not.
    Result<std::string> ask(const std::string& question);
    void end(Result<Outcome> outcome);
    std::optional<Result<std::string>> known(const std::string& question) const;
    // A leaf for every question so far, in their order: what was asked, and the digest of the answer.
    std::vector<Leaf> leaves() const;

   private:
    mutable std::mutex mutex_;
    std::condition_variable answered_;
    engine::Sender<Said> next_;
    std::map<std::string, Result<std::string>> answers_;
    std::vector<std::string> order_;  // of the questions
    std::string open_;                // the question that the rule was told and has not answered
    bool abandoned_ = false;
    bool ended_ = false;
};

// A rule's end of its conversation: when the rule's frame goes, the conversation is abandoned.
class Listening {
   public:
    explicit Listening(std::shared_ptr<Conversation> talk) : talk_(std::move(talk)) {}
    Listening(Listening&&) = default;
    Listening& operator=(Listening&&) = delete;
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening() {
        if (talk_) talk_->abandon();
    }
    Conversation* operator->() const { return talk_.get(); }

   private:
    std::shared_ptr<Conversation> talk_;
};

// Leaves are sorted by name: a number of this many digits before the question keeps the order of the questions.
inline constexpr std::size_t k_turn_digits = 4;
std::string question_of(const Leaf& leaf);
std::string value_of_answer(const Result<std::string>& answer);  // of its leaf

}  // namespace cermet::exec
