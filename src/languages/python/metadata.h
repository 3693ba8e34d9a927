// Metadata: the [project] table, read strictly, and the METADATA / PKG-INFO and entry_points.txt that follow from it.
// SPDX-License-Identifier: MIT
//
// Every error names the file and line of the value. What is not in [project] and not declared dynamic is not invented;
// values of dynamic fields are given by the caller. The text is byte-equal to what pyproject-metadata writes for the same
// table, save the Metadata-Version, which is the lowest that can hold the fields (and at least 2.2 for an sdist).
// Source: packaging.python.org pyproject-toml, core-metadata 2.6, entry-points; PEP 621, 639, 643, 685, 753, 794, 808.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"
#include "base/toml.h"
#include "languages/python/requirement.h"
#include "languages/python/version.h"

namespace cermet::python {

struct Person {
    std::string name;
    std::string email;
};

struct LicenseFile {
    std::string path;   // relative to pyproject.toml, "/" between segments
    std::string bytes;  // UTF-8, as read
};

struct EntryPointGroup {
    std::string name;  // console_scripts, gui_scripts, or a group of [project.entry-points]
    std::vector<std::pair<std::string, std::string>> entries;  // name -> module:attr [extras]
};

struct Project {
    std::string name;          // as written
    std::string version_text;  // as written or as given
    Version version;
    std::vector<std::string> dynamic;  // as declared
    std::string summary;
    std::string readme_path;  // "" when the readme is text or absent
    std::string readme;
    std::string readme_content_type;  // with charset and variant parameters as written
    std::string requires_python;
    std::string license_expression;          // normalised SPDX; "" when absent
    std::string license_text;                // deprecated { text } or { file } table
    std::vector<LicenseFile> license_files;  // sorted by path
    std::vector<Person> authors;
    std::vector<Person> maintainers;
    std::vector<std::string> keywords;
    std::vector<std::string> classifiers;
    std::vector<std::pair<std::string, std::string>> urls;
    std::vector<Requirement> dependencies;
    std::vector<std::pair<std::string, std::vector<Requirement>>> optional_dependencies;  // normalised extras
    std::vector<EntryPointGroup> entry_points;             // console_scripts, gui_scripts, then others as written
    std::optional<std::vector<std::string>> import_names;  // PEP 794; an empty list says "none"
    std::optional<std::vector<std::string>> import_namespaces;
    bool has_scripts() const { return !entry_points.empty(); }
};

// Values for fields listed in `dynamic`. A declared dynamic field that is in none of the three is an error.
struct DynamicValues {
    std::optional<std::string> version;
    Toml fields;                      // others, as [project] would say them
    std::vector<std::string> absent;  // fields whose provider was asked and says nothing
};

struct ProjectSource {
    std::string file;   // canonical path of pyproject.toml, for reading its neighbours
    std::string shown;  // the name errors show; empty: file
};

// Version and name only, without reading other files; version is nullopt when dynamic.
struct ProjectBrief {
    std::string name;
    std::optional<std::string> version;
    bool version_is_dynamic = false;
    int version_line = 0;
};
Result<ProjectBrief> read_project_brief(const Toml& pyproject, const ProjectSource& source);

Result<Project> read_project(const Toml& pyproject, const ProjectSource& source, SourceFiles& files,
                             const DynamicValues& dynamic);

enum class MetadataFor { Wheel, Sdist };
// In an sdist `still_dynamic` core-metadata fields (for example "Version" never: it is known) are listed as Dynamic.
std::string metadata_text(const Project& project, MetadataFor kind, const std::vector<std::string>& still_dynamic = {});
std::string entry_points_text(const Project& project);  // "" when there are none

// The Version field of a PKG-INFO or METADATA text; nullopt when absent.
std::optional<std::string> metadata_field(std::string_view text, std::string_view field);

}  // namespace cermet::python
