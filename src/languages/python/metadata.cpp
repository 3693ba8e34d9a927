// Core metadata as text: METADATA, PKG-INFO and entry_points.txt.
// SPDX-License-Identifier: MIT
#include "languages/python/metadata.h"

#include <algorithm>

#include "base/text.h"

namespace cermet::python {

namespace metadata_detail {

class Writer {
   public:
    // Later lines of a value are indented to its column, as email readers join them.
    void field(std::string_view name, std::string_view value) {
        std::string indent = "\n" + std::string(name.size() + 2, ' ');
        out_ += cat(name, ": ", replace_all(value, "\n", indent), "\n");
    }
    void optional_field(std::string_view name, std::string_view value) {
        if (!value.empty()) field(name, value);
    }
    std::string finish(std::string_view body) {
        out_ += "\n";
        out_ += body;
        return std::move(out_);
    }

   private:
    std::string out_;
};

std::string address(const Person& person) {
    if (person.name.empty()) return person.email;
    if (person.name.find_first_of("][\\()<>@,:;\".") == std::string::npos) {
        return cat(person.name, " <", person.email, ">");
    }
    std::string quoted;
    for (char c : person.name) {
        if (c == '\\' || c == '"') quoted += '\\';
        quoted += c;
    }
    return cat("\"", quoted, "\" <", person.email, ">");
}

void write_people(Writer& out, std::string_view role, const std::vector<Person>& people) {
    std::vector<std::string> names, addresses;
    for (const Person& person : people) {
        if (person.email.empty())
            names.push_back(person.name);
        else
            addresses.push_back(address(person));
    }
    out.optional_field(role, join(names, ", "));
    out.optional_field(cat(role, "-Email"), join(addresses, ", "));
}

// The lowest version of the specification that has all the fields used.
std::string metadata_version(const Project& project, MetadataFor kind, bool has_dynamic) {
    if (project.import_names || project.import_namespaces) return "2.5";
    if (!project.license_expression.empty() || !project.license_files.empty()) return "2.4";
    if (kind == MetadataFor::Sdist || has_dynamic) return "2.2";
    return "2.1";
}

void write_requirements(Writer& out, const Project& project) {
    for (const Requirement& requirement : project.dependencies) {
        out.field("Requires-Dist", requirement.text());
    }
    for (const auto& [extra, requirements] : project.optional_dependencies) {
        out.field("Provides-Extra", extra);
        Marker wanted = Marker::extra_equals(extra);
        for (Requirement requirement : requirements) {
            requirement.marker = requirement.marker ? requirement.marker->and_also(wanted) : wanted;
            out.field("Requires-Dist", requirement.text());
        }
    }
}

void write_imports(Writer& out, const Project& project) {
    for (const auto& name : project.import_names.value_or(std::vector<std::string>{})) {
        out.field("Import-Name", name);
    }
    for (const auto& name : project.import_namespaces.value_or(std::vector<std::string>{})) {
        out.field("Import-Namespace", name);
    }
    if (project.import_names && project.import_names->empty()) out.field("Import-Name", "");
}

}  // namespace metadata_detail

std::string metadata_text(const Project& project, MetadataFor kind, const std::vector<std::string>& still_dynamic) {
    using namespace metadata_detail;
    Writer out;
    out.field("Metadata-Version", metadata_version(project, kind, !still_dynamic.empty()));
    out.field("Name", project.name);
    out.field("Version", project.version.text());
    out.optional_field("Summary", project.summary);
    out.optional_field("Keywords", join(project.keywords, ","));
    write_people(out, "Author", project.authors);
    write_people(out, "Maintainer", project.maintainers);
    out.optional_field("License", project.license_text);
    out.optional_field("License-Expression", project.license_expression);
    for (const LicenseFile& file : project.license_files) out.field("License-File", file.path);
    for (const std::string& classifier : project.classifiers) out.field("Classifier", classifier);
    for (const auto& [label, url] : project.urls) out.field("Project-URL", cat(label, ", ", url));
    out.optional_field("Requires-Python", project.requires_python);
    write_requirements(out, project);
    out.optional_field("Description-Content-Type", project.readme_content_type);
    write_imports(out, project);
    for (const std::string& field : still_dynamic) out.field("Dynamic", field);
    return out.finish(project.readme);
}

std::string entry_points_text(const Project& project) {
    std::string out;
    for (const EntryPointGroup& group : project.entry_points) {
        if (!out.empty()) out += "\n";
        out += cat("[", group.name, "]\n");
        for (const auto& [name, target] : group.entries) out += cat(name, " = ", target, "\n");
    }
    return out;
}

std::optional<std::string> metadata_field(std::string_view text, std::string_view field) {
    std::string want = lower(field);
    for (const std::string& line : split_lines(text)) {
        if (line.empty()) break;
        std::size_t colon = line.find(':');
        if (colon == std::string::npos || lower(line.substr(0, colon)) != want) continue;
        return std::string(trim(line.substr(colon + 1)));
    }
    return std::nullopt;
}

}  // namespace cermet::python
