// Listing the distributions that a build uses: see used_distributions.h.
// SPDX-License-Identifier: MIT
#include "languages/python/used_distributions.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/place.h"
#include "languages/python/environment.h"
#include "languages/python/metadata.h"
#include "languages/python/package.h"
#include "languages/python/requirement.h"
#include "platform/os.h"

namespace cermet::python {
namespace used_distributions_detail {

struct Wanted {
    std::string name;
    fetch::Asker asker;
};

void add_uses(const char* section, const std::string& name, const options::Texts& uses, std::vector<Wanted>& wanted) {
    for (const std::string& text : *uses) {
        const Result<options::Use> use = options::parse_use(text);
        if (!use.ok() || use->kind != options::UseKind::Python) continue;
        wanted.push_back({use->name, {uses.origin.where, {cat("[[", section, "]] ", name), text}}});
    }
}

std::vector<Wanted> of_tables(const options::Config& config) {
    std::vector<Wanted> wanted;
    for (const options::CythonGroup& table : config.cython) {
        const std::string& name = table.name->empty() ? table.id : *table.name;
        wanted.push_back({"cython", {table.place, {cat("[[cython]] ", name), "Cython"}}});
        add_uses("cython", name, table.uses, wanted);
    }
    for (const options::CModule& table : config.c_modules) add_uses("c-module", *table.name, table.uses, wanted);
    for (const options::CLibrary& table : config.c_libraries) add_uses("c-library", *table.name, table.uses, wanted);
    for (const options::Executable& table : config.executables) add_uses("executable", *table.name, table.uses, wanted);
    for (const options::Generate& table : config.generates) add_uses("generate", *table.name, table.uses, wanted);
    return wanted;
}

std::vector<Wanted> of_build_system(const Toml& pyproject, const std::string& file, const MarkerEnvironment& markers) {
    std::vector<Wanted> wanted;
    const Toml* listed = pyproject.find_path("build-system.requires");
    if (listed == nullptr || !listed->is_array()) return wanted;
    for (const Toml& one : listed->array()) {
        if (!one.is_string()) continue;
        const Result<Requirement> requirement = Requirement::parse(one.string());
        if (!requirement.ok() || (requirement->marker && !requirement->marker->evaluate(markers))) continue;
        wanted.push_back(
            {requirement->name, {{file, one.line, one.column}, {"[build-system] requires", one.string()}}});
    }
    return wanted;
}

// Of its files; unknown where it was not copied.
std::optional<std::uint64_t> installed_size(store::Store& store, const Distribution& found) {
    const std::string name(file_name(found.host));
    const std::optional<fetch::PlaceMark> mark = fetch::find_place(store, name, found.digest);
    return mark ? std::optional<std::uint64_t>(mark->tree.bytes()) : std::nullopt;
}

// Only of what was installed by its URL; of an index nothing is kept.
std::string url_of(const std::string& dist_info) {
    const std::optional<std::string> text = platform::find_file_bytes(join_path(dist_info, "direct_url.json"));
    if (!text) return {};
    const Result<Json> json = parse_json(*text, "direct_url.json");
    return json.ok() ? (*json)["url"].string() : std::string();
}

fetch::ExternalBytes entry(store::Store& store, const Distribution& found, const std::string& name,
                           const fetch::Asker& asker) {
    fetch::ExternalBytes bytes;
    bytes.kind = "python";
    bytes.name = normalise_name(name);
    bytes.asked.push_back(asker);
    if (!found.found()) {
        bytes.origin = fetch::Origin::Nowhere;
        bytes.reason = "it is not installed in the build environment";
        return bytes;
    }
    const std::string dist_info = join_path(found.host, found.dist_info);
    bytes.version = found.version;
    bytes.digest = "tree:" + found.digest;
    bytes.url = url_of(dist_info);
    bytes.source = bytes.url;
    bytes.size = installed_size(store, found);
    bytes.license = license_of_metadata(platform::find_file_bytes(join_path(dist_info, "METADATA")).value_or(""));
    bytes.origin = fetch::Origin::Environment;
    bytes.from = found.host;
    return bytes;
}

}  // namespace used_distributions_detail

std::string license_of_metadata(std::string_view metadata) {
    if (std::optional<std::string> expression = metadata_field(metadata, "License-Expression")) return *expression;
    std::vector<std::string> names;
    std::string license;
    constexpr std::string_view head = "Classifier: License ::";
    bool in_license = false;
    for (const std::string& line : split_lines(metadata)) {
        if (line.empty()) break;                                                 // the description begins
        if (in_license && (line[0] == ' ' || line[0] == '\t')) license.clear();  // a whole text stands there
        in_license = line.starts_with("License:");
        if (in_license) license = std::string(trim(std::string_view(line).substr(8)));
        if (line.starts_with(head)) names.emplace_back(trim(std::string_view(line).substr(line.rfind("::") + 2)));
    }
    if (!license.empty() && license != "UNKNOWN") return license;
    return join(names, " AND ");
}

engine::Task<SharedList> run(engine::Build build, UsedDistributions) {
    using namespace used_distributions_detail;
    SharedPackage package = co_await build.get(LoadPackage());
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindBuildPython());
    std::vector<Wanted> wanted = of_tables(*config);
    const std::string file = join_path(config->directory, "pyproject.toml");
    for (const Wanted& one : of_build_system(package->pyproject, file, python.record.markers)) wanted.push_back(one);
    std::vector<fetch::ExternalBytes> used;
    for (const Wanted& one : wanted) {
        Distribution found = co_await build.get(FindDistribution(one.name));
        // This program does its own work; it need not be installed.
        if (!found.found() && normalise_name(one.name) == "cermet") continue;
        used.push_back(entry(build.service<store::Store>(), found, one.name, one.asker));
    }
    co_return std::make_shared<const std::vector<fetch::ExternalBytes>>(std::move(used));
}

}  // namespace cermet::python
