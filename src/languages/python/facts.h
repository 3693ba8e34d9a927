// Facts of a Python project: who provides what, wherever it comes from, for `uses`, generators and build scripts.
// SPDX-License-Identifier: MIT
//
// The order: what `provide` of the configuration says; generators whose `provides` names it; build scripts of the project's
// crates. Two of them under one name are a Project error that names both. Services needed: BuildRequest, Executor.
#pragma once
#include <string>

#include "engine/build.h"
#include "languages/c/c.h"
#include "talk/talk.h"

namespace cermet::python {

// A generator as who asks over its channel: its options, and what it may fetch.
talk::Asker generator_asker(const options::Generate& table, const options::Config& config);

// The provider of a fact in the whole project.
class SearchFact {
   public:
    using Value = talk::ProvidedFact;
    static constexpr std::string_view k_name = "search-fact";
    SearchFact(facts::FactName name, platform::Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_.text() + platform::shown_machine(machine_); }
    const facts::FactName& name() const { return name_; }
    platform::Machine machine() const { return machine_; }

   private:
    facts::FactName name_;
    platform::Machine machine_;
};
engine::Task<talk::ProvidedFact> run(engine::Build build, SearchFact key);

// The answer to a `require` of a generator.
class GeneratorAnswer {
   public:
    using Value = Json;
    static constexpr std::string_view k_name = "generator-answer";
    static constexpr std::string_view k_step_name = "generator-process";
    GeneratorAnswer(std::string generator, facts::FactName name)
        : generator_(std::move(generator)), name_(std::move(name)) {}
    std::string text() const { return cat(generator_, " ", name_.text()); }
    std::string describe() const {
        return cat("answering the generator ", generator_, ", which asks for ", name_.text());
    }
    const std::string& generator() const { return generator_; }
    const facts::FactName& name() const { return name_; }
    GeneratorAnswer named(facts::FactName name) const { return {generator_, std::move(name)}; }

   private:
    std::string generator_;
    facts::FactName name_;
};
engine::Task<Json> run(engine::Build build, GeneratorAnswer key);

// A fact for a use: as compilers and linkers take it.
class ProvideFact {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-fact";
    ProvideFact(facts::FactName name, Where where, platform::Machine machine)
        : name_(std::move(name)), where_(std::move(where)), machine_(machine) {}
    std::string text() const { return name_.text() + platform::shown_machine(machine_); }
    const facts::FactName& name() const { return name_; }
    const Where& where() const { return where_; }
    platform::Machine machine() const { return machine_; }

   private:
    facts::FactName name_;
    Where where_;
    platform::Machine machine_;
};
engine::Task<c::Provides> run(engine::Build build, ProvideFact key);

}  // namespace cermet::python
