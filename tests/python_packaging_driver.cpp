// Lets the packaging judges drive the C++ code: one JSON request a line on stdin, one JSON answer a line on stdout.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <iostream>
#include <string>

#include "base/archive/tar.h"
#include "base/archive/zip.h"
#include "base/gitignore.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "base/toml.h"
#include "languages/python/discovery.h"
#include "languages/python/elf.h"
#include "languages/python/license.h"
#include "languages/python/manylinux.h"
#include "languages/python/metadata.h"
#include "languages/python/requirement.h"
#include "languages/python/sdist.h"
#include "languages/python/tags.h"
#include "languages/python/version.h"
#include "languages/python/wheel.h"
#include "platform/os.h"

using namespace cermet;
using namespace cermet::python;

namespace {

// The real disk, as the build's own implementation reads it.
class DiskFiles : public SourceFiles {
   public:
    std::optional<std::string> read(const std::string& path) override {
        if (!platform::is_file(path)) return std::nullopt;
        return platform::find_file_bytes(path);
    }
    SourceKind kind(const std::string& path) override {
        if (platform::is_directory(path)) return SourceKind::Directory;
        return platform::is_file(path) ? SourceKind::File : SourceKind::Absent;
    }
    std::vector<SourceEntry> list(const std::string& directory) override {
        std::vector<SourceEntry> out;
        auto entries = platform::list_directory(directory);
        if (!entries) return out;
        for (const auto& entry : *entries) {
            SourceKind k = kind(join_path(directory, entry.name));
            if (k != SourceKind::Absent) out.push_back({entry.name, k});
        }
        return out;
    }
    std::optional<Digest> digest(const std::string& path) override {
        auto bytes = read(path);
        if (!bytes) return std::nullopt;
        return digest_of(*bytes);
    }
};

Json failure(const Error& error) {
    Json out;
    out.set("error", error.message);
    out.set("hint", error.hint);
    out.set("line", error.where.line);
    return out;
}

Json do_version(const Json& in) {
    auto v = Version::parse(in["text"].string());
    if (!v) return failure(v.error());
    Json out;
    out.set("text", v->text()).set("public", v->public_text()).set("base", v->base_text());
    out.set("prerelease", v->is_prerelease()).set("postrelease", v->is_postrelease());
    return out;
}

Json do_compare(const Json& in) {
    auto a = Version::parse(in["a"].string()), b = Version::parse(in["b"].string());
    if (!a) return failure(a.error());
    if (!b) return failure(b.error());
    auto order = *a <=> *b;
    return Json().set("order", order < 0 ? -1 : order > 0 ? 1 : 0);
}

Json do_specifier(const Json& in) {
    auto set = SpecifierSet::parse(in["set"].string());
    if (!set) return failure(set.error());
    Json out;
    out.set("text", set->text());
    Json answers{Json::Array{}};
    for (const std::string& text : in["versions"].string_list()) {
        auto v = Version::parse(text);
        answers.push(v.ok() && set->contains(*v, true));
    }
    return out.set("contains", std::move(answers));
}

MarkerEnvironment environment_of(const Json& json) {
    MarkerEnvironment out;
    for (const auto& [key, value] : json.object()) out[key] = value.string();
    return out;
}

Json do_marker(const Json& in) {
    auto marker = Marker::parse(in["text"].string());
    if (!marker) return failure(marker.error());
    Json out;
    out.set("text", marker->text());
    return out.set("value", marker->evaluate(environment_of(in["environment"])));
}

Json do_requirement(const Json& in) {
    auto requirement = Requirement::parse(in["text"].string());
    if (!requirement) return failure(requirement.error());
    Json out;
    out.set("text", requirement->text()).set("name", requirement->name);
    return out.set("normal", normalise_name(requirement->name));
}

Json do_license(const Json& in) {
    auto text = normalise_license(in["text"].string());
    return text ? Json().set("text", *text) : failure(text.error());
}

Result<Project> project_in(const std::string& directory, const Json& in, SourceFiles& files) {
    ProjectSource source;
    source.file = join_path(directory, "pyproject.toml");
    source.shown = "pyproject.toml";
    TRY(bytes, files.need(source.file));
    TRY(toml, parse_toml(bytes, "pyproject.toml"));
    DynamicValues dynamic;
    if (in["version"].is_string()) dynamic.version = in["version"].string();
    return read_project(toml, source, files, dynamic);
}

Json do_metadata(const Json& in) {
    DiskFiles files;
    auto project = project_in(in["directory"].string(), in, files);
    if (!project) return failure(project.error());
    Json out;
    out.set("metadata", metadata_text(*project, MetadataFor::Wheel));
    out.set("pkg_info", metadata_text(*project, MetadataFor::Sdist));
    return out.set("entry_points", entry_points_text(*project));
}

Json do_tags(const Json& in) {
    auto python = interpreter_from_json(in["interpreter"]);
    if (!python) return failure(python.error());
    std::string abi = in["abi"].string();
    Abi kind = abi == "none"      ? Abi::None
               : abi == "version" ? Abi::Version
               : abi == "stable"  ? Abi::Stable
               : abi == "both"    ? Abi::StableBoth
                                  : Abi::StableFree;
    StableFloor floor;
    floor.minor = static_cast<int>(in["minor"].integer());
    auto tags = wheel_tags(*python, kind, floor, in["platforms"].string_list());
    if (!tags) return failure(tags.error());
    Json out;
    out.set("text", tags->text()).set("expanded", Json::strings(tags->expanded()));
    if (kind != Abi::None) {
        auto suffix = module_suffix(*python, kind, floor);
        if (!suffix) return failure(suffix.error());
        out.set("suffix", *suffix);
    }
    return out;
}

std::vector<WheelFile> files_of(const Json& list) {
    std::vector<WheelFile> out;
    for (const Json& item : list.array()) {
        WheelFile file;
        file.path = item["path"].string();
        file.bytes = item["bytes"].string();
        file.host_path = item["host_path"].string();
        file.executable = item["executable"].boolean();
        out.push_back(std::move(file));
    }
    return out;
}

Json do_wheel(const Json& in) {
    DiskFiles files;
    auto project = project_in(in["directory"].string(), in, files);
    if (!project) return failure(project.error());
    WheelPlan plan;
    plan.name = project->name;
    plan.version = project->version;
    plan.build = in["build"].string();
    auto tags = parse_tags(in["tags"].string());
    if (!tags) return failure(tags.error());
    plan.tags = *tags;
    plan.generator = "cermet test";
    plan.files = files_of(in["files"]);
    plan.scripts = files_of(in["scripts"]);
    plan.info = info_files(*project);
    plan.mtime = archive_time(in["source_date_epoch"].string());
    plan.threads = static_cast<int>(in["threads"].integer());
    auto built = write_wheel_file(plan, in["out"].string());
    if (!built) return failure(built.error());
    std::string path = join_path(in["out"].string(), built->file_name);
    auto bytes = platform::read_file(path);
    Json out;
    out.set("path", path);
    return out.set("problems", Json::strings(check_wheel(*bytes, built->file_name)));
}

Json do_sdist(const Json& in) {
    DiskFiles files;
    auto project = project_in(in["directory"].string(), in, files);
    if (!project) return failure(project.error());
    SdistPlan plan;
    plan.name = project->name;
    plan.version = project->version;
    plan.pkg_info = metadata_text(*project, MetadataFor::Sdist);
    plan.files = files_of(in["files"]);
    auto built = make_sdist(plan);
    if (!built) return failure(built.error());
    std::string path = join_path(in["out"].string(), built->file_name);
    auto written = platform::write_file_atomic(path, built->bytes);
    return written ? Json().set("path", path) : failure(written.error());
}

Json do_check_wheel(const Json& in) {
    auto bytes = platform::read_file(in["path"].string());
    if (!bytes) return failure(bytes.error());
    Json out;
    return out.set("problems", Json::strings(check_wheel(*bytes, file_name(in["path"].string()))));
}

Json do_untar(const Json& in) {
    auto bytes = platform::read_file(in["path"].string());
    if (!bytes) return failure(bytes.error());
    auto files = read_tar_gz(*bytes, "archive", TarRules{});
    if (!files) return failure(files.error());
    Json list{Json::Array{}};
    for (const TarFile& file : *files) {
        Json item;
        item.set("path", file.path).set("digest", digest_of(file.bytes).hex()).set("executable", file.executable);
        list.push(std::move(item));
    }
    return Json().set("files", std::move(list));
}

Json do_gitignore(const Json& in) {
    DiskFiles files;
    GitIgnore ignore(files, in["root"].string());
    Json answers{Json::Array{}};
    for (const Json& item : in["paths"].array()) {
        answers.push(ignore.ignored(join_path(in["root"].string(), item["path"].string()), item["directory"].boolean()));
    }
    Json out;
    out.set("ignored", std::move(answers));
    return out.set("listed", Json::strings(ignore.list(in["root"].string())));
}

Json symbols_json(const std::vector<ElfSymbol>& symbols) {
    Json out{Json::Array{}};
    for (const ElfSymbol& s : symbols) out.push(s.version.empty() ? s.name : s.name + "@" + s.version);
    return out;
}

Json do_elf(const Json& in) {
    auto bytes = platform::read_file(in["path"].string());
    if (!bytes) return failure(bytes.error());
    auto elf = read_elf(*bytes, file_name(in["path"].string()));
    if (!elf) return failure(elf.error());
    Json out, needs;
    for (const auto& [library, versions] : elf->version_needs) {
        needs.set(library, Json::strings({versions.begin(), versions.end()}));
    }
    out.set("needed", Json::strings(elf->needed)).set("soname", elf->soname).set("arch", elf->arch());
    out.set("undefined", symbols_json(elf->undefined)).set("exported", symbols_json(elf->exported));
    out.set("runpath", Json::strings(elf->runpath)).set("needs", std::move(needs));
    auto choice = choose_platform({{std::string(file_name(in["path"].string())), *elf}}, "linux_" + elf->arch());
    if (choice) out.set("platforms", Json::strings(choice->platforms)).set("reasons", Json::strings(choice->reasons));
    return out;
}

Json do_discover(const Json& in) {
    DiskFiles files;
    DiscoveryConfig config;
    config.root = in["root"].string();
    config.project_name = in["name"].string();
    config.packages = in["packages"].string_list();
    config.include = in["include"].string_list();
    config.exclude = in["exclude"].string_list();
    config.produced = in["produced"].string_list();
    auto found = discover(files, config);
    if (!found) return failure(found.error());
    Json out, list{Json::Array{}};
    for (const ShippedFile& file : found->files) list.push(file.wheel_path);
    out.set("files", std::move(list)).set("packages", Json::strings(found->packages));
    return out.set("stale", Json::strings(found->stale_native));
}

Json answer(const Json& in) {
    const std::string& op = in["op"].string();
    if (op == "version") return do_version(in);
    if (op == "compare") return do_compare(in);
    if (op == "specifier") return do_specifier(in);
    if (op == "marker") return do_marker(in);
    if (op == "requirement") return do_requirement(in);
    if (op == "license") return do_license(in);
    if (op == "metadata") return do_metadata(in);
    if (op == "tags") return do_tags(in);
    if (op == "wheel") return do_wheel(in);
    if (op == "sdist") return do_sdist(in);
    if (op == "check_wheel") return do_check_wheel(in);
    if (op == "untar") return do_untar(in);
    if (op == "gitignore") return do_gitignore(in);
    if (op == "elf") return do_elf(in);
    if (op == "discover") return do_discover(in);
    if (op == "probe") return Json().set("program", k_probe_program);
    return Json().set("error", "unknown request");
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        auto request = parse_json(line, "request");
        Json out = request ? answer(*request) : failure(request.error());
        std::cout << out.dump() << "\n" << std::flush;
    }
    return 0;
}
