// Facts of a project: the search for a provider, and the way between facts and what compilers and linkers take.
// SPDX-License-Identifier: MIT
#include "languages/python/facts.h"

#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "exec/executor.h"
#include "languages/python/crate_requests.h"
#include "languages/python/distribution.h"
#include "languages/python/environment.h"
#include "languages/python/generate.h"
#include "languages/python/modules.h"
#include "languages/python/request.h"
#include "languages/python/shared_libraries.h"
#include "languages/python/target.h"
#include "languages/python/toolchain_facts.h"

namespace cermet::python {
namespace facts_detail {

// The archive that a name for the linker means, when the provider made it.
const exec::Input* archive_in(const std::vector<std::string>& search, const std::string& library,
                              const std::vector<exec::Input>& files) {
    for (const std::string& directory : search) {
        const std::string path = cat(directory, "/lib", library, ".a");
        for (const exec::Input& file : files) {
            if (file.path == path) return &file;
        }
    }
    return nullptr;
}

c::Provides provides_of(const facts::Fact& fact, const std::vector<exec::Input>& files) {
    c::Provides provides;
    provides.include_dirs = fact.value["include"].string_list();
    provides.pxd_dirs = provides.include_dirs;
    for (const auto& [name, value] : fact.value["defines"].object())
        provides.compile_flags.push_back(value.string().empty() ? "-D" + name : cat("-D", name, "=", value.string()));
    const std::vector<std::string> search = fact.value["search"].string_list();
    for (const std::string& library : fact.value["libraries"].string_list()) {
        const exec::Input* archive =
            fact.value["link"].string() == "static" ? archive_in(search, library, files) : nullptr;
        if (archive != nullptr) {
            provides.archives.push_back(*archive);
        } else {
            provides.link_flags.push_back("-l" + library);
        }
    }
    for (const std::string& directory : search) provides.link_flags.push_back("-L" + directory);
    for (const std::string& library : fact.value["system"].string_list()) provides.link_flags.push_back("-l" + library);
    provides.inputs = files;
    return provides;
}

// "/…/libz.a" -> "z"
std::string library_name(const std::string& path) {
    const std::string_view file = file_name(path);
    return std::string(file.substr(3, file.find('.') - 3));
}

Json defines_of(const std::vector<std::string>& flags) {
    Json::Object defines;
    for (const std::string& flag : flags) {
        if (flag.compare(0, 2, "-D") != 0) continue;
        const std::size_t equal = std::min(flag.find('='), flag.size());
        defines.insert_or_assign(flag.substr(2, equal - 2),
                                 Json(equal == flag.size() ? std::string() : flag.substr(equal + 1)));
    }
    return Json(std::move(defines));
}

// A library as a fact. Libraries of the project are archives: who links a shared one must find it when it runs.
Result<Json> library_of(const c::Provides& provides, const std::string& provider) {
    if (!provides.shared_libraries.empty())
        return project_error(cat(provider, " is a shared library, and facts carry static ones and those of the system"),
                             "kind = \"static\" of its table makes an archive");
    Json::Array libraries, search, system;
    const bool own = !provides.archives.empty();
    for (const exec::Input& archive : provides.archives) {
        add_once(libraries, Json(library_name(archive.path)));
        add_once(search, Json(parent(archive.path)));
    }
    for (const std::string& flag : provides.link_flags) {
        if (flag.compare(0, 2, "-L") == 0) add_once(search, Json(flag.substr(2)));
        if (flag.compare(0, 2, "-l") == 0) add_once(own ? system : libraries, Json(flag.substr(2)));
    }
    Json value;
    value.set("link", own ? "static" : "shared").set("libraries", Json(libraries)).set("search", Json(search));
    return value.set("system", Json(system));
}

// What a target of the project gives, as the fact that was asked for.
Result<talk::ProvidedFact> fact_of(const c::Provides& provides, const facts::FactName& name,
                                   const std::string& provider) {
    talk::ProvidedFact found;
    facts::Fact fact;
    fact.kind = name.kind;
    fact.name = name.name;
    fact.visibility = facts::Visibility::Transitive;
    fact.origin = provider;
    if (name.kind == "library") {
        TRY(value, library_of(provides, provider));
        fact.value = std::move(value);
    } else if (name.kind != "headers") {
        return project_error(cat(provider, " gives headers and libraries, and no ", name.kind));
    }
    fact.value.set("include", Json::strings(provides.include_dirs)).set("defines", defines_of(provides.compile_flags));
    found.fact = std::move(fact);
    found.files = provides.inputs;
    found.files.insert(found.files.end(), provides.archives.begin(), provides.archives.end());
    return found;
}

talk::ProvidedFact fact_of(const BuiltProgram& program, const facts::FactName& name, const std::string& provider) {
    talk::ProvidedFact found;
    facts::Fact fact;
    fact.kind = name.kind;
    fact.name = name.name;
    fact.visibility = facts::Visibility::Transitive;
    fact.origin = provider;
    fact.value.set("program", program.file.path);
    found.fact = std::move(fact);
    found.files = program.libraries;
    found.files.push_back(program.file);
    return found;
}

// What a generator stated under this name.
Result<talk::ProvidedFact> fact_of(const Generated& made, const facts::FactName& name, const options::Generate& table) {
    talk::ProvidedFact found;
    for (const facts::Fact& fact : made.facts) {
        if (fact.is(name)) found.fact = fact;
    }
    if (!found.fact)
        return project_error(cat("the generator ", *table.name, " did not provide ", name.text())).at(table.place);
    found.files = talk::files_of(made.outcome);
    return found;
}

bool names(const options::Texts& provides, const facts::FactName& name) { return contains(*provides, name.text()); }

}  // namespace facts_detail

// The provider that `provide` of the configuration names.
class ChosenFact {
   public:
    using Value = talk::ProvidedFact;
    static constexpr std::string_view k_name = "chosen-fact";
    ChosenFact(facts::FactName name, std::string provider, Machine machine)
        : name_(std::move(name)), provider_(std::move(provider)), machine_(machine) {}
    std::string text() const { return cat(name_.text(), " ", provider_, shown_machine(machine_)); }
    std::string describe() const { return cat("providing ", name_.text(), " from ", provider_); }
    const facts::FactName& name() const { return name_; }
    const std::string& provider() const { return provider_; }
    Machine machine() const { return machine_; }

   private:
    facts::FactName name_;
    std::string provider_;
    Machine machine_;
};

engine::Task<talk::ProvidedFact> run(engine::Build build, ChosenFact key) {
    using namespace facts_detail;
    SharedConfig config = co_await build.get(LoadConfig());
    CO_TRY(use, options::parse_use(key.provider()));
    const Where& where = config->provide.origin.where;
    if (use.kind == options::UseKind::Generate) {
        Generated made = co_await build.get(RunGenerate(use.name));
        Result<talk::ProvidedFact> found = fact_of(made, key.name(), *config->find_generate(use.name));
        co_return found;
    }
    if (use.kind == options::UseKind::Tool) {
        if (key.name().kind != "tool")
            co_return project_error(cat(key.provider(), " is a program, and ", key.name().text(), " is none"))
                .at(where);
        BuiltProgram program = co_await build.get(BuildProgram(use.name, machine_of_tools(*config)));
        co_return fact_of(program, key.name(), key.provider());
    }
    c::Provides provides = co_await build.get(ProvideUse(key.provider(), where, key.machine()));
    Result<talk::ProvidedFact> found = fact_of(provides, key.name(), key.provider());
    if (!found.ok()) co_return std::move(found).error().at(where);
    co_return found;
}

}  // namespace cermet::python

namespace cermet::talk {

engine::Task<ProvidedFact> run(engine::Build build, ProjectFact key) {
    namespace python = cermet::python;
    constexpr std::string_view k_crate = "crate:";
    python::SharedConfig config = co_await build.get(python::LoadConfig());
    ProvidedFact found;
    auto chosen = config->provide->find(key.name().text());
    if (chosen != config->provide->end() && chosen->second.compare(0, k_crate.size(), k_crate) == 0) {
        found.crate = chosen->second.substr(k_crate.size());
        co_return found;
    }
    if (chosen != config->provide->end()) {
        ProvidedFact one = co_await build.get(python::ChosenFact(key.name(), chosen->second, key.machine()));
        one.chosen = true;
        co_return one;
    }
    for (const options::Generate& table : config->generates) {
        for (const std::string& fact : *table.provides) found.offered.push_back(fact);
        if (!python::facts_detail::names(table.provides, key.name())) continue;
        python::Generated made = co_await build.get(python::RunGenerate(*table.name));
        CO_TRY(one, python::facts_detail::fact_of(made, key.name(), table));
        if (found.fact) co_return two_provide(key.name(), found.fact->origin, one.fact->origin).at(table.place);
        found.fact = one.fact;
        found.files = one.files;
    }
    if (!found.fact && python::is_toolchain_fact(key.name())) {
        ProvidedFact toolchain = co_await build.get(python::ToolchainFact(key.name(), key.machine()));
        found.fact = toolchain.fact;
    }
    co_return found;
}

}  // namespace cermet::talk

namespace cermet::python {

engine::Task<talk::ProvidedFact> run(engine::Build build, SearchFact key) {
    talk::ProvidedFact found = co_await build.get(talk::ProjectFact(key.name(), key.machine()));
    if (found.chosen) co_return found;
    SharedConfig config = co_await build.get(LoadConfig());
    if (config->rust_modules.empty() && config->rust_libraries.empty()) co_return found;
    Python python = co_await build.get(FindPython());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    CO_TRY(requests, all_crates(*config, python, build.service<BuildRequest>(), distribution));
    for (rust::CrateRequest& request : requests) {
        for_machine(request, key.machine());
        talk::ProvidedFact one = co_await build.get(rust::FindFact(request, key.name(), found.crate));
        found.offered.insert(found.offered.end(), one.offered.begin(), one.offered.end());
        if (!one.fact) continue;
        if (found.fact && found.fact->digest() != one.fact->digest())
            co_return talk::two_provide(key.name(), found.fact->origin, one.fact->origin);
        found.fact = one.fact;
        found.files = one.files;
    }
    co_return found;
}

engine::Task<Json> run(engine::Build build, GeneratorAnswer key) {
    talk::ProvidedFact found = co_await build.get(SearchFact(key.name(), Machine::Target));
    if (found.fact) co_return talk::answer_of(*found.fact, found.files);
    co_return talk::nobody_provides(cat("the generator ", key.generator()), key.name(), found.offered);
}

engine::Task<c::Provides> run(engine::Build build, ProvideFact key) {
    Result<talk::ProvidedFact> found = co_await build.attempt(SearchFact(key.name(), key.machine()));
    if (!found.ok()) {
        Error error = std::move(found).error();
        if (error.where.file.empty()) error.where = key.where();
        co_return error;
    }
    if (!found->fact) {
        Error error = talk::nobody_provides("`uses`", key.name(), found->offered);
        error.where = key.where();
        co_return error;
    }
    co_return facts_detail::provides_of(*found->fact, found->files);
}

}  // namespace cermet::python
