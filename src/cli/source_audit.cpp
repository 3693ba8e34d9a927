// Comparing what a build read with what git and the sdist hold, and what it used with what the wheel requires.
// SPDX-License-Identifier: MIT
#include "cli/source_audit.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/gitignore.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/tags.h"
#include "platform/os.h"

namespace cermet::cli {
namespace source_audit_detail {

constexpr std::size_t k_paths_per_call = 200;

struct Ignored {
    std::string path;  // relative to the checkout
    std::string why;   // ".gitignore:3"
};

// Version control's own files are read for versions, and no build needs them elsewhere.
bool of_version_control(const std::string& path) {
    for (const std::string& part : split(path, '/')) {
        if (part == ".git" || part == ".hg" || part == ".gitignore" || part == ".gitattributes") return true;
    }
    return false;
}

// Files that say how this machine builds, not what is built.
bool of_this_machine(const std::string& path) {
    return contains(path, ".cargo/") || contains(file_name(path), "rust-toolchain");
}

std::vector<Ignored> ignored_files(const Checkout& checkout, const std::vector<std::string>& paths,
                                   const std::string& written) {
    HostFiles files;
    GitIgnore ignore(files, checkout.host);
    std::vector<Ignored> found;
    for (const std::string& path : paths) {
        if (of_version_control(path) || path == written) continue;
        const IgnorePattern* pattern = ignore.why(join_path(checkout.host, path), false);
        if (pattern == nullptr) continue;
        found.push_back({path, cat(relative_to(pattern->source, checkout.host), ":", pattern->line)});
    }
    return found;
}

// git tracks what was added with --force, whatever .gitignore says.
std::set<std::string> tracked_files(Session& session, const std::vector<Ignored>& ignored) {
    std::set<std::string> tracked;
    for (std::size_t begin = 0; begin < ignored.size(); begin += k_paths_per_call) {
        fetch::NetworkCommand command;
        command.argv = {"git", "-c", "safe.directory=*", "ls-files", "-z", "--"};
        command.cwd = session.checkout().host;
        command.purpose = "ask git which files it tracks";
        command.needs_network = false;
        std::size_t end = std::min(ignored.size(), begin + k_paths_per_call);
        for (std::size_t i = begin; i < end; ++i) command.argv.push_back(":(literal)" + ignored[i].path);
        Result<fetch::NetworkEnd> asked = session.network().run(command);
        if (!asked.ok() || !asked->succeeded()) return tracked;  // no git, or no repository: the patterns decide
        for (const std::string& path : split(asked->out, '\0')) tracked.insert(path);
    }
    return tracked;
}

}  // namespace source_audit_detail

std::vector<std::string> files_read(const std::vector<exec::Leaf>& leaves) {
    std::vector<std::string> found;
    std::string prefix = cat(exec::k_ws, "/");
    for (const exec::Leaf& leaf : leaves) {
        bool file = leaf.type == exec::Leaf::Type::File && leaf.value != "absent";
        if (file && leaf.name.compare(0, prefix.size(), prefix) == 0) found.push_back(leaf.name.substr(prefix.size()));
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

void audit_sources(Session& session, const SourceAudit& audit, Findings& findings) {
    using namespace source_audit_detail;
    std::string project = relative_to(session.checkout().directory, exec::k_ws);
    std::string below = project == "." ? "" : project + "/";
    std::string written = audit.config->version.write->empty() ? "" : below + *audit.config->version.write;
    std::vector<Ignored> ignored = ignored_files(session.checkout(), audit.read, written);
    std::set<std::string> tracked = tracked_files(session, ignored);
    std::set<std::string> told;
    for (const Ignored& one : ignored) {
        if (tracked.count(one.path) != 0) continue;
        told.insert(one.path);
        findings.check(false, "sources", cat(one.path, " is needed by the build, but git ignores it (", one.why, ")"),
                       "commit it (git add --force, or change the pattern), or do not depend on it");
    }
    if (told.empty()) findings.check(true, "sources", "");
    std::set<std::string> packed(audit.sdist_paths.begin(), audit.sdist_paths.end());
    std::vector<std::string> outside;
    for (const std::string& path : audit.read) {
        if (told.count(path) != 0 || of_version_control(path) || of_this_machine(path) || path == written) continue;
        bool inside = path.compare(0, below.size(), below) == 0;
        if (!inside || packed.count(path.substr(below.size())) == 0) outside.push_back(path);
    }
    findings.check(outside.empty(), "sdist",
                   cat("the build needs files that the sdist does not hold: ", list_text(outside)),
                   "add them with `sdist-include`; what lies above the project cannot be in it");
}

std::vector<std::pair<std::string, Where>> used_distributions(const options::Config& config) {
    std::vector<std::pair<std::string, Where>> found;
    std::set<std::string> seen;
    auto add = [&](const options::NativeOptions& table, const Where& place) {
        for (const std::string& use : *table.uses) {
            if (use.compare(0, 3, "py:") != 0) continue;
            std::string name = python::normalise_name(use.substr(3));
            if (seen.insert(name).second) found.emplace_back(name, place);
        }
    };
    for (const options::CythonGroup& table : config.cython) add(table, table.place);
    for (const options::CModule& table : config.c_modules) add(table, table.place);
    for (const options::CLibrary& table : config.c_libraries) add(table, table.place);
    for (const options::Executable& table : config.executables) add(table, table.place);
    return found;
}

bool has_native_files(const std::string& directory) {
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(directory);
    if (!entries.ok()) return false;
    for (const platform::DirectoryEntry& entry : *entries) {
        if (entry.kind == platform::FileKind::File && python::is_native_file(entry.name)) return true;
        bool deeper = entry.kind == platform::FileKind::Directory && extension(entry.name) != ".libs";
        if (deeper && has_native_files(join_path(directory, entry.name))) return true;
    }
    return false;
}

void audit_requirements(const python::Project& project, const std::vector<UsedDistribution>& used,
                        const python::MarkerEnvironment& markers, Findings& findings) {
    for (const UsedDistribution& one : used) {
        if (!one.native) continue;
        const python::Distribution& built = one.distribution;
        const python::Requirement* required = nullptr;
        for (const python::Requirement& requirement : project.dependencies) {
            bool same = python::normalise_name(requirement.name) == built.name;
            if (same && (!requirement.marker || requirement.marker->evaluate(markers))) required = &requirement;
        }
        std::string place = one.place.line > 0 ? cat(" (", file_name(one.place.file), ":", one.place.line, ")") : "";
        findings.check(required != nullptr, "requirements",
                       cat("modules are compiled against ", built.name, " ", built.version, place,
                           ", but the wheel does not require ", built.name),
                       cat("add \"", built.name, "\" to [project] dependencies"));
        if (required == nullptr) continue;
        Result<python::Version> version = python::Version::parse(built.version);
        bool allowed = !version.ok() || required->specifier.contains(*version, true);
        findings.check(allowed, "requirements",
                       cat("modules are compiled against ", built.name, " ", built.version, place,
                           ", but the wheel requires ", required->text()),
                       "make [build-system] requires and [project] dependencies agree");
    }
}

}  // namespace cermet::cli
