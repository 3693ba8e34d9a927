// Asking git for the version.
// SPDX-License-Identifier: MIT
#include "languages/python/scm_version.h"

#include "base/path.h"
#include "base/text.h"
#include "fetch/network.h"
#include "languages/python/version.h"

namespace cermet::python {
namespace scm_version_detail {

bool digits_only(std::string_view text) {
    if (text.empty()) return false;
    for (char c : text) {
        if (c < '0' || c > '9') return false;
    }
    return true;
}

// "1.2.3-4-gabcdef0" -> tag, distance, hash: what `git describe --long` appends.
struct Described {
    std::string tag;
    std::string distance = "0";
    std::string hash;
    bool dirty = false;
};

std::optional<Described> split_describe(std::string text) {
    Described found;
    if (text.size() > 6 && text.compare(text.size() - 6, 6, "-dirty") == 0) {
        found.dirty = true;
        text.resize(text.size() - 6);
    }
    std::size_t g = text.rfind("-g");
    if (g == std::string::npos) return std::nullopt;
    found.hash = text.substr(g + 2);
    std::size_t dash = text.rfind('-', g - 1);
    if (dash == std::string::npos || !digits_only(std::string_view(text).substr(dash + 1, g - dash - 1))) {
        return std::nullopt;
    }
    found.distance = text.substr(dash + 1, g - dash - 1);
    found.tag = text.substr(0, dash);
    return found;
}

// The part of the tag where the pattern has {version}; without a pattern: after "v", or after the last "-v".
std::optional<std::string> version_in_tag(const std::string& tag, const std::string& pattern) {
    if (pattern.empty()) {
        std::size_t at = tag.find_first_of("0123456789");
        if (at == std::string::npos) return std::nullopt;
        return tag.substr(at);
    }
    std::size_t hole = pattern.find("{version}");
    std::string head = pattern.substr(0, hole);
    std::string tail = hole == std::string::npos ? "" : pattern.substr(hole + 9);
    bool fits = tag.size() >= head.size() + tail.size() && tag.compare(0, head.size(), head) == 0 &&
                tag.compare(tag.size() - tail.size(), tail.size(), tail) == 0;
    if (!fits) return std::nullopt;
    return tag.substr(head.size(), tag.size() - head.size() - tail.size());
}

// Leaves: a commit, a new tag or a staged change moves one of these.
void record_state(SourceFiles& files, const std::string& git_directory) {
    std::optional<std::string> head = files.read(join_path(git_directory, "HEAD"));
    if (head && head->compare(0, 5, "ref: ") == 0) {
        files.digest(join_path(git_directory, trim(std::string_view(*head).substr(5))));
    }
    files.digest(join_path(git_directory, "index"));
    files.digest(join_path(git_directory, "packed-refs"));
    files.list(join_path(git_directory, "refs/tags"));
}

}  // namespace scm_version_detail

Result<std::string> version_from_describe(const std::string& described, const std::string& pattern) {
    std::optional<scm_version_detail::Described> parts = scm_version_detail::split_describe(described);
    if (!parts) return project_error(cat("git describes the checkout in an unknown way: ", described));
    std::optional<std::string> text = scm_version_detail::version_in_tag(parts->tag, pattern);
    if (!text) {
        return project_error(cat("the tag ", parts->tag, " does not look like ", pattern),
                             "say how tags look with version = { from = \"git\", pattern = \"v{version}\" }");
    }
    TRY(tagged, Version::parse(*text));
    if (parts->distance == "0" && !parts->dirty) return tagged.text();
    Version next = tagged.base_version();
    if (tagged.is_prerelease() && tagged.pre != Version::Pre::None) {
        next.pre = tagged.pre;
        next.pre_number = tagged.pre_number.next();
    } else {
        next.release.back() = next.release.back().next();
    }
    std::string version = cat(next.text(), ".dev", parts->distance, "+g", parts->hash, parts->dirty ? ".dirty" : "");
    TRY(checked, Version::parse(version));
    return checked.text();
}

Result<std::string> scm_version(exec::Executor& executor, const options::Config& config,
                                const std::string& host_directory, fetch::NetworkHelper& network) {
    std::string pattern = *config.version.pattern;
    std::vector<std::string> argv = {"git", "describe", "--tags", "--long", "--dirty", "--abbrev=8"};
    if (!pattern.empty()) argv.insert(argv.end(), {"--match", replace_all(pattern, "{version}", "*")});
    fetch::NetworkCommand command;
    command.argv = argv;
    command.cwd = host_directory;
    command.purpose = "ask git for the version";
    command.needs_network = false;
    Result<fetch::NetworkEnd> answer = network.run(command);
    scm_version_detail::record_state(executor.files(), join_path(config.directory, ".git"));
    if (answer.ok() && answer->succeeded()) return version_from_describe(std::string(trim(answer->out)), pattern);
    if (!config.version.fallback->empty()) return *config.version.fallback;
    return project_error("git knows no tag to take the version from",
                         "create a tag, or set version.fallback (and PKG-INFO is used in an sdist)")
        .at(config.version.place);
}

}  // namespace cermet::python
