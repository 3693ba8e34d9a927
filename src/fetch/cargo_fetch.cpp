// Cargo fetch: see cargo_fetch.h.
// SPDX-License-Identifier: MIT
#include "fetch/cargo_fetch.h"

#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::fetch {

namespace cargo_fetch_detail {

constexpr std::size_t k_listed = 5;

std::string some_of(const std::vector<std::string>& names) {
    std::vector<std::string> first(names.begin(),
                                   names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), k_listed)));
    std::string text = join(first, ", ");
    if (names.size() > k_listed) text += cat(" and ", names.size() - k_listed, " more");
    return text;
}

NetworkCommand cargo_command(std::vector<std::string> argv, const std::string& directory) {
    NetworkCommand command;
    command.argv = std::move(argv);
    command.cwd = directory;  // cargo finds its configuration from here
    // A jobserver or a rustc wrapper of the build around us is no business of a download.
    command.env = {{"CARGO_TERM_COLOR", "never"}, {"MAKEFLAGS", ""}, {"CARGO_MAKEFLAGS", ""}, {"RUSTC_WRAPPER", ""}};
    return command;
}

Error explained(Error error, const std::string& manifest, const std::string& what) {
    if (error.kind == ErrorKind::Cancelled) return error;
    const bool no_cargo = contains(error.message, "cannot run cargo");
    if (no_cargo) {
        error.message = cat("cargo is not installed, and it is needed to ", what);
        error.hint =
            "install Rust from https://rustup.rs, or vendor the crates with `cargo vendor` where "
            "cargo is";
    } else if (contains(error.output, "--locked was passed") || contains(error.output, "because --locked")) {
        Error stale = project_error("Cargo.lock does not fit the manifests any more",
                                    "run `cargo update --workspace` and commit Cargo.lock");
        stale.output = std::move(error.output);
        stale.command = std::move(error.command);
        error = std::move(stale);
    } else if (error.hint.empty()) {
        error.hint = "is there a network? proxies and registries are those of cargo's own configuration";
    }
    return std::move(error).at(manifest);
}

}  // namespace cargo_fetch_detail

NetworkCommand cargo_fetch_command(const std::string& manifest_host_path, const std::string& directory,
                                   std::size_t missing) {
    NetworkCommand command = cargo_fetch_detail::cargo_command(
        {"cargo", "fetch", "--locked", "--manifest-path", manifest_host_path}, directory);
    command.purpose = missing == 0 ? "download crates" : cat("download ", missing, missing == 1 ? " crate" : " crates");
    return command;
}

NetworkCommand cargo_lock_command(const LockRequest& request) {
    std::vector<std::string> argv = {"cargo", "generate-lockfile"};
    if (request.update) argv = {"cargo", "update", "--workspace"};
    if (request.offline) argv.push_back("--offline");
    argv.insert(argv.end(), {"--manifest-path", request.manifest});
    NetworkCommand command = cargo_fetch_detail::cargo_command(std::move(argv), request.directory);
    command.purpose = "resolve a Cargo.lock";
    command.needs_network = !request.offline;
    return command;
}

NetworkCommand download_command(const std::string& url, const std::string& target) {
    NetworkCommand command;
    command.argv = {"curl",    "--fail",           "--silent",      "--show-error", "--location",
                    "--proto", "=http,https,file", "--proto-redir", "=https,http",  "--retry",
                    "3",       "--output",         target,          "--",           url};
    command.purpose = cat("download ", url);
    command.needs_network = url.substr(0, 5) != "file:";
    return command;
}

Status cargo_fetch(NetworkHelper& network, const std::string& manifest_host_path, const std::string& directory,
                   const std::vector<std::string>& missing, NetworkListener* listener) {
    auto done = network.need(cargo_fetch_command(manifest_host_path, directory, missing.size()), listener);
    if (done) return {};
    Error error = cargo_fetch_detail::explained(std::move(done).error(), manifest_host_path, "download crates");
    if (!missing.empty())
        error =
            std::move(error).note(cat("these crates are not on this machine: ", cargo_fetch_detail::some_of(missing)));
    return error;
}

Status cargo_generate_lockfile(NetworkHelper& network, const LockRequest& request, NetworkListener* listener) {
    auto done = network.need(cargo_lock_command(request), listener);
    if (done) return {};
    return cargo_fetch_detail::explained(std::move(done).error(), request.manifest, "resolve a Cargo.lock");
}

Status download(NetworkHelper& network, const std::string& url, const std::string& sha256, const std::string& target,
                NetworkListener* listener) {
    TRY_VOID(platform::make_directories(std::string(parent(target))));
    const std::string part = target + ".part";
    auto done = network.need(download_command(url, part), listener);
    if (!done) {
        (void)platform::remove_file(part);
        return std::move(done).error();
    }
    TRY(hashed, store::hash_file(part));
    if (hashed.digest.hex() != lower(sha256)) {
        (void)platform::remove_file(part);
        return project_error(
            cat("checksum mismatch: ", url, " has the sha256 ", hashed.digest.hex(), ", wanted is ", lower(sha256)),
            "if the file changed for a good reason, write down its new sha256");
    }
    return platform::rename_path(part, target);
}

}  // namespace cermet::fetch
