// A Python known only as data: its record becomes what a probe of the running one would have said.
// SPDX-License-Identifier: MIT
#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "languages/python/build_details.h"
#include "languages/python/package.h"
#include "languages/python/target.h"
#include "platform/os.h"

namespace cermet::python {
namespace described_python_detail {

Error not_described(const Target& target, const Where& place) {
    const std::string triple = target.triple.rust();
    return project_error(cat("nothing describes the Python of ", triple),
                         cat("name its build-details.json with `python` in [tool.cermet.toolchain.", triple, "]"))
        .at(place);
}

// Modules for it would carry a name and a tag that do not fit what is compiled.
Status check_machine(const Interpreter& python, const Target& target) {
    if (python.platform_tag() == target.triple.python_platform()) return {};
    return project_error(cat("the Python that `python` names is for ", python.platform, ", and ", target.triple.rust(),
                             " is built for"),
                         "name the one of that machine")
        .at(target.record->python.origin.where);
}

// What modules are loaded into: libpython, or the program that holds it; "" where neither is here.
std::string runtime_library(const Interpreter& python) {
    std::string library = join_path(python.library_directory, python.var("INSTSONAME"));
    if (!python.var("INSTSONAME").empty() && platform::is_file(library)) return library;
    return platform::is_file(python.base_executable) ? python.base_executable : "";
}

}  // namespace described_python_detail

engine::Task<Python> run(engine::Build build, DescribedPython) {
    SharedConfig config = co_await build.get(LoadConfig());
    const Target target = target_of(*config);
    exec::Executor& executor = build.service<exec::Executor>();
    if (!target.has_python()) co_return described_python_detail::not_described(target, config->target.origin.where);
    const Where& place = target.record->python.origin.where;
    const std::string path = executor.places().canonical(join_path(config->directory, *target.record->python));
    std::optional<std::string> text = executor.files().read(path);
    if (!text) co_return project_error(cat("there is no ", path, ", the description of a Python")).at(place);
    CO_TRY(json, parse_json(*text, path));
    Result<Interpreter> record = interpreter_from_details(json, std::string(parent(executor.places().host(path))));
    if (!record.ok()) co_return std::move(record).error().at(path);
    CO_TRY_VOID(described_python_detail::check_machine(*record, target));
    Python python;
    python.record = *record;
    python.runtime_library = described_python_detail::runtime_library(*record);
    ByteWriter identity;
    identity.string(record->identity());
    if (!python.runtime_library.empty()) {
        exec::Program runtime = co_await build.get(exec::FindProgram(python.runtime_library));
        identity.digest(runtime.digest);
    }
    python.digest = digest_of(identity.bytes()).hex();
    const std::string place_of_prefix = cat(exec::k_tool, "/python-", python.digest.substr(0, 8));
    CO_TRY_VOID(name_prefix(executor, python, place_of_prefix));
    python.executable = record->base_executable;
    for (const std::string& directory : *target.record->include_dirs) {
        python.include_dirs.push_back(executor.places().canonical(join_path(config->directory, directory)));
    }
    if (!target.record->site_packages->empty()) {
        const std::string site = join_path(config->directory, *target.record->site_packages);
        python.search_path = {executor.places().host(executor.places().canonical(site))};
    }
    co_return python;
}

}  // namespace cermet::python
