// Collecting what a wheel holds.
// SPDX-License-Identifier: MIT
#include "languages/python/payload.h"

#include <algorithm>
#include <map>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/run.h"
#include "languages/python/environment.h"
#include "languages/python/target.h"
#include "languages/python/request.h"

namespace cermet::python {
namespace payload_detail {

std::string tuple_text(const Version& version) {
    std::string text = "(";
    for (const Natural& number : version.release) text += number.text() + ", ";
    std::string whole = version.text();
    std::string base = version.base_text();
    if (whole.size() > base.size()) text += cat("\"", trim(whole.substr(base.size())), "\", ");
    if (text.size() > 2) text.resize(text.size() - (version.release.size() == 1 && whole == base ? 1 : 2));
    return text + ")";
}

std::string stale_notice(const std::vector<std::string>& stale) {
    std::string shown = stale[0];
    if (stale.size() > 1) shown += cat(" and ", stale.size() - 1, " more");
    return cat("left out ", stale.size(), " native file", stale.size() == 1 ? "" : "s", " lying in the tree: ", shown,
               " (only modules built now are packaged)");
}

void add_native(std::map<std::string, PayloadFile>& files, const std::string& wheel_path, const exec::Input& built) {
    PayloadFile file;
    file.wheel_path = wheel_path;
    file.file = built;
    file.executable = true;
    files[wheel_path] = file;
}

}  // namespace payload_detail

std::string version_file_text(const Version& version) {
    return cat("# Written by the build; do not edit, do not commit.\n__version__ = version = \"", version.text(),
               "\"\n__version_tuple__ = version_tuple = ", payload_detail::tuple_text(version), "\n");
}

engine::Task<std::vector<BuiltModule>> run(engine::Build build, BuildModules) {
    SharedLayout layout = co_await build.get(FindLayout());
    std::vector<BuildModule> wanted;
    for (const ModuleTarget& target : layout->modules) wanted.push_back(BuildModule(target.name));
    std::vector<BuiltModule> built = co_await build.all(wanted);
    co_return built;
}

engine::Task<SharedPayload> run(engine::Build build, CollectPayload) {
    SharedConfig config = co_await build.get(LoadConfig());
    SharedPackage package = co_await build.get(LoadPackage());
    SharedLayout layout = co_await build.get(FindLayout());
    Python python = co_await build.get(FindPython());
    auto payload = std::make_shared<Payload>();
    std::vector<BuiltModule> modules = co_await build.get(BuildModules());
    payload->modules = modules;
    std::vector<BuiltLibrary> libraries = co_await build.get(BuildLibraries());
    payload->libraries = libraries;
    for (const options::Executable& table : config->executables) {
        CO_TRY(active, holds(*config, table.when, python.record.markers));
        // One that is not shipped is for the build itself, and so for the machine that builds.
        if (!active || (!*table.install && target_of(*config).cross)) continue;
        BuiltProgram program = co_await build.get(BuildProgram(*table.name));
        payload->programs.push_back(program);
    }
    // Files that steps of this build made in the tree stand over the checked-in copies.
    std::map<std::string, exec::Input> generated;
    std::vector<ProvideUse> makers;
    for (const options::RustLibrary& table : config->rust_libraries)
        makers.emplace_back("rust:" + *table.name, table.place);
    for (const options::Generate& table : config->generates)
        makers.emplace_back("generate:" + *table.name, table.place);
    std::vector<c::Provides> made = co_await build.all(makers);
    for (const c::Provides& provides : made) {
        for (const exec::Input& input : provides.inputs) generated[input.path] = input;
    }
    std::map<std::string, PayloadFile> files;
    for (const ShippedFile& shipped : layout->discovery.files) {
        PayloadFile file;
        file.wheel_path = shipped.wheel_path;
        file.executable = shipped.executable;
        auto known = generated.find(shipped.source_path);
        if (known != generated.end()) {
            file.file = known->second;
        } else {
            Digest digest = co_await build.get(exec::FileDigest(shipped.source_path));
            file.file = exec::Input(shipped.source_path, digest);
        }
        files[file.wheel_path] = file;
    }
    if (!config->version.write->empty()) {
        PayloadFile file;
        file.wheel_path = wheel_path_of(layout->discovery, *config->version.write);
        file.bytes = version_file_text(package->project.version);
        files[file.wheel_path] = file;
    }
    for (const BuiltModule& module : modules) payload_detail::add_native(files, module.wheel_path, module.file);
    for (const BuiltLibrary& library : libraries) payload_detail::add_native(files, library.wheel_path, library.file);
    for (auto& [path, file] : files) payload->files.push_back(file);
    if (!layout->discovery.stale_native.empty()) {
        payload->notices.push_back(payload_detail::stale_notice(layout->discovery.stale_native));
    }
    if (payload->files.empty() && payload->programs.empty()) {
        co_return project_error("the wheel would be empty", "name the packages in [tool.cermet] packages = […]");
    }
    co_return SharedPayload(payload);
}

}  // namespace cermet::python
