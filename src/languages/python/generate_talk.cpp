// The process of a generator, with its channel: what it asks, and what it states (docs/protocol.md).
// SPDX-License-Identifier: MIT
#include "exec/executor.h"
#include "exec/queries.h"
#include "fetch/declared.h"
#include "languages/python/facts.h"
#include "languages/python/generate.h"
#include "languages/python/package.h"

namespace cermet::python {

talk::Asker generator_asker(const options::Generate& table, const options::Config& config) {
    talk::Asker asker;
    asker.shown = cat("the generator ", *table.name);
    asker.options = *table.options;
    asker.declares = "a [[download]] table and `uses = [\"download:NAME\"]` of the generator allow it";
    for (const std::string& use : *table.uses) {
        Result<options::Use> parsed = options::parse_use(use);
        if (!parsed.ok() || parsed->kind != options::UseKind::Download) continue;
        asker.downloads.emplace(parsed->name, fetch::pinned_of(*config.find_download(parsed->name)));
    }
    asker.place = table.options.set() ? table.options.origin.where : table.place;
    return asker;
}

namespace generate_talk_detail {

// What it said over its channel.
Status take_statements(exec::Executor& executor, const std::string& lines, const talk::Asker& asker,
                       const std::string& name, Generated& made) {
    TRY(said, talk::read_statements(lines, asker, made.outcome));
    made.facts = said.facts;
    made.headers = talk::outputs_of(said, facts::OutputRole::Header, made.outcome);
    return talk::tell(executor, said, asker, name, talk::Audience::Everybody);
}

}  // namespace generate_talk_detail

engine::Task<Generated> run(engine::Build build, RunTalking key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::Generate& table = *config->find_generate(key.name());
    exec::Action action = key.action();
    talk::give_channel(action);
    const talk::Asker asker = generator_asker(table, *config);
    talk::TalkingStep<GeneratorAnswer> step(action, asker, GeneratorAnswer(*table.name, {}));
    Generated made;
    exec::Outcome ran = co_await build.get(step);
    made.outcome = ran;
    std::string lines;
    if (const exec::OutputFile* stated = ran.find(exec::k_statements)) {
        std::string text = co_await build.get(exec::BlobText(stated->digest));
        lines = std::move(text);
    }
    CO_TRY_VOID(
        generate_talk_detail::take_statements(build.service<exec::Executor>(), lines, asker, *table.name, made));
    co_return made;
}

}  // namespace cermet::python
