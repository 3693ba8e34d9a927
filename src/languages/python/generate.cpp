// Running a declared generator: its program, its inputs, its outputs.
// SPDX-License-Identifier: MIT
#include "languages/python/generate.h"

#include "base/bytes.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "exec/run.h"
#include "fetch/declared.h"
#include "languages/python/environment.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/target.h"

namespace cermet::python {
namespace generate_detail {

// A program of this project. Its shared libraries lie elsewhere than in a wheel.
void add_tool(exec::Action& action, const BuiltProgram& tool) {
    add_once(action.inputs, tool.file);
    std::string& path = action.env["LD_LIBRARY_PATH"];
    for (const exec::Input& library : tool.libraries) {
        add_once(action.inputs, library);
        path += cat(path.empty() ? "" : ":", parent(library.path));
    }
    if (path.empty()) action.env.erase("LD_LIBRARY_PATH");
}

}  // namespace generate_detail

std::string generator_label(const options::Generate& table) {
    ByteWriter out;
    for (const std::string& word : *table.command) out.string(word);
    for (const std::string& path : *table.outputs) out.string(path);
    return cat("generate-", *table.name, "-", digest_of(out.bytes()).short_hex(8));
}

RunTalking::RunTalking(std::string name, exec::Action action)
    : name_(std::move(name)),
      action_(std::make_shared<const exec::Action>(std::move(action))),
      text_(cat(name_, " ", exec::Run(*action_).text())) {}

engine::Task<Generated> run(engine::Build build, RunGenerate key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::Generate& table = *config->find_generate(key.name());
    SourceFiles& files = build.service<exec::Executor>().files();
    exec::Action action;
    for (const std::string& use : *table.uses) {
        CO_TRY(parsed, options::parse_use(use));
        if (parsed.kind == options::UseKind::Tool) {
            BuiltProgram tool = co_await build.get(BuildProgram(parsed.name, machine_of_tools(*config)));
            generate_detail::add_tool(action, tool);
        } else if (parsed.kind == options::UseKind::Download) {
            ProvidedDownload download = co_await build.get(ProvideDownload(parsed.name));
            action.inputs.push_back(download.input);
            action.env[fetch::variable_of(*config->find_download(parsed.name))] = download.path;
        } else {
            c::Provides provided = co_await build.get(ProvideUse(use, table.place));
            action.inputs.insert(action.inputs.end(), provided.inputs.begin(), provided.inputs.end());
        }
    }
    for (const std::string& pattern : *table.inputs) {
        std::vector<std::string> matching = matching_files(files, config->directory, pattern);
        if (matching.empty()) {
            co_return project_error(cat("no input matches ", pattern)).at(table.inputs.origin.where);
        }
        if (has_glob(pattern)) action.listable.push_back(join_path(config->directory, searched_directory(pattern)));
        for (const std::string& path : matching) {
            std::string canonical = join_path(config->directory, path);
            Digest digest = co_await build.get(exec::FileDigest(canonical));
            action.inputs.emplace_back(canonical, digest);
        }
    }
    std::vector<std::string> argv = *table.command;
    if (argv.empty()) co_return project_error("the generator has no command").at(table.place);
    if (argv[0].compare(0, 5, "tool:") == 0) {
        BuiltProgram tool = co_await build.get(BuildProgram(argv[0].substr(5), machine_of_tools(*config)));
        generate_detail::add_tool(action, tool);
        argv[0] = tool.file.path;
    } else if (argv[0] == "python" || argv[0] == "python3") {
        Python python = co_await build.get(FindBuildPython());
        argv[0] = python.executable;
        action.platform["python"] = python.digest;
    } else if (argv[0].find('/') == std::string::npos) {
        exec::Program program = co_await build.get(exec::FindProgram(argv[0]));
        if (!program.found()) {
            co_return environment_error(cat("the generator's program is not installed: ", argv[0])).at(table.place);
        }
        argv[0] = program.path;
        action.platform["program"] = program.digest.hex();
    }
    action.label = generator_label(table);
    action.description = cat("generate ", *table.name);
    action.project_file = table.place.file;
    action.script = cat("generate.", *table.name);
    action.writes = "a generator writes below OUT_DIR, and elsewhere what `outputs` names";
    action.argv = argv;
    action.fetches =
        "declare the file in [[tool.cermet.download]] and name it in `uses`: its place is in a variable then";
    for (const auto& [name, value] : *table.env) action.env[name] = value;
    action.pass_env = *table.pass_env;
    action.cwd = table.cwd->empty() ? config->directory : join_path(config->directory, *table.cwd);
    for (const std::string& path : *table.outputs) {
        std::string canonical = join_path(config->directory, path);
        action.outputs.emplace_back(canonical, exec::OutputKind::File);
        action.writable.push_back(std::string(parent(canonical)));
    }
    action.env["OUT_DIR"] = cat(action.directory(), "/out");
    action.outputs.emplace_back("out", exec::OutputKind::Directory);
    Generated made = co_await build.get(RunTalking(*table.name, action));
    co_return made;
}

}  // namespace cermet::python
