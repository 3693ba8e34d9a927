// Conversation, implemented: one open question at a time, every answer kept.
// SPDX-License-Identifier: MIT
#include "exec/conversation.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cermet::exec {

std::string question_of(const Leaf& leaf) { return leaf.name.substr(k_turn_digits + 1); }

// An error is an answer too: it decides what the process does next.
std::string value_of_answer(const Result<std::string>& answer) {
    return answer.ok() ? digest_of(*answer).text() : cat("error ", digest_of(answer.error().message).text());
}

void Conversation::answer(Result<std::string> text, engine::Sender<Said> next) {
    std::lock_guard lock(mutex_);
    next_ = next;
    order_.push_back(open_);
    answers_.emplace(std::exchange(open_, {}), std::move(text));
    answered_.notify_all();
}

void Conversation::abandon() {
    std::lock_guard lock(mutex_);
    abandoned_ = true;
    answered_.notify_all();
}

Result<std::string> Conversation::ask(const std::string& question) {
    std::unique_lock lock(mutex_);
    auto known = answers_.find(question);
    if (known != answers_.end()) return known->second;
    if (abandoned_ || ended_) return Error(ErrorKind::Cancelled, "nobody answers any more");
    open_ = question;
    Said said;
    said.question = question;
    next_.send(std::move(said));
    answered_.wait(lock, [&] { return abandoned_ || answers_.count(question) != 0; });
    known = answers_.find(question);
    if (known != answers_.end()) return known->second;
    return Error(ErrorKind::Cancelled, "nobody answers any more");
}

void Conversation::end(Result<Outcome> outcome) {
    std::lock_guard lock(mutex_);
    if (ended_ || abandoned_) return;
    ended_ = true;
    if (!outcome.ok()) {
        next_.send(std::move(outcome).error());
        return;
    }
    Said said;
    said.outcome = std::move(*outcome);
    next_.send(std::move(said));
}

std::optional<Result<std::string>> Conversation::known(const std::string& question) const {
    std::lock_guard lock(mutex_);
    auto found = answers_.find(question);
    return found == answers_.end() ? std::nullopt : std::optional<Result<std::string>>(found->second);
}

std::vector<Leaf> Conversation::leaves() const {
    std::lock_guard lock(mutex_);
    std::vector<Leaf> found;
    for (std::size_t turn = 0; turn < order_.size(); ++turn) {
        const std::string number = cat(turn);
        const std::string zeros(k_turn_digits - std::min(number.size(), k_turn_digits), '0');
        found.push_back(Leaf{Leaf::Type::Answer, cat(zeros, number, " ", order_[turn]),
                             value_of_answer(answers_.at(order_[turn]))});
    }
    return found;
}

}  // namespace cermet::exec
