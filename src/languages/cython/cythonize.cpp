// One Cython step: the request the worker gets, and the action around it.
// SPDX-License-Identifier: MIT
#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "languages/cython/cython.h"
#include "languages/cython/worker_program.h"

namespace cermet::cython {
namespace cythonize_detail {

std::string settings_text(const Module& module) {
    Json settings;
    settings.set("module", module.name).set("source", module.source.path);
    settings.set("language", module.language == c::Language::Cxx);
    settings.set("directives", Json(Json::Object(module.directives.begin(), module.directives.end())));
    settings.set("compile_time_env",
                 Json(Json::Object(module.compile_time_env.begin(), module.compile_time_env.end())));
    settings.set("include_path", Json::strings(module.include_path));
    settings.set("directory", module.directory).set("annotate", module.annotate);
    settings.set("compiler", module.compiler.digest);
    return settings.dump();
}

Json request(const Module& module, const std::string& output) {
    Json json;
    json.set("cwd", module.directory).set("module", module.name).set("output", output);
    json.set("source", relative_to(module.source.path, module.directory));
    json.set("cplus", module.language == c::Language::Cxx).set("annotate", module.annotate);
    std::vector<std::string> include_path = {module.directory};
    include_path.insert(include_path.end(), module.include_path.begin(), module.include_path.end());
    json.set("include_path", Json::strings(include_path));
    json.set("directives", Json(Json::Object(module.directives.begin(), module.directives.end())));
    json.set("compile_time_env", Json(Json::Object(module.compile_time_env.begin(), module.compile_time_env.end())));
    return json;
}

}  // namespace cythonize_detail

std::string generated_name(const Module& module) {
    return cat(stem(module.source.path), module.language == c::Language::Cxx ? ".cpp" : ".c");
}

Cythonize::Cythonize(Module module) : module_(std::make_shared<const Module>(std::move(module))) {
    ByteWriter out;
    out.string(cythonize_detail::settings_text(*module_));
    out.digest(module_->source.digest);
    for (const exec::Input& input : module_->inputs) {
        out.string(input.path);
        out.digest(input.digest);
    }
    text_ = cat(module_->name, " ", digest_of(out.bytes()).hex());
}

std::string Cythonize::describe() const { return cat("cythonizing ", module_->name); }

engine::Task<exec::Outcome> run(engine::Build build, Cythonize key) {
    const Module& module = key.module();
    exec::Input source = module.source;
    if (source.digest.empty_value()) {
        Digest digest = co_await build.get(exec::FileDigest(source.path));
        source.digest = digest;
    }
    std::vector<exec::StagedFile> program;
    program.emplace_back("worker.py", k_worker_program);
    std::string program_name = cat("cython-worker-", digest_of(k_worker_program).short_hex(8));
    exec::Outcome staged = co_await build.get(exec::Stage(program_name, program));
    std::string base(stem(module.source.path));
    exec::Action action;
    action.label = cat("cython-", module.name, "-", digest_of(cythonize_detail::settings_text(module)).short_hex(8));
    action.description = cat("cythonize ", module.name);
    action.project_file = module.source.path;
    std::string output = cat(action.directory(), "/", generated_name(module));
    std::string request = cythonize_detail::request(module, output).dump();
    action.argv = {module.compiler.python, "-S", "-B", staged.canonical("worker.py"), "--once", request};
    action.env["PYTHONPATH"] = join(module.compiler.search_path, ":");
    action.env["PYTHONHASHSEED"] = "0";
    action.cwd = module.directory;
    action.inputs = module.inputs;
    for (exec::Input& input : action.inputs) {
        if (input.kind == exec::InputKind::File)
            input.kind = exec::InputKind::Offered;  // the worker tells what it read
    }
    action.inputs.push_back(source);
    for (const exec::Input& input : staged.all_inputs()) action.inputs.push_back(input);
    action.urgency = exec::k_before_one;
    action.outputs = {exec::Output(generated_name(module)), exec::Output(base + ".h", exec::OutputKind::OptionalFile),
                      exec::Output(base + "_api.h", exec::OutputKind::OptionalFile),
                      exec::Output(base + ".html", exec::OutputKind::OptionalFile)};
    action.platform["cython"] = module.compiler.digest;
    action.discovery = exec::Discovery::Worker;
    std::string worker = cat(module.compiler.digest, " ", action.env["PYTHONPATH"]);
    action.worker = cat("cython-", digest_of(worker).short_hex(16));
    action.worker_request = request;
    exec::Outcome generated = co_await build.get(exec::Run(std::move(action)));
    co_return generated;
}

}  // namespace cermet::cython
