// Talk: a step that talks over its channel, and who answers it (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
//     talk::give_channel(action);
//     exec::Outcome ran = co_await build.get(talk::TalkingStep<RequiredFact>(action, asker, who_is_asked));
//     CO_TRY(said, talk::read_statements(lines, asker, ran));
// Build scripts of crates and generators talk in the same way; they differ only in who provides what they require. So the
// step is told a key to ask for facts: a class with
//     using Value = Json;                                   answer_of(fact)
//     static constexpr std::string_view k_step_name;        of the TalkingStep
//     Required named(facts::FactName name) const;           the same question for another name
// Services needed: Executor, Downloads. Everything runs on the loop's thread.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/build.h"
#include "exec/action.h"
#include "exec/conversation.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "exec/run.h"
#include "facts/messages.h"
#include "fetch/pinned.h"
#include "options/config.h"
#include "platform/machine.h"

namespace cermet::talk {

// The step that asks, and what is said about it from outside.
struct Asker {
    std::string shown;                                   // "the build script of foo v1.0.0", "the generator tables"
    std::map<std::string, std::string> options;          // values for its options
    std::map<std::string, fetch::PinnedFile> downloads;  // what it may fetch, by name
    Where place;                                         // of the table that sets them; not in the key
    std::string declares;                                // how it declares a download, for people
    std::string text() const;                            // its part of a key
};

// A fact, absent where nobody provides it, and the files of who does.
struct ProvidedFact {
    std::optional<facts::Fact> fact;
    std::vector<exec::Input> files;
    std::vector<std::string> offered;  // every name that is provided, for messages
    bool chosen = false;               // the configuration says that this is the one
    std::string crate;                 // the configuration says that the script of this crate provides it
    bool operator==(const ProvidedFact& o) const;
};

// What the project itself provides under a name, besides its crates: what `provide` of its configuration says, or a
// generator. languages/python has the rule, where languages meet. All parts of the project see it. Libraries and toolchains
// are those of one of the build's machines: a script of a procedural macro links for the one that builds.
class ProjectFact {
   public:
    using Value = ProvidedFact;
    static constexpr std::string_view k_name = "project-fact";
    ProjectFact(facts::FactName name, platform::Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_.text() + platform::shown_machine(machine_); }
    std::string describe() const { return cat("looking for ", text()); }
    const facts::FactName& name() const { return name_; }
    platform::Machine machine() const { return machine_; }

   private:
    facts::FactName name_;
    platform::Machine machine_;
};
engine::Task<ProvidedFact> run(engine::Build build, ProjectFact key);

// A text of the configuration that stands for a place: `download:NAME` is the file, or the unpacked directory; `tool:NAME`
// a program of the project, one that it provides, or one on PATH; `library:NAME:MEMBER` a member of such a fact's value, as
// `search` or `include`. Anything else that `uses` may name has inputs and no text. languages/python has the rule.
struct Place {
    std::string text;
    std::vector<exec::Input> inputs;
    std::map<std::string, std::string> platform;  // of a program on PATH: its name and digest
    std::string variable;                         // of a download: the one in which steps find its place
    bool operator==(const Place&) const = default;
};
bool names_place(std::string_view text);
class NamedPlace {
   public:
    using Value = Place;
    static constexpr std::string_view k_name = "named-place";
    NamedPlace(std::string name, std::string who, Where where, platform::Machine machine)
        : name_(std::move(name)), who_(std::move(who)), where_(std::move(where)), machine_(machine) {}
    std::string text() const { return cat(name_, " ", who_, platform::shown_machine(machine_)); }
    std::string describe() const { return cat("looking for ", name_); }
    const std::string& name() const { return name_; }
    const std::string& who() const { return who_; }  // "the rule for the crate foo", for errors
    const Where& where() const { return where_; }
    platform::Machine machine() const { return machine_; }

   private:
    std::string name_, who_;
    Where where_;
    platform::Machine machine_;
};
engine::Task<Place> run(engine::Build build, NamedPlace key);

// The answer to a `require`: the value, who provides it, and a digest of the provider's files that the value leads to.
Json answer_of(const facts::Fact& fact, const std::vector<exec::Input>& files);
// Nobody does. `who` is the one that asks; `nothing` says where was looked: "nothing in this project".
Error nobody_provides(const std::string& who, const facts::FactName& name, std::vector<std::string> offered,
                      const std::string& nothing = "nothing in this project");

// More than one does.
Error two_provide(const facts::FactName& name, const std::string& one, const std::string& other);

// The answer to a question about files, downloads and the user's environment, from the graph. What is fetched is in the
// message: see with_download().
class Observe {
   public:
    using Value = Json;
    static constexpr std::string_view k_name = "observe";
    explicit Observe(Json message) : message_(std::move(message)) {}
    std::string text() const { return message_.dump(); }
    const Json& message() const { return message_; }

   private:
    Json message_;
};
engine::Task<Json> run(engine::Build build, Observe key);

// A question as Observe takes it: a fetch with its declaration. Answered at once where there is none.
Json with_download(const Json& message, const Asker& asker);

void give_channel(exec::Action& action);
bool has_channel(const exec::Action& action);

// Answers that need no key; nullopt for the others.
std::optional<Result<Json>> answer_at_once(const Result<facts::Question>& question, const Asker& asker);
bool is_for_the_user(const facts::Question& question);  // who is told when it has no answer
// `found` as it is told to the process: an optional fact that nobody provides is null.
Result<std::string> told(const facts::Question& question, const Result<Json>& found);

template <class Required>
class TalkingStep {
   public:
    using Value = exec::Outcome;
    static constexpr std::string_view k_name = Required::k_step_name;
    // `required` with any name: who is asked for facts.
    TalkingStep(exec::Action action, Asker asker, Required required)
        : action_(std::make_shared<const exec::Action>(std::move(action))),
          asker_(std::make_shared<const Asker>(std::move(asker))),
          required_(std::move(required)),
          text_(exec::Run(*action_).text()) {
        // Others may get other answers; without questions all are the same step.
        if (has_channel(*action_)) text_ = cat(required_.text(), " ", asker_->text(), " ", text_);
    }
    std::string text() const { return text_; }
    std::string describe() const { return action_->description; }
    const std::shared_ptr<const exec::Action>& action() const { return action_; }
    const Asker& asker() const { return *asker_; }
    Required required(const Json& message) const {
        return required_.named({message["kind"].string(), message["name"].string()});
    }

   private:
    std::shared_ptr<const exec::Action> action_;
    std::shared_ptr<const Asker> asker_;
    Required required_;
    std::string text_;
};

template <class Required>
engine::Task<exec::Outcome> run(engine::Build build, TalkingStep<Required> key) {
    if (!has_channel(*key.action())) {
        exec::Run silent(*key.action());
        exec::Outcome outcome = co_await build.get(silent);
        co_return outcome;
    }
    engine::Ticket<exec::Said> first = build.ticket<exec::Said>();
    exec::Listening talk = build.service<exec::Executor>().converse(key.action(), first.sender());
    Result<exec::Said> said = co_await build.attempt_answer(first);
    while (said.ok() && said->question) {
        Result<facts::Question> question = facts::parse_question(*said->question);
        std::optional<Result<Json>> found = answer_at_once(question, key.asker());
        if (!found && question->type == facts::Question::Type::Require) {
            Required wanted = key.required(question->message);
            Result<Json> fact = co_await build.attempt(wanted);
            found = std::move(fact);
        } else if (!found) {
            Observe wanted(with_download(question->message, key.asker()));
            Result<Json> observed = co_await build.attempt(wanted);
            found = std::move(observed);
        }
        // What the user said, or has to do: he is told, whatever the step would make of it.
        if (question.ok() && is_for_the_user(*question) && !found->ok()) co_return found->error();
        Result<std::string> answer = question.ok() ? told(*question, *found) : Result<std::string>(found->error());
        engine::Ticket<exec::Said> next = build.ticket<exec::Said>();
        talk->answer(std::move(answer), next.sender());
        Result<exec::Said> more = co_await build.attempt_answer(next);
        said = std::move(more);
    }
    if (!said.ok()) co_return said.error();
    co_return said->outcome;
}

// The options that a step asked for, as its trace knows them.
std::vector<facts::ScriptOption> options_of(const exec::Outcome& outcome);
// The same as knobs `TABLE.options.NAME` of `consumer`, with the values that `asker` has for them.
std::vector<options::Knob> knobs_of(const exec::Outcome& outcome, const std::string& table, const Asker& asker,
                                    const std::string& consumer);

// What a step said that ended well. `lines`: the text of its output exec::k_statements. A Project error names what it says
// that cannot be so: an output that it did not make, an option set from outside that it does not have.
Result<facts::Statements> read_statements(std::string_view lines, const Asker& asker, const exec::Outcome& outcome);
// The files and directories that it gave this role.
std::vector<exec::Input> outputs_of(const facts::Statements& said, facts::OutputRole role,
                                    const exec::Outcome& outcome);

// What it made, without its statements: a step that only says something else repeats nothing.
inline std::vector<exec::Input> files_of(const exec::Outcome& outcome) {
    std::vector<exec::Input> files = outcome.all_inputs();
    std::erase_if(files, [&](const exec::Input& file) { return file.path == outcome.canonical(exec::k_statements); });
    return files;
}

// Passes its diagnostics on; a Step error when one is an error. `subject` begins each: "foo@1.0.0".
enum class Audience {
    Everybody,
    Nobody
};  // Nobody: of somebody else's package only errors count, as with cargo's warnings
Status tell(exec::Executor& executor, const facts::Statements& said, const Asker& asker, const std::string& subject,
            Audience audience);

}  // namespace cermet::talk
