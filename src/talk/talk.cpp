// Talk, implemented: answers that every talking step gets, and the check of what it stated.
// SPDX-License-Identifier: MIT
#include "talk/talk.h"

#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/fetch_download.h"

namespace cermet::talk {
namespace talk_detail {

void collect_paths(const Json& value, std::vector<std::string>& paths) {
    if (value.is_string() && is_absolute(value.string())) paths.push_back(value.string());
    for (const Json& one : value.array()) collect_paths(one, paths);
    for (const auto& [name, member] : value.object()) collect_paths(member, paths);
}

Result<Json> answer_option(const Json& message, const Asker& asker) {
    TRY(option, facts::parse_option(message));
    Json answer;
    auto said = asker.options.find(option.name);
    if (said == asker.options.end()) return answer.set("value", option.initial);
    Result<Json> value = facts::value_of(option, said->second);
    if (!value.ok())
        return std::move(value).error().at(asker.place).note(cat("while setting options of ", asker.shown));
    return answer.set("value", *value);
}

Status check_options(const Asker& asker, const exec::Outcome& outcome) {
    std::vector<std::string> known;
    for (const facts::ScriptOption& option : options_of(outcome)) known.push_back(option.name);
    for (const auto& [name, text] : asker.options) {
        if (contains(known, name)) continue;
        const std::string near = nearest(name, known);
        std::string hint = known.empty() ? std::string("it asks for none") : cat("there are ", join(known, ", "));
        if (!near.empty()) hint = cat("did you mean ", near, "?");
        return project_error(cat(asker.shown, " has no option `", name, "`"), hint).at(asker.place);
    }
    return {};
}

// What a fetch is not to be; ok: it is declared.
Status check_fetch(const Json& message, const Asker& asker) {
    const std::string& name = message["name"].string();
    auto found = asker.downloads.find(name);
    if (found == asker.downloads.end()) {
        std::vector<std::string> known;
        for (const auto& [one, file] : asker.downloads) known.push_back(one);
        const std::string near = nearest(name, known);
        return project_error(cat(asker.shown, " fetches `", name, "`, which it does not declare"),
                             near.empty() ? asker.declares : cat("did you mean ", near, "?"))
            .at(asker.place);
    }
    const std::pair<std::string_view, const std::string*> said[] = {{"url", &found->second.url},
                                                                    {"sha256", &found->second.sha256}};
    for (const auto& [member, declared] : said) {
        const Json* believed = message.find(member);
        if (believed == nullptr || believed->string() == *declared) continue;
        return project_error(cat(asker.shown, " fetches `", name, "`, which is declared with another ", member),
                             cat("it is ", *declared))
            .at(found->second.place);
    }
    return {};
}

fetch::PinnedFile pinned_in(const Json& message) {
    fetch::PinnedFile file;
    file.url = message["url"].string();
    file.sha256 = message["sha256"].string();
    file.size = static_cast<std::uint64_t>(message["size"].integer());
    file.name = message["shown"].string();
    file.place.file = message["file"].string();
    return file;
}

bool made(const facts::StatedOutput& stated, const exec::Outcome& outcome) {
    return std::any_of(outcome.files.begin(), outcome.files.end(), [&](const exec::OutputFile& file) {
        return is_within(outcome.canonical(file.path), stated.path);
    });
}

}  // namespace talk_detail

std::string Asker::text() const {
    std::string text = shown;
    for (const auto& [name, value] : options) text += cat("\n", name, "=", value);
    for (const auto& [name, file] : downloads) text += cat("\n", name, " ", file.sha256, " ", file.url);
    return digest_of(text).hex();
}

std::vector<facts::ScriptOption> options_of(const exec::Outcome& outcome) {
    std::vector<facts::ScriptOption> found;
    for (const exec::Leaf& leaf : outcome.leaves) {
        if (leaf.type != exec::Leaf::Type::Answer) continue;
        Result<Json> message = parse_json(exec::question_of(leaf), "a question");
        if (!message.ok() || (*message)["type"].string() != "option") continue;
        Result<facts::ScriptOption> option = facts::parse_option(*message);
        if (option.ok()) found.push_back(std::move(*option));
    }
    return found;
}

std::vector<options::Knob> knobs_of(const exec::Outcome& outcome, const std::string& table, const Asker& asker,
                                    const std::string& consumer) {
    std::vector<options::Knob> found;
    for (const facts::ScriptOption& option : options_of(outcome)) {
        options::Knob knob;
        knob.group = table.substr(0, table.find('.'));
        knob.path = cat(table, ".options.", option.name);
        knob.type = option.kind == "choice" ? cat("one of ", join(option.choices, ", ")) : option.kind;
        knob.default_text = option.initial.dump();
        knob.value = knob.default_text;
        knob.origin = "default";
        knob.doc = option.about;
        knob.consumers = {consumer};
        const auto said = asker.options.find(option.name);
        if (said != asker.options.end()) {
            knob.value = said->second;
            options::Origin origin;
            origin.kind = options::OriginKind::File;
            origin.where = asker.place;
            knob.origin = origin.text();
        }
        found.push_back(std::move(knob));
    }
    return found;
}

bool ProvidedFact::operator==(const ProvidedFact& o) const {
    const bool same = fact.has_value() == o.fact.has_value() && (!fact || fact->digest() == o.fact->digest());
    return same && files == o.files && offered == o.offered && chosen == o.chosen && crate == o.crate;
}

Json answer_of(const facts::Fact& fact, const std::vector<exec::Input>& files) {
    std::vector<std::string> paths;
    talk_detail::collect_paths(fact.value, paths);
    std::string text;
    for (const exec::Input& file : files) {
        const bool named = std::any_of(paths.begin(), paths.end(),
                                       [&](const std::string& path) { return is_within(file.path, path); });
        if (named) text += cat(file.path, " ", file.digest.text(), "\n");
    }
    Json answer;
    answer.set("value", fact.value).set("from", fact.origin);
    return answer.set("digest", digest_of(text).hex());
}

Error nobody_provides(const std::string& who, const facts::FactName& name, std::vector<std::string> offered,
                      const std::string& nothing) {
    std::sort(offered.begin(), offered.end());
    offered.erase(std::unique(offered.begin(), offered.end()), offered.end());
    const std::string near = nearest(name.text(), offered);
    std::string hint = offered.empty() ? cat(nothing, " provides anything") : cat("there are ", join(offered, ", "));
    if (!near.empty()) hint = cat("`", near, "` is provided");
    return project_error(cat(who, " asks for ", name.text(), ", and ", nothing, " provides it"), hint);
}

Error two_provide(const facts::FactName& name, const std::string& one, const std::string& other) {
    return project_error(cat(name.text(), " is provided by ", one, " and by ", other),
                         cat("`provide` of the configuration can say which one is meant: \"", name.text(),
                             "\" = \"crate:NAME\", or another entry of `uses`"));
}

engine::Task<Json> run(engine::Build build, Observe key) {
    Json answer;
    if (const Json* variable = key.message().find("variable")) {
        std::string value = co_await build.get(exec::UserEnvironment(variable->string()));
        co_return answer.set("value", value);
    }
    if (key.message()["type"].string() == "fetch") {
        fetch::PlacedFile file = co_await build.get(fetch::FetchDownload(talk_detail::pinned_in(key.message())));
        co_return answer.set("path", file.path).set("sha256", file.digest.hex());
    }
    const std::string path = key.message()["path"].string();
    SourceFiles& files = build.service<exec::Executor>().files();
    std::string listed;
    switch (files.kind(path)) {
        case SourceKind::Absent: co_return Json();
        case SourceKind::File: {
            Digest digest = co_await build.get(exec::FileDigest(path));
            co_return answer.set("digest", digest.hex());
        }
        case SourceKind::Directory: break;
    }
    for (const std::string& relative : matching_files(files, path, "**/*")) {
        Digest digest = co_await build.get(exec::FileDigest(cat(path, "/", relative)));
        listed += cat(relative, " ", digest.text(), "\n");
    }
    co_return answer.set("digest", digest_of(listed).hex());
}

Json with_download(const Json& message, const Asker& asker) {
    if (message["type"].string() != "fetch") return message;
    const fetch::PinnedFile& file = asker.downloads.at(message["name"].string());
    Json full = message;
    full.set("url", file.url).set("sha256", file.sha256).set("size", file.size);
    return full.set("shown", file.name).set("file", file.place.file);
}

bool is_for_the_user(const facts::Question& question) {
    return question.type == facts::Question::Type::Option || question.type == facts::Question::Type::Fetch;
}

void give_channel(exec::Action& action) {
    action.env[std::string(facts::k_variable)] = cat(exec::k_channel_descriptor);
    action.outputs.emplace_back(std::string(exec::k_statements), exec::OutputKind::OptionalFile);
}

bool has_channel(const exec::Action& action) { return action.env.count(std::string(facts::k_variable)) != 0; }

std::optional<Result<Json>> answer_at_once(const Result<facts::Question>& question, const Asker& asker) {
    if (!question.ok()) return question.error();
    switch (question->type) {
        case facts::Question::Type::Hello: return facts::answer_hello(question->message);
        case facts::Question::Type::Option: return talk_detail::answer_option(question->message, asker);
        case facts::Question::Type::Fetch: {
            Status declared = talk_detail::check_fetch(question->message, asker);
            if (!declared.ok()) return std::move(declared).error();
            break;
        }
        case facts::Question::Type::Require:
        case facts::Question::Type::Watch: break;
    }
    return std::nullopt;
}

Result<std::string> told(const facts::Question& question, const Result<Json>& found) {
    if (found.ok()) return found->dump();
    if (found.error().kind == ErrorKind::Project && question.message["optional"].boolean()) return std::string("null");
    return found.error();
}

Result<facts::Statements> read_statements(std::string_view lines, const Asker& asker, const exec::Outcome& outcome) {
    TRY(said, facts::parse_statements(lines, asker.shown));
    for (const facts::StatedOutput& output : said.outputs) {
        if (talk_detail::made(output, outcome)) continue;
        return project_error(cat(asker.shown, " says that it made ", output.path, ", and did not"),
                             "outputs lie below OUT_DIR, or are declared");
    }
    TRY_VOID(talk_detail::check_options(asker, outcome));
    return said;
}

std::vector<exec::Input> outputs_of(const facts::Statements& said, facts::OutputRole role,
                                    const exec::Outcome& outcome) {
    std::vector<exec::Input> found;
    for (const exec::OutputFile& file : outcome.files) {
        const std::string path = outcome.canonical(file.path);
        const bool stated = std::any_of(said.outputs.begin(), said.outputs.end(), [&](const facts::StatedOutput& one) {
            return one.role == role && is_within(path, one.path);
        });
        if (stated) found.emplace_back(path, file.digest);
    }
    return found;
}

Status tell(exec::Executor& executor, const facts::Statements& said, const Asker& asker, const std::string& subject,
            Audience audience) {
    std::vector<std::string> errors;
    for (const facts::Diagnostic& one : said.diagnostics) {
        std::string place = one.where.file;
        if (one.where.line > 0) place += cat(":", one.where.line);
        std::string text = cat(place, place.empty() ? "" : ": ", one.message);
        if (!one.hint.empty()) text += cat(" (", one.hint, ")");
        if (one.level == facts::Diagnostic::Level::Error) {
            errors.push_back(text);
            continue;
        }
        if (audience == Audience::Nobody) continue;
        text = cat(subject, ": ", text);
        if (one.level == facts::Diagnostic::Level::Warning) {
            executor.warn(text);
        } else {
            executor.notice(text);
        }
    }
    for (const std::string& note : said.notes) executor.mention(executor.for_people(cat(subject, ": ", note)));
    if (errors.empty()) return {};
    return step_error(cat(asker.shown, " failed: ", join(errors, "; ")));
}

}  // namespace cermet::talk
