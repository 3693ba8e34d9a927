// Writing wheels, sdists and editable wheels from what was collected.
// SPDX-License-Identifier: MIT
#include "languages/python/distribution.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/run.h"
#include "languages/python/environment.h"
#include "languages/python/payload.h"
#include "languages/python/request.h"
#include "languages/python/sdist_files.h"
#include "languages/python/sdist.h"
#include "languages/python/wheel.h"
#include "languages/python/wheel_platform.h"
#include "platform/os.h"

namespace cermet::python {
namespace distribution_detail {

// The strictest promise that all modules keep.
Result<TagSet> tags_of(const Payload& payload, const Python& python, std::vector<std::string> platforms) {
    // A command's way to the wheel's libraries names the version of Python whose site-packages hold them.
    for (const BuiltProgram& program : payload.programs) {
        if (program.install && !program.libraries.empty()) {
            return wheel_tags(python.record, Abi::Version, {}, platforms);
        }
    }
    if (payload.modules.empty()) {
        if (payload.programs.empty() && payload.libraries.empty()) platforms = {"any"};
        return wheel_tags(python.record, Abi::None, {}, platforms);
    }
    StableFloor floor{3, 2};
    for (const BuiltModule& module : payload.modules) {
        if (module.abi == Abi::Version) return wheel_tags(python.record, Abi::Version, {}, platforms);
        floor.minor = std::max(floor.minor, module.floor.minor);
    }
    return wheel_tags(python.record, Abi::Stable, floor, platforms);
}

void write_plan(ByteWriter& out, const WheelPlan& plan) {
    out.string(plan.name);
    out.string(plan.version.text());
    out.string(plan.tags.text());
    out.string(plan.generator);
    out.u64(static_cast<std::uint64_t>(plan.mtime));
    out.varint(static_cast<std::uint64_t>(plan.level));
    for (const InfoFile& file : plan.info) {
        out.string(file.path);
        out.string(file.bytes);
    }
    for (const auto* list : {&plan.files, &plan.scripts}) {
        out.varint(list->size());
        for (const WheelFile& file : *list) {
            out.string(file.path);
            out.string(file.bytes);
            out.u8(file.executable ? 1 : 0);
        }
    }
}

WheelPlan plan_of(const Payload& payload, const Package& package, const TagSet& tags, const BuildRequest& request,
                  const exec::Places& places) {
    WheelPlan plan;
    plan.name = package.project.name;
    plan.version = package.project.version;
    plan.tags = tags;
    plan.generator = request.generator;
    plan.info = info_files(package.project);
    plan.mtime = archive_time(request.source_date_epoch);
    for (const PayloadFile& file : payload.files) {
        WheelFile packed;
        packed.path = file.wheel_path;
        packed.bytes = file.bytes;
        if (!file.file.path.empty()) packed.host_path = places.host(file.file.path);
        packed.executable = file.executable;
        plan.files.push_back(packed);
    }
    for (const BuiltProgram& program : payload.programs) {
        if (!program.install) continue;
        WheelFile script;
        script.path = program.name;
        script.host_path = places.host(program.file.path);
        script.executable = true;
        plan.scripts.push_back(script);
    }
    return plan;
}

// What was said from outside, for who wants to build the same again. Stage 0 builds no wheels.
void add_record([[maybe_unused]] WheelPlan& plan, [[maybe_unused]] const options::Config& config,
                [[maybe_unused]] const BuildRequest& request, [[maybe_unused]] exec::Executor& executor) {
#ifndef CERMET_STAGE0
    options::RecordedEnvironment environment;
    environment.profile = request.profile;
    if (!request.source_date_epoch.empty()) environment.variables["SOURCE_DATE_EPOCH"] = request.source_date_epoch;
    for (const exec::Leaf& leaf : executor.recorded_leaves()) {
        if (leaf.type != exec::Leaf::Type::Env) continue;
        auto found = executor.options().user.find(leaf.name);
        if (found != executor.options().user.end()) environment.variables.insert(*found);
    }
    std::string text = options::record_text(config, environment);
    if (!text.empty()) plan.info.push_back({std::string(options::k_record_file), std::move(text)});
#endif
}

// The wheel as an action: everything that decides its bytes is in argv, platform and inputs.
exec::Action wheel_action(const WheelPlan& plan, const Payload& payload, const std::string& file) {
    ByteWriter identity;
    write_plan(identity, plan);
    exec::Action action;
    action.label = cat("wheel-", plan.name, "-", digest_of(file).short_hex(8));
    action.description = "write " + file;
    action.argv = {"cermet:wheel", "1"};
    action.verify_inputs = true;
    action.platform["plan"] = digest_of(identity.bytes()).hex();
    action.cwd = std::string(exec::k_ws);
    for (const PayloadFile& one : payload.files) {
        if (!one.file.path.empty()) action.inputs.push_back(one.file);
    }
    for (const BuiltProgram& program : payload.programs) action.inputs.push_back(program.file);
    action.outputs = {exec::Output(file)};
    return action;
}

}  // namespace distribution_detail

engine::Task<BuiltArchive> run(engine::Build build, BuildWheel) {
    SharedPackage package = co_await build.get(LoadPackage());
    Python python = co_await build.get(FindPython());
    SharedPayload payload = co_await build.get(CollectPayload());
    SharedConfig config = co_await build.get(LoadConfig());
    WheelPlatform platform = co_await build.get(ChoosePlatform());
    BuildRequest& request = build.service<BuildRequest>();
    CO_TRY(tags, distribution_detail::tags_of(*payload, python, platform.platforms));
    WheelPlan plan =
        distribution_detail::plan_of(*payload, *package, tags, request, build.service<exec::Executor>().places());
    distribution_detail::add_record(plan, *config, request, build.service<exec::Executor>());
    std::string file = wheel_file_name(plan.name, plan.version, plan.build, plan.tags);
    exec::Action action = distribution_detail::wheel_action(plan, *payload, file);
    exec::InsideWork work = [plan](const std::string& directory) -> Status {
        Result<BuiltWheel> written = write_wheel_file(plan, directory);
        if (!written.ok()) return std::move(written).error();
        return {};
    };
    exec::RunInside step(std::move(action), std::move(work));
    exec::Outcome written = co_await build.get(step);
    BuiltArchive archive;
    archive.file_name = file;
    archive.file = written.input(file);
    archive.notices = payload->notices;
    archive.notices.insert(archive.notices.end(), platform.notices.begin(), platform.notices.end());
    co_return archive;
}

engine::Task<BuiltArchive> run(engine::Build build, BuildEditable) {
    SharedPackage package = co_await build.get(LoadPackage());
    SharedLayout layout = co_await build.get(FindLayout());
    Python python = co_await build.get(FindPython());
    BuildRequest& request = build.service<BuildRequest>();
    Payload payload;
    std::vector<BuiltModule> modules = co_await build.get(BuildModules());
    payload.modules = modules;
    PayloadFile path_file;
    path_file.wheel_path = cat("_", escape_name(package->project.name), ".pth");
    for (const std::string& root : layout->discovery.source_roots) {
        path_file.bytes += join_path(request.host_directory, root) + "\n";
    }
    if (layout->discovery.source_roots.empty()) path_file.bytes = request.host_directory + "\n";
    payload.files.push_back(path_file);
    CO_TRY(tags, distribution_detail::tags_of(payload, python, {python.record.platform_tag()}));
    WheelPlan plan =
        distribution_detail::plan_of(payload, *package, tags, request, build.service<exec::Executor>().places());
    std::string file = wheel_file_name(plan.name, plan.version, plan.build, plan.tags);
    exec::Action action = distribution_detail::wheel_action(plan, payload, file);
    action.label = cat("editable-", plan.name, "-", digest_of(file).short_hex(8));
    exec::InsideWork work = [plan](const std::string& directory) -> Status {
        Result<BuiltWheel> written = write_wheel_file(plan, directory);
        if (!written.ok()) return std::move(written).error();
        return {};
    };
    exec::RunInside step(std::move(action), std::move(work));
    exec::Outcome written = co_await build.get(step);
    BuiltArchive archive;
    archive.file_name = file;
    archive.file = written.input(file);
    co_return archive;
}

engine::Task<BuiltArchive> run(engine::Build build, BuildSdist) {
    SharedConfig config = co_await build.get(LoadConfig());
    SharedPackage package = co_await build.get(LoadPackage());
    BuildRequest& request = build.service<BuildRequest>();
    exec::Executor& executor = build.service<exec::Executor>();
    CO_TRY(chosen, sdist_files(executor.files(), *config, package->project.name));
    SdistPlan plan;
    plan.name = package->project.name;
    plan.version = package->project.version;
    plan.pkg_info = metadata_text(package->project, MetadataFor::Sdist);
    plan.mtime = archive_time(request.source_date_epoch);
    exec::Action action;
    ByteWriter identity;
    identity.string(plan.pkg_info);
    identity.u64(static_cast<std::uint64_t>(plan.mtime));
    std::string written_version = *config->version.write;
    for (const std::string& path : chosen.files) {
        if (path == "PKG-INFO" || path == written_version) continue;
        std::string canonical = join_path(config->directory, path);
        Digest digest = co_await build.get(exec::FileDigest(canonical));
        bool executable = platform::stat_file(executor.places().host(canonical)).executable();
        action.inputs.emplace_back(canonical, digest, executable ? exec::InputKind::Executable : exec::InputKind::File);
        WheelFile file;
        file.path = path;
        file.host_path = executor.places().host(canonical);
        file.executable = executable;
        plan.files.push_back(file);
    }
    if (!written_version.empty()) {
        WheelFile file;
        file.path = written_version;
        file.bytes = version_file_text(package->project.version);
        identity.string(file.bytes);
        plan.files.push_back(file);
    }
    std::string stem_text = distribution_stem(plan.name, plan.version);
    std::string file = stem_text + ".tar.gz";
    action.label = cat("sdist-", plan.name, "-", digest_of(stem_text).short_hex(8));
    action.description = "write " + file;
    action.argv = {"cermet:sdist", "1"};
    action.platform["plan"] = digest_of(identity.bytes()).hex();
    action.cwd = std::string(exec::k_ws);
    action.outputs = {exec::Output(file)};
    exec::InsideWork work = [plan, file](const std::string& directory) -> Status {
        Result<BuiltSdist> made = make_sdist(plan);
        if (!made.ok()) return std::move(made).error();
        return platform::write_file_atomic(join_path(directory, file), made->bytes);
    };
    exec::RunInside step(std::move(action), std::move(work));
    exec::Outcome written = co_await build.get(step);
    BuiltArchive archive;
    archive.file_name = file;
    archive.file = written.input(file);
    archive.notices = chosen.notices;
    co_return archive;
}

}  // namespace cermet::python
