// Git checkouts in the cache: see git_checkout.h.
// SPDX-License-Identifier: MIT
#include "fetch/git_checkout.h"

#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/locks.h"

namespace cermet::fetch {

namespace git_checkout_detail {

constexpr std::string_view k_mark = ".cermet-ok";

bool is_revision(std::string_view text) {
    if (text.size() != 40) return false;
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string repository_name(const GitRevision& wanted) {
    std::string name(file_name(wanted.url));
    if (name.ends_with(".git")) name.resize(name.size() - 4);
    for (char& c : name) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!fine) c = '_';
    }
    return cat(name, "-", digest_of(wanted.url).short_hex(8));
}

// One repository's commands. None of them runs a hook or asks on the terminal for what it cannot get.
class Git {
   public:
    Git(NetworkHelper& network, NetworkListener* listener, std::string url)
        : network_(network), listener_(listener), url_(std::move(url)) {}

    Status run(std::vector<std::string> arguments, const std::string& directory, bool needs_network) const {
        NetworkCommand command;
        command.argv = {
            "git", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "advice.detachedHead=false"};
        command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
        command.cwd = directory;
        command.env = {{"GIT_TERMINAL_PROMPT", "0"}, {"GIT_DIR", ""},
                       {"GIT_WORK_TREE", ""},        {"GIT_INDEX_FILE", ""},
                       {"GIT_OBJECT_DIRECTORY", ""}, {"GIT_ALTERNATE_OBJECT_DIRECTORIES", ""}};
        command.purpose = cat("fetch ", url_);
        command.needs_network = needs_network;
        Result<std::string> done = network_.need(command, listener_);
        if (done.ok()) return {};
        return std::move(done).error();
    }

    bool has(const std::string& database, const std::string& revision) const {
        return run({"cat-file", "-e", revision + "^{commit}"}, database, false).ok();
    }

   private:
    NetworkHelper& network_;
    NetworkListener* listener_;
    std::string url_;
};

// Where the revision is looked for: what names it first, then by itself (servers may refuse that), then everything.
std::vector<std::vector<std::string>> refspecs(const GitRevision& wanted) {
    std::vector<std::vector<std::string>> all;
    const std::string& reference = wanted.reference;
    if (reference.starts_with("branch=")) all.push_back({cat("+refs/heads/", reference.substr(7), ":refs/wanted/it")});
    if (reference.starts_with("tag=")) all.push_back({cat("+refs/tags/", reference.substr(4), ":refs/wanted/it")});
    if (reference.empty()) all.push_back({"+HEAD:refs/wanted/it"});
    all.push_back({wanted.revision});
    all.push_back(
        {"+refs/heads/*:refs/remotes/origin/*", "+HEAD:refs/remotes/origin/HEAD", "+refs/tags/*:refs/tags/*"});
    return all;
}

Status fetch_revision(const Git& git, const std::string& database, const GitRevision& wanted) {
    if (!platform::is_directory(database)) {
        TRY_VOID(platform::make_directories(database));
        TRY_VOID(git.run({"init", "--quiet", "--bare"}, database, false));
    }
    Status last;
    for (const std::vector<std::string>& specs : refspecs(wanted)) {
        if (git.has(database, wanted.revision)) return {};
        std::vector<std::string> arguments = {"fetch", "--quiet", "--force", "--no-tags", "--", wanted.url};
        arguments.insert(arguments.end(), specs.begin(), specs.end());
        last = git.run(arguments, database, true);
        if (!last.ok() && last.error().kind == ErrorKind::Cancelled) return last;
    }
    if (git.has(database, wanted.revision)) return {};
    if (!last.ok()) return last;
    return project_error(cat("the repository ", wanted.url, " has no revision ", wanted.revision),
                         "was its history rewritten? `cargo update` finds another revision");
}

Status fill(const Git& git, const std::string& database, const std::string& directory, const GitRevision& wanted) {
    const std::string made = directory + ".new";
    TRY_VOID(platform::remove_tree(made));
    TRY_VOID(platform::make_directories(std::string(parent(made))));
    // Hard links to the clone's objects; submodules find their relative addresses from the remote's.
    TRY_VOID(git.run({"clone", "--quiet", "--local", "--no-checkout", "--", database, made}, database, false));
    TRY_VOID(git.run({"remote", "set-url", "origin", wanted.url}, made, false));
    TRY_VOID(git.run({"checkout", "--quiet", "--force", wanted.revision}, made, false));
    if (platform::is_file(made + "/.gitmodules")) {
        // Of a repository on this machine, submodules may lie on it too; one from elsewhere must not name local files.
        const std::string local = wanted.url.starts_with("file://") || is_absolute(wanted.url) ? "always" : "user";
        TRY_VOID(
            git.run({"-c", "protocol.file.allow=" + local, "submodule", "--quiet", "update", "--init", "--recursive"},
                    made, true));
    }
    TRY_VOID(platform::write_file(cat(made, "/", k_mark), "1\n"));
    TRY_VOID(platform::remove_tree(directory));
    return platform::rename_path(made, directory);
}

}  // namespace git_checkout_detail

std::string git_checkout_directory(const store::Store& store, const GitRevision& wanted) {
    return cat(store.directory(), "/git/", git_checkout_detail::repository_name(wanted), "/",
               std::string_view(wanted.revision).substr(0, 12));
}

bool has_git_checkout(store::Store& store, const GitRevision& wanted) {
    const std::string directory = git_checkout_directory(store, wanted);
    if (!platform::is_file(cat(directory, "/", git_checkout_detail::k_mark))) return false;
    store.touch_directory(std::string(parent(directory)));
    return true;
}

Result<std::string> checkout_git(store::Store& store, NetworkHelper& network, const GitRevision& wanted,
                                 NetworkListener* listener) {
    using namespace git_checkout_detail;
    if (!is_revision(wanted.revision)) return project_error(cat("not a revision of git: ", wanted.revision));
    if (wanted.url.starts_with("-")) return project_error(cat("not the address of a repository: ", wanted.url));
    const std::string directory = git_checkout_directory(store, wanted);
    if (has_git_checkout(store, wanted)) return directory;
    const std::string database = cat(store.directory(), "/git/", repository_name(wanted), "/db");
    TRY(lock, store::KeyLock::take(store.directory(), digest_of(cat("git ", wanted.url))));
    (void)lock;
    if (has_git_checkout(store, wanted)) return directory;
    const Git git(network, listener, wanted.url);
    TRY_VOID(fetch_revision(git, database, wanted));
    TRY_VOID(fill(git, database, directory, wanted));
    return directory;
}

}  // namespace cermet::fetch
