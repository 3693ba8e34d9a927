// Choosing a wheel's platform tag, and refusing a promise that its files do not keep.
// SPDX-License-Identifier: MIT
#include "languages/python/wheel_platform.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/python/environment.h"
#include "languages/python/library_abi.h"
#include "languages/python/manylinux.h"
#include "languages/python/payload.h"
#include "platform/os.h"

namespace cermet::python {
namespace wheel_platform_detail {

bool is_text(std::string_view path) {
    const std::string_view end = extension(path);
    return end == ".py" || end == ".pyi" || end == ".pyx" || end == ".pxd" || end == ".h";
}

Status add(std::vector<NativeFile>& found, const std::string& shown, const exec::Input& file,
           const exec::Places& places) {
    if (file.path.empty() || is_text(shown)) return {};
    TRY(mapped, platform::MappedFile::open(places.host(file.path)));
    if (!is_elf(mapped.bytes())) return {};
    TRY(elf, read_elf(mapped.bytes(), shown));
    found.push_back({shown, elf});
    return {};
}

Result<std::vector<NativeFile>> native_files(const Payload& payload, const exec::Places& places) {
    std::vector<NativeFile> found;
    for (const PayloadFile& file : payload.files) TRY_VOID(add(found, file.wheel_path, file.file, places));
    for (const BuiltProgram& program : payload.programs) {
        if (program.install) TRY_VOID(add(found, program.name, program.file, places));
    }
    return found;
}

// Where they lie: path in the wheel -> canonical path.
std::map<std::string, std::string> built_files(const Payload& payload) {
    std::map<std::string, std::string> paths;
    for (const PayloadFile& file : payload.files) paths[file.wheel_path] = file.file.path;
    for (const BuiltProgram& program : payload.programs) paths[program.name] = program.file.path;
    return paths;
}

// What would be kept in its place: "manylinux_2_34, which the wheel keeps".
std::string instead_of(const PlatformChoice& widest, const std::string& arch) {
    if (!widest.audited()) return "promise `linux`, or leave out what only this system has";
    const std::string& tag = widest.platforms[0];
    return cat("build where the C library is older, or promise ", tag.substr(0, tag.size() - arch.size() - 1),
               ", which the wheel keeps");
}

using Steps = std::vector<std::shared_ptr<const exec::Action>>;

// The step of this build that made a file; nullptr: none did.
const exec::Action* maker_of(const Steps& steps, std::string_view path) {
    for (const auto& step : steps) {
        if (is_within(path, step->directory())) return step.get();
    }
    return nullptr;
}

// Everything that a link took: objects, archives, and what -l found.
std::vector<std::string> taken_by(const exec::Action& link) {
    std::vector<std::string> paths;
    for (const exec::Input& input : link.inputs) paths.push_back(input.path);
    constexpr std::string_view head = "library ";
    for (const auto& [name, digest] : link.platform) {
        if (name.compare(0, head.size(), head) == 0) paths.push_back(name.substr(head.size()));
    }
    return paths;
}

// "small/part.c", "vendor/libfoo.a(foo.o)": what of a linked file calls the symbol; "" where nothing shows it.
std::string caller_of(const Steps& steps, const exec::Places& places, const std::string& linked,
                      const std::string& symbol) {
    const exec::Action* link = maker_of(steps, linked);
    if (link == nullptr) return {};
    for (const std::string& path : taken_by(*link)) {
        const Result<platform::MappedFile> mapped = platform::MappedFile::open(places.host(path));
        if (!mapped.ok()) continue;
        const Result<LibraryAbi> abi = read_library_abi(mapped->bytes(), path);
        if (!abi.ok() || abi->calls.count(symbol) == 0) continue;
        const exec::Action* maker = maker_of(steps, path);
        const std::string& member = abi->calls.at(symbol);
        if (member.empty() && maker != nullptr && !maker->project_file.empty()) return maker->project_file;
        return cat(path, member.empty() ? "" : cat("(", member, ")"));
    }
    return {};
}

Error refusal(const options::Text& setting, const std::vector<BrokenPromise>& broken,
              const std::map<std::string, std::string>& built, const Steps& steps, const exec::Places& places) {
    Error error = project_error(cat("the wheel does not keep the promise of compatibility = \"", *setting, "\""));
    error.where = setting.origin.where;
    constexpr std::size_t shown = 8;
    for (const BrokenPromise& one : broken) {
        if (error.because.size() >= shown) break;
        error.because.push_back(one.text);
        const auto path = built.find(one.file);
        if (one.symbols.empty() || path == built.end()) continue;
        const std::string caller = caller_of(steps, places, path->second, one.symbols[0]);
        if (!caller.empty()) error.because.push_back(cat(caller, " calls ", one.symbols[0]));
    }
    if (broken.size() > shown) error.because.push_back(cat("there are ", broken.size(), " in all"));
    if (error.where.file.empty()) error.because.push_back(cat("it is said by ", setting.origin.text()));
    return error;
}

}  // namespace wheel_platform_detail

std::string musl_series(const std::string& version) {
    std::vector<std::string> parts = split(version, '.');
    if (parts.size() < 2) return {};
    parts.resize(2);
    return join(parts, ".");
}

engine::Task<WheelPlatform> run(engine::Build build, ChoosePlatform) {
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindPython());
    WheelPlatform out;
    const std::string plain = python.record.platform_tag();
    out.platforms = {plain};
    CO_TRY(promise, options::parse_compatibility(*config->compatibility));
    if (promise.promise == options::Promise::Linux || plain.compare(0, 6, "linux_") != 0) co_return out;
    SharedPayload payload = co_await build.get(CollectPayload());
    exec::Executor& executor = build.service<exec::Executor>();
    CO_TRY(files, wheel_platform_detail::native_files(*payload, executor.places()));
    if (std::any_of(files.begin(), files.end(), [](const NativeFile& file) { return uses_musl(file.elf); })) {
        c::Toolchain toolchain = co_await build.get(FindCompiler(c::Language::C, true));
        if (toolchain.libc == "musl") out.musl_version = musl_series(toolchain.libc_version);
    }
    CO_TRY(widest, choose_platform(files, plain, out.musl_version));
    if (promise.promise == options::Promise::Auto) {
        out.platforms = widest.platforms;
        if (!widest.audited() && !widest.reasons.empty()) {
            out.notices.push_back(cat("the tag stays ", plain, ": ", widest.reasons[0]));
        }
        co_return out;
    }
    const std::string arch = plain.substr(6);
    const std::vector<BrokenPromise> broken = broken_promises(files, arch, promise, out.musl_version);
    if (!broken.empty()) {
        Error error =
            wheel_platform_detail::refusal(config->compatibility, broken, wheel_platform_detail::built_files(*payload),
                                           executor.seen_actions(), executor.places());
        co_return std::move(error).advise(wheel_platform_detail::instead_of(widest, arch));
    }
    out.platforms = platform_tags(promise, arch);
    co_return out;
}

}  // namespace cermet::python
