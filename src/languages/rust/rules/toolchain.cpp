// Finding rustc: through rustup's proxy to the toolchain behind it, then one digest over all that compiles.
// SPDX-License-Identifier: MIT
//
// rustup's proxy chooses its toolchain by environment and working directory, so one build could mix compilers: it is
// resolved once, by reading what rustup reads. Source: rustup book "Overrides".
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "base/toml.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/queries.h"
#include "languages/rust/rules/graph.h"
#include "platform/os.h"

namespace cermet::rust {
namespace toolchain_detail {

// The channel a rust-toolchain file names: TOML with [toolchain] channel, or one line of text.
std::string channel_of(const std::string& text, std::string& path) {
    Result<Toml> document = parse_toml(text, "rust-toolchain.toml");
    if (document.ok()) {
        const Toml* channel = document->find_path("toolchain.channel");
        const Toml* directory = document->find_path("toolchain.path");
        if (directory != nullptr && directory->is_string()) path = directory->string();
        return channel != nullptr && channel->is_string() ? channel->string() : "";
    }
    return std::string(trim(text));
}

struct Rustup {
    std::string home;
    std::string host;
    Toml settings;

    // "stable" or "1.95.0" or a full name -> its directory.
    std::string directory_of(const std::string& name) const {
        for (const std::string& full : {name, cat(name, "-", host)}) {
            std::string directory = join_path(home, "toolchains/" + full);
            if (platform::is_file(join_path(directory, "bin/rustc"))) return directory;
        }
        return {};
    }
};

// `directories`: the one of the build, then those above it. In each an override (`rustup override set`) goes before a file.
Result<std::string> resolve_rustup(exec::Executor& executor, const Rustup& rustup, const std::string& chosen,
                                   const std::vector<std::string>& directories) {
    std::string name = chosen;
    std::string why = "RUSTUP_TOOLCHAIN";
    const Toml* overrides = rustup.settings.find("overrides");
    for (const std::string& at : directories) {
        if (!name.empty()) break;
        const Toml* set = overrides != nullptr ? overrides->find(executor.places().host_outside(at)) : nullptr;
        if (set != nullptr && set->is_string()) {
            name = set->string();
            why = cat("`rustup override` for ", at);
        }
        // rustup believes the first that is there.
        for (const char* file : {"rust-toolchain", "rust-toolchain.toml"}) {
            if (!name.empty()) break;
            std::optional<std::string> text = executor.files().read(join_path(at, file));
            std::string path;
            if (!text) continue;
            if (trim(*text).empty())
                return project_error("the toolchain file is empty", "name a channel in it, or remove it")
                    .at(join_path(at, file));
            name = channel_of(*text, path);
            why = join_path(at, file);
            if (!path.empty()) return join_path(at, path);
        }
    }
    if (name.empty()) {
        const Toml* fallback = rustup.settings.find("default_toolchain");
        if (fallback != nullptr && fallback->is_string()) name = fallback->string();
        why = "rustup's default";
    }
    if (name.empty()) {
        return environment_error("rustup has no default toolchain", "run: rustup default stable");
    }
    std::string found = rustup.directory_of(name);
    if (found.empty()) {
        return environment_error(cat("the Rust toolchain ", name, " (from ", why, ") is not installed"),
                                 cat("run: rustup toolchain install ", name));
    }
    return found;
}

std::vector<std::string> files_in(const std::vector<std::string>& directories) {
    std::vector<std::string> found;
    for (const std::string& directory : directories) {
        Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(directory);
        if (!entries.ok()) continue;
        for (const platform::DirectoryEntry& entry : *entries) {
            std::string path = join_path(directory, entry.name);
            if (entry.kind == platform::FileKind::File) found.push_back(path);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string of_target(const std::string& sysroot, const std::string& triple, const char* what) {
    return join_path(sysroot, cat("lib/rustlib/", triple, "/", what));
}

// The files that make this compiler what it is: rustc, its libraries, the host's standard library.
std::vector<std::string> toolchain_files(const std::string& sysroot, const std::string& host) {
    std::vector<std::string> found =
        files_in({join_path(sysroot, "lib"), of_target(sysroot, host, "lib"), of_target(sysroot, host, "bin")});
    found.push_back(join_path(sysroot, "bin/rustc"));
    std::sort(found.begin(), found.end());
    return found;
}

// Into the identity of a toolchain: names relative to the sysroot, and bytes.
Status digest_files(engine::Build build, const std::string& sysroot, const std::vector<std::string>& files,
                    ByteWriter& identity) {
    for (const std::string& file : files) {
        TRY(digest, build.service<store::Store>().file_digest(file));
        identity.string(relative_to(file, sysroot));
        identity.digest(digest);
        build.service<exec::Executor>().record(exec::Leaf{exec::Leaf::Type::Tool, file, digest.text()});
    }
    return {};
}

Error no_standard_library(const RustToolchain& rust, const std::string& triple) {
    return environment_error(
        cat("rustc ", rust.version, " has no standard library for ", triple),
        cat("install it: rustup target add ", triple, " (Debian has some as libstd-rust-dev of that architecture)"));
}

std::string line_after(const std::string& text, std::string_view head) {
    for (const std::string& line : split_lines(text)) {
        if (line.compare(0, head.size(), head) == 0) return std::string(trim(line.substr(head.size())));
    }
    return {};
}

exec::Action version_action(const std::string& rustc, const std::string& digest) {
    exec::Action action;
    action.label = cat("probe-rustc-", digest.substr(0, 8));
    action.description = "probe rustc";
    action.argv = {rustc, "-vV"};
    action.cwd = "/";
    action.platform["rust"] = digest;
    return action;
}

exec::Action sysroot_action(const exec::Program& program) {
    exec::Action action;
    action.label = cat("probe-rustc-", program.digest.short_hex(8));
    action.description = cat("ask ", program.path, " for its sysroot");
    action.argv = {program.path, "--print=sysroot"};
    action.cwd = "/";
    action.platform["rust"] = program.digest.hex();
    return action;
}

}  // namespace toolchain_detail

engine::Task<RustToolchain> run(engine::Build build, FindRust key) {
    exec::Executor& executor = build.service<exec::Executor>();
    std::string variable = co_await build.get(exec::UserEnvironment("RUSTC"));
    std::string wanted = !key.configured().empty() ? key.configured() : !variable.empty() ? variable : "rustc";
    exec::Program program = co_await build.get(exec::FindProgram(wanted));
    if (!program.found()) {
        co_return environment_error("rustc is not installed", "install Rust from https://rustup.rs");
    }
    std::string host_path = executor.places().host(program.path);
    CO_TRY(real, platform::real_path(host_path));
    std::string sysroot(parent(parent(real)));
    std::string host = platform::host_triple().rust();
    if (contains(file_name(real), "rustup")) {
        std::string chosen = co_await build.get(exec::UserEnvironment("RUSTUP_TOOLCHAIN"));
        std::string home = co_await build.get(exec::UserEnvironment("RUSTUP_HOME"));
        std::string user = co_await build.get(exec::UserEnvironment("HOME"));
        toolchain_detail::Rustup rustup{home.empty() ? join_path(user, ".rustup") : home, host, {}};
        std::string settings_path = join_path(rustup.home, "settings.toml");
        std::optional<std::string> settings = executor.files().read(settings_path);
        if (settings) {
            CO_TRY(parsed, parse_toml(*settings, settings_path));
            rustup.settings = parsed;
        }
        std::vector<std::string> directories = with_parents(key.directory(), executor.options().checkout);
        CO_TRY(resolved, toolchain_detail::resolve_rustup(executor, rustup, chosen, directories));
        sysroot = resolved;
    }
    RustToolchain found;
    ByteWriter identity;
    if (!platform::is_directory(join_path(sysroot, "lib/rustlib"))) {  // a program that starts a rustc
        found.rustc = program.path;
        identity.digest(program.digest);
        exec::Action question = toolchain_detail::sysroot_action(program);
        exec::Outcome answered = co_await build.get(exec::Run(std::move(question)));
        std::string printed = co_await build.get(exec::BlobText(answered.stdout_digest));
        sysroot = executor.places().host_outside(trim(printed));
    }
    CO_TRY_VOID(
        toolchain_detail::digest_files(build, sysroot, toolchain_detail::toolchain_files(sysroot, host), identity));
    found.digest = digest_of(identity.bytes()).hex();
    found.sysroot = sysroot;
    if (!is_within(sysroot, "/usr")) {
        found.sysroot = cat(exec::k_tool, "/rust-", found.digest.substr(0, 8));
        CO_TRY_VOID(executor.add_place(found.sysroot, sysroot));
    }
    if (found.rustc.empty()) found.rustc = join_path(found.sysroot, "bin/rustc");
    exec::Action probe = toolchain_detail::version_action(found.rustc, found.digest);
    exec::Outcome answered = co_await build.get(exec::Run(std::move(probe)));
    std::string printed = co_await build.get(exec::BlobText(answered.stdout_digest));
    found.verbose = printed;
    found.version = toolchain_detail::line_after(printed, "release:");
    found.host = toolchain_detail::line_after(printed, "host:");
    co_return found;
}

engine::Task<std::string> run(engine::Build build, FindRustTarget key) {
    const std::string sysroot = build.service<exec::Executor>().places().host_outside(key.rust().sysroot);
    const std::string directory = toolchain_detail::of_target(sysroot, key.triple(), "lib");
    if (!platform::is_directory(directory)) {
        co_return toolchain_detail::no_standard_library(key.rust(), key.triple());
    }
    ByteWriter identity;
    CO_TRY_VOID(toolchain_detail::digest_files(build, sysroot, toolchain_detail::files_in({directory}), identity));
    co_return digest_of(identity.bytes()).hex();
}

}  // namespace cermet::rust
