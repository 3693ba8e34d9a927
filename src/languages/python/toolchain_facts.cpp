// Toolchains as facts: their records, flattened to names and texts.
// SPDX-License-Identifier: MIT
#include "languages/python/toolchain_facts.h"

#include <algorithm>

#include "languages/python/library_abi.h"
#include "languages/python/modules.h"
#include "languages/python/request.h"
#include "languages/python/target.h"
#include "platform/os.h"

namespace cermet::python {
namespace toolchain_facts_detail {

struct Known {
    const char* kind;
    const char* name;
};
constexpr Known k_known[] = {{"abi", "c"},   {"abi", "c++"},  {"abi", "rust"},   {"abi", "python"},
                             {"tool", "cc"}, {"tool", "c++"}, {"tool", "rustc"}, {"tool", "python"}};

// Texts, numbers and booleans of a record; what is a list or an object in it is for people.
void flatten(const Json& record, Json::Object& out) {
    for (const auto& [name, value] : record.object()) {
        if (value.is_null() || value.is_array() || value.is_object()) continue;
        out.insert_or_assign(name, Json(value.is_string() ? value.string() : value.dump()));
    }
}

talk::ProvidedFact fact_of(const facts::FactName& name, Json value, const std::string& origin) {
    talk::ProvidedFact found;
    facts::Fact fact;
    fact.kind = name.kind;
    fact.name = name.name;
    fact.visibility = facts::Visibility::Transitive;
    fact.value = std::move(value);
    fact.origin = origin;
    found.fact = std::move(fact);
    return found;
}

// `digest`: of the toolchain; an answer with another one is another answer.
talk::ProvidedFact abi_fact(const facts::FactName& name, const platform::AbiRecord& abi, const Json& record,
                            const std::string& digest) {
    Json::Object values;
    flatten(record, values);
    flatten(abi.to_json(), values);
    values.insert_or_assign("digest", Json(digest));
    return fact_of(name, Json().set("record", Json(std::move(values))), "the toolchain");
}

talk::ProvidedFact tool_fact(const facts::FactName& name, const std::string& program, const std::string& version) {
    return fact_of(name, Json().set("program", program).set("version", version), "the toolchain");
}

talk::ProvidedFact python_fact(const facts::FactName& name, const Python& python) {
    if (name.kind == "abi") return abi_fact(name, abi_of(python), python.record.to_json(), python.digest);
    return tool_fact(name, python.executable, python.record.full_version);
}

}  // namespace toolchain_facts_detail

platform::AbiRecord abi_of(const rust::RustToolchain& rust) {
    platform::AbiRecord record;
    const Result<platform::Triple> triple = platform::parse_triple(rust.host);
    if (triple.ok()) {
        c::Toolchain machine;
        machine.target = *triple;
        record = abi_of(machine);
        const std::string env = platform::facts_of(*triple).env;
        record.libc = env == "gnu" && record.os == "linux" ? "glibc" : env == "musl" ? env : "";
    }
    const std::string first = rust.verbose.substr(0, rust.verbose.find('\n'));
    record.rustc = first.compare(0, 6, "rustc ") == 0 ? first.substr(6) : first;
    return record;
}

platform::AbiRecord abi_of(const Python& python) {
    platform::AbiRecord record;
    if (python.runtime_library.empty()) {  // known only as data
        record.python = abi_of(python.record);
        return record;
    }
    Result<platform::MappedFile> mapped = platform::MappedFile::open(python.runtime_library);
    if (mapped.ok()) {
        const Result<LibraryAbi> abi = read_library_abi(mapped->bytes(), python.runtime_library);
        if (abi.ok() && !abi->parts.empty()) record = abi->parts[0].abi;
    }
    record.python = abi_of(python.record);
    return record;
}

bool is_toolchain_fact(const facts::FactName& name) {
    using namespace toolchain_facts_detail;
    return std::any_of(std::begin(k_known), std::end(k_known),
                       [&](const Known& one) { return name.kind == one.kind && name.name == one.name; });
}

engine::Task<talk::ProvidedFact> run(engine::Build build, ToolchainFact key) {
    using namespace toolchain_facts_detail;
    const facts::FactName& name = key.name();
    const bool abi = name.kind == "abi";
    SharedConfig config = co_await build.get(LoadConfig());
    const Target target = target_of(*config);
    if (name.name == "rust" || name.name == "rustc") {
        rust::RustToolchain rust = co_await build.get(rust::FindRust(build.service<BuildRequest>().directory));
        Json record;
        record.set("release", rust.version).set("host", rust.host);
        if (!abi) co_return tool_fact(name, rust.rustc, rust.version);
        if (is_cross(*config, key.machine())) rust.host = target.triple.rust();
        co_return abi_fact(name, abi_of(rust), record, rust.digest);
    }
    if (name.name == "python" && (key.machine() == Machine::Build || (target.cross && !abi))) {
        Python python = co_await build.get(FindBuildPython());  // a tool is there to be run
        co_return python_fact(name, python);
    }
    if (name.name == "python") {
        Python python = co_await build.get(FindPython());
        co_return python_fact(name, python);
    }
    const c::Language language = name.name == "c++" ? c::Language::Cxx : c::Language::C;
    c::Toolchain found = co_await build.get(FindCompiler(language, config->has_pyproject, key.machine()));
    if (abi) co_return abi_fact(name, abi_of(found), found.to_json(), found.digest);
    co_return tool_fact(name, found.command.front(), found.version);
}

}  // namespace cermet::python
