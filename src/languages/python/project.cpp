// Reading [project]: every key known, every type checked, every error at its line.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/license.h"
#include "languages/python/metadata.h"

namespace cermet::python {

namespace project_detail {

const std::vector<std::string>& known_keys() {
    static const std::vector<std::string> all = {"name",
                                                 "version",
                                                 "description",
                                                 "readme",
                                                 "requires-python",
                                                 "license",
                                                 "license-files",
                                                 "authors",
                                                 "maintainers",
                                                 "keywords",
                                                 "classifiers",
                                                 "urls",
                                                 "scripts",
                                                 "gui-scripts",
                                                 "entry-points",
                                                 "dependencies",
                                                 "optional-dependencies",
                                                 "import-names",
                                                 "import-namespaces",
                                                 "dynamic"};
    return all;
}

// PEP 808: these may be static and dynamic at once, because a back end may add to them.
bool may_be_both(std::string_view key) {
    static const std::set<std::string, std::less<>> all = {
        "authors",       "classifiers",  "dependencies",          "entry-points",
        "gui-scripts",   "import-names", "import-namespaces",     "keywords",
        "license-files", "maintainers",  "optional-dependencies", "scripts",
        "urls"};
    return all.count(key) != 0;
}

bool control_free(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string unix_newlines(std::string_view text) { return replace_all(replace_all(text, "\r\n", "\n"), "\r", "\n"); }

bool python_keyword(std::string_view word) {
    static const std::set<std::string, std::less<>> all = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
    return all.count(word) != 0;
}

bool identifier(std::string_view word) {
    if (word.empty() || (word[0] >= '0' && word[0] <= '9') || python_keyword(word)) return false;
    return std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (c & 0x80) != 0;
    });
}

bool dotted_identifier(std::string_view text) {
    std::vector<std::string> parts = split(text, '.');
    return std::all_of(parts.begin(), parts.end(), [](const std::string& p) { return identifier(p); });
}

// Reads one [project] table into a Project.
class Reader {
   public:
    // `provided`: dynamic fields that somebody answered for; `table` holds the answers.
    Reader(const Toml& table, const ProjectSource& source, SourceFiles* files, std::vector<std::string> provided = {})
        : table_(table), source_(source), files_(files), provided_(std::move(provided)) {}

    Result<Project> read(const DynamicValues& dynamic);
    Status basics(ProjectBrief& out);

   private:
    Error fail(const Toml& at, std::string message, std::string hint = {}) const {
        return project_error(std::move(message), std::move(hint))
            .at(source_.shown.empty() ? source_.file : source_.shown, at.line, at.column);
    }
    Error typed(const Toml& at, std::string_view key, std::string_view want) const {
        return fail(at, cat("project.", key, " must be ", want, ", not ", at.kind_name()));
    }
    Status check_keys();
    Status read_dynamic(std::vector<std::string>& out);
    Status string_value(const char* key, std::string& out);
    Status strings(const char* key, std::vector<std::string>& out);
    Status version(Project& out, const DynamicValues& dynamic);
    Status summary(Project& out);
    Status readme(Project& out);
    Status readme_file(const Toml& at, const std::string& path, Project& out);
    Status content_type(const Toml& at, const std::string& type);
    Status license(Project& out);
    Status license_table(const Toml& value, Project& out);
    Status license_files(Project& out);
    Status add_license(const Toml& at, const std::string& path, Project& out);
    Status people(const char* key, std::vector<Person>& out);
    Status classifiers(Project& out);
    Status urls(Project& out);
    Status requirements(const Toml& list, std::string_view key, std::vector<Requirement>& out);
    Status dependencies(Project& out);
    Status entry_points(Project& out);
    Status entry_group(const Toml& group, std::string_view key, const std::string& name, Project& out);
    Status imports(Project& out);
    Status import_list(const char* key, std::optional<std::vector<std::string>>& out, std::set<std::string>& names);
    Result<std::string> text_file(const Toml& at, std::string_view key, const std::string& path);
    std::string directory() const {
        std::string_view up = parent(source_.file);
        return up.empty() ? std::string(".") : std::string(up);
    }
    bool is_dynamic(std::string_view key) const { return contains(dynamic_, key); }

    const Toml& table_;
    const ProjectSource& source_;
    SourceFiles* files_;
    std::vector<std::string> provided_;
    std::vector<std::string> dynamic_;
};

Status Reader::check_keys() {
    for (const auto& [key, value] : table_.table()) {
        const auto& known = known_keys();
        if (contains(known, key)) continue;
        std::string near = nearest(key, known);
        return fail(value, cat("unknown key project.", key),
                    near.empty() ? "" : cat("did you mean project.", near, "?"));
    }
    return {};
}

Status Reader::read_dynamic(std::vector<std::string>& out) {
    TRY_VOID(strings("dynamic", out));
    const Toml* at = table_.find("dynamic");
    for (const std::string& key : out) {
        if (key == "name") return fail(*at, "project.name cannot be dynamic", "write the name itself");
        const auto& known = known_keys();
        if (key == "dynamic" || !contains(known, key)) {
            std::string near = nearest(key, known);
            return fail(*at, cat("project.dynamic lists the unknown key '", key, "'"),
                        near.empty() ? "" : cat("did you mean ", near, "?"));
        }
        const bool provided = contains(provided_, key);
        if (table_.find(key) != nullptr && !provided && !may_be_both(key)) {
            return fail(*table_.find(key), cat("project.", key, " is given and listed in project.dynamic"),
                        "remove one of the two");
        }
        // Who reads name and version only does not ask for the others.
        if (files_ != nullptr && key != "version" && table_.find(key) == nullptr && !provided) {
            return fail(*at, cat("project.dynamic lists '", key, "', but nothing provides it"),
                        cat("write project.", key,
                            " itself, or remove it from dynamic; a crate can say it, and a readme's "
                            "file be named, in [tool.cermet.dynamic]"));
        }
    }
    return {};
}

Status Reader::string_value(const char* key, std::string& out) {
    const Toml* value = table_.find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return typed(*value, key, "a string");
    out = value->string();
    return {};
}

Status Reader::strings(const char* key, std::vector<std::string>& out) {
    const Toml* value = table_.find(key);
    if (value == nullptr) return {};
    if (!value->is_array()) return typed(*value, key, "an array of strings");
    for (const Toml& item : value->array()) {
        if (!item.is_string()) return typed(item, key, "an array of strings");
        if (!control_free(item.string())) {
            return fail(item, cat("project.", key, " holds a line break or control character"));
        }
        out.push_back(item.string());
    }
    return {};
}

Status Reader::basics(ProjectBrief& out) {
    TRY_VOID(check_keys());
    const Toml* name = table_.find("name");
    if (name == nullptr) return fail(table_, "project.name is missing", "add name = \"…\" to [project]");
    TRY_VOID(string_value("name", out.name));
    if (!valid_name(out.name)) {
        return fail(*name, cat("'", out.name, "' is not a valid project name"),
                    "use ASCII letters, digits, -, _ and ., with a letter or digit at both ends");
    }
    TRY_VOID(read_dynamic(dynamic_));
    const Toml* version = table_.find("version");
    out.version_is_dynamic = is_dynamic("version");
    if (version == nullptr && !out.version_is_dynamic) {
        return fail(table_, "project.version is missing",
                    "add version = \"…\", or list \"version\" in dynamic and set [tool.cermet.version]");
    }
    const Toml* place = version != nullptr ? version : table_.find("dynamic");
    out.version_line = place->line;
    if (version == nullptr) return {};
    std::string text;
    TRY_VOID(string_value("version", text));
    auto parsed = Version::parse(text);
    if (!parsed) return fail(*version, parsed.error().message, parsed.error().hint);
    out.version = text;
    return {};
}

Status Reader::version(Project& out, const DynamicValues& dynamic) {
    ProjectBrief brief;
    TRY_VOID(basics(brief));
    out.name = brief.name;
    out.dynamic = dynamic_;
    if (!brief.version_is_dynamic) {
        out.version_text = *brief.version;
    } else if (dynamic.version) {
        out.version_text = *dynamic.version;
    } else {
        return fail(*table_.find("dynamic"), "project.version is dynamic, but nothing provides it",
                    "set [tool.cermet.version], for example version = { from = \"git\" }");
    }
    TRY(parsed, Version::parse(out.version_text));
    out.version = parsed;
    return {};
}

Status Reader::summary(Project& out) {
    std::string text;
    TRY_VOID(string_value("description", text));
    // The field is one line; what was wrapped in the file is joined.
    std::vector<std::string> lines;
    for (const std::string& line : split_lines(unix_newlines(text))) {
        std::string_view piece = trim(line);
        if (!piece.empty()) lines.emplace_back(piece);
    }
    out.summary = lines.size() == 1 && !contains(text, "\n") ? text : join(lines, " ");
    if (!control_free(out.summary)) {
        return fail(*table_.find("description"), "project.description holds a control character");
    }
    return {};
}

Result<std::string> Reader::text_file(const Toml& at, std::string_view key, const std::string& path) {
    std::string normal = normalise(path);
    if (path.empty() || is_absolute(path) || normal == ".." || normal.compare(0, 3, "../") == 0) {
        return fail(at, cat("project.", key, " must name a file inside the project, not '", path, "'"));
    }
    std::optional<std::string> bytes = files_->read(join_path(directory(), normal));
    if (!bytes) return fail(at, cat("project.", key, " names '", path, "', which does not exist"));
    if (!valid_utf8(*bytes)) return fail(at, cat("'", path, "' is not UTF-8 text"));
    return *bytes;
}

Status Reader::readme_file(const Toml& at, const std::string& path, Project& out) {
    TRY(bytes, text_file(at, "readme", path));
    out.readme_path = normalise(path);
    out.readme = unix_newlines(bytes);
    return {};
}

Status Reader::content_type(const Toml& at, const std::string& type) {
    std::vector<std::string> parts = split(type, ';');
    std::string main = lower(trim(parts[0]));
    if (main != "text/plain" && main != "text/x-rst" && main != "text/markdown") {
        return fail(at, cat("'", type, "' is not a content type of readmes"),
                    "use text/markdown, text/x-rst or text/plain");
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
        std::vector<std::string> pair = split(trim(parts[i]), '=');
        std::string key = lower(trim(pair[0]));
        std::string value = pair.size() == 2 ? std::string(trim(pair[1])) : "";
        bool charset = key == "charset" && lower(value) == "utf-8";
        bool variant = key == "variant" && main == "text/markdown" && (value == "GFM" || value == "CommonMark");
        if (!charset && !variant) {
            return fail(at, cat("'", trim(parts[i]), "' is not allowed in a readme's content type"),
                        "only charset=UTF-8, and variant=GFM or CommonMark for markdown");
        }
    }
    return {};
}

Status Reader::readme(Project& out) {
    const Toml* value = table_.find("readme");
    if (value == nullptr) return {};
    if (value->is_string()) {
        std::string suffix = lower(extension(value->string()));
        if (suffix == ".md")
            out.readme_content_type = "text/markdown";
        else if (suffix == ".rst")
            out.readme_content_type = "text/x-rst";
        else if (suffix == ".txt")
            out.readme_content_type = "text/plain";
        else
            return fail(*value, cat("the content type of readme '", value->string(), "' is not known"),
                        "write readme = { file = \"…\", content-type = \"text/markdown\" }");
        return readme_file(*value, value->string(), out);
    }
    if (!value->is_table()) return typed(*value, "readme", "a string or a table");
    for (const auto& [key, item] : value->table()) {
        if (key != "file" && key != "text" && key != "content-type") {
            return fail(item, cat("unknown key project.readme.", key), "it knows file, text and content-type");
        }
        if (!item.is_string()) return typed(item, "readme." + key, "a string");
    }
    const Toml* file = value->find("file");
    const Toml* text = value->find("text");
    const Toml* type = value->find("content-type");
    if ((file == nullptr) == (text == nullptr)) {
        return fail(*value, "project.readme needs exactly one of file and text");
    }
    if (type == nullptr) return fail(*value, "project.readme.content-type is missing");
    TRY_VOID(content_type(*type, type->string()));
    out.readme_content_type = type->string();
    if (file != nullptr) return readme_file(*file, file->string(), out);
    out.readme = unix_newlines(text->string());
    return {};
}

Status Reader::license(Project& out) {
    const Toml* value = table_.find("license");
    if (value == nullptr) return {};
    if (value->is_table()) return license_table(*value, out);
    if (!value->is_string()) return typed(*value, "license", "an SPDX expression or a table");
    auto expression = normalise_license(value->string());
    if (!expression) return fail(*value, expression.error().message, expression.error().hint);
    out.license_expression = *expression;
    return {};
}

Status Reader::license_table(const Toml& value, Project& out) {
    for (const auto& [key, item] : value.table()) {
        if (key != "file" && key != "text") {
            return fail(item, cat("unknown key project.license.", key), "it knows file and text");
        }
        if (!item.is_string()) return typed(item, "license." + key, "a string");
    }
    const Toml* file = value.find("file");
    const Toml* text = value.find("text");
    if ((file == nullptr) == (text == nullptr)) {
        return fail(value, "project.license needs exactly one of file and text",
                    "better: license = \"MIT\" and license-files = [\"LICENSE\"]");
    }
    const Toml* both = table_.find("license-files");
    if (both != nullptr) {
        return fail(*both, "project.license-files cannot be used with a license table",
                    "write the licence as an SPDX expression: license = \"MIT\"");
    }
    if (text != nullptr) {
        out.license_text = unix_newlines(text->string());
        return {};
    }
    TRY(bytes, text_file(*file, "license.file", file->string()));
    out.license_text = unix_newlines(bytes);
    return add_license(*file, normalise(file->string()), out);
}

Status Reader::add_license(const Toml& at, const std::string& path, Project& out) {
    for (const LicenseFile& known : out.license_files) {
        if (known.path == path) return {};
    }
    TRY(bytes, text_file(at, "license-files", path));
    out.license_files.push_back({path, bytes});
    return {};
}

Status Reader::license_files(Project& out) {
    const Toml* value = table_.find("license-files");
    if (value == nullptr) {
        // Where nothing is said, the usual names at the root are shipped: dropping a licence is the worse guess.
        for (const char* pattern : {"LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"}) {
            for (const std::string& path : expand_portable_glob(*files_, directory(), pattern)) {
                TRY_VOID(add_license(table_, path, out));
            }
        }
    } else {
        if (!value->is_array()) return typed(*value, "license-files", "an array of globs");
        for (const Toml& item : value->array()) {
            if (!item.is_string()) return typed(item, "license-files", "an array of globs");
            auto portable = check_portable_glob(item.string());
            if (!portable) return fail(item, portable.error().message, portable.error().hint);
            std::vector<std::string> found = expand_portable_glob(*files_, directory(), item.string());
            if (found.empty()) {
                return fail(item, cat("project.license-files: '", item.string(), "' matches no file"));
            }
            for (const std::string& path : found) TRY_VOID(add_license(item, path, out));
        }
    }
    std::sort(out.license_files.begin(), out.license_files.end(),
              [](const LicenseFile& a, const LicenseFile& b) { return a.path < b.path; });
    return {};
}

Status Reader::people(const char* key, std::vector<Person>& out) {
    const Toml* value = table_.find(key);
    if (value == nullptr) return {};
    if (!value->is_array()) return typed(*value, key, "an array of tables");
    for (const Toml& item : value->array()) {
        if (!item.is_table()) return typed(item, key, "an array of tables");
        Person person;
        for (const auto& [field, text] : item.table()) {
            if (field != "name" && field != "email") {
                return fail(text, cat("unknown key project.", key, ".", field), "it knows name and email");
            }
            if (!text.is_string()) return typed(text, cat(key, ".", field), "a string");
            if (!control_free(text.string())) return fail(text, cat("project.", key, " holds a line break"));
            (field == "name" ? person.name : person.email) = text.string();
        }
        if (person.name.empty() && person.email.empty()) {
            return fail(item, cat("project.", key, " has an entry without name and email"));
        }
        if (!person.email.empty() && !contains(person.email, "@")) {
            return fail(item, cat("'", person.email, "' is not an e-mail address"));
        }
        out.push_back(std::move(person));
    }
    return {};
}

Status Reader::classifiers(Project& out) {
    TRY_VOID(strings("keywords", out.keywords));
    TRY_VOID(strings("classifiers", out.classifiers));
    if (out.license_expression.empty()) return {};
    for (const Toml& item : table_.find("classifiers") ? table_.find("classifiers")->array() : Toml::Array{}) {
        if (item.string().compare(0, 10, "License ::") == 0) {
            return fail(item, "a 'License ::' classifier cannot stand beside a licence expression",
                        "remove the classifier: project.license says it");
        }
    }
    return {};
}

Status Reader::urls(Project& out) {
    const Toml* value = table_.find("urls");
    if (value == nullptr) return {};
    if (!value->is_table()) return typed(*value, "urls", "a table of strings");
    for (const auto& [label, url] : value->table()) {
        if (!url.is_string()) return typed(url, "urls." + label, "a string");
        if (code_points(label) > 32) {
            return fail(url, cat("the URL label '", label, "' has more than 32 characters"));
        }
        if (!control_free(label) || !control_free(url.string()) || contains(label, ",")) {
            return fail(url, "a URL or its label holds a comma, line break or control character");
        }
        out.urls.emplace_back(label, url.string());
    }
    return {};
}

Status Reader::requirements(const Toml& list, std::string_view key, std::vector<Requirement>& out) {
    if (!list.is_array()) return typed(list, key, "an array of strings");
    for (const Toml& item : list.array()) {
        if (!item.is_string()) return typed(item, key, "an array of strings");
        auto parsed = Requirement::parse(item.string());
        if (!parsed || !control_free(item.string())) {
            return fail(item,
                        cat("project.", key, ": ", parsed ? "a line break in a requirement" : parsed.error().message));
        }
        out.push_back(*std::move(parsed));
    }
    return {};
}

Status Reader::dependencies(Project& out) {
    if (const Toml* list = table_.find("dependencies")) {
        TRY_VOID(requirements(*list, "dependencies", out.dependencies));
    }
    const Toml* value = table_.find("optional-dependencies");
    if (value == nullptr) return {};
    if (!value->is_table()) return typed(*value, "optional-dependencies", "a table of arrays");
    for (const auto& [extra, list] : value->table()) {
        if (!valid_name(extra)) return fail(list, cat("'", extra, "' is not a valid name of an extra"));
        std::string normal = normalise_name(extra);
        for (const auto& [other, ignored] : out.optional_dependencies) {
            if (other == normal) return fail(list, cat("the extra '", extra, "' is given twice as ", normal));
        }
        std::vector<Requirement> all;
        TRY_VOID(requirements(list, "optional-dependencies." + extra, all));
        out.optional_dependencies.emplace_back(normal, std::move(all));
    }
    return {};
}

// module[:attribute.path] [extras]
bool entry_reference(std::string_view text) {
    std::size_t bracket = text.find('[');
    if (bracket != std::string_view::npos) {
        std::string_view rest = trim(text.substr(bracket + 1));
        if (rest.empty() || rest.back() != ']') return false;
        for (const std::string& extra : split(rest.substr(0, rest.size() - 1), ',')) {
            if (!valid_name(trim(extra))) return false;
        }
        text = text.substr(0, bracket);
    }
    std::vector<std::string> parts = split(trim(text), ':');
    if (parts.size() > 2 || !dotted_identifier(trim(parts[0]))) return false;
    return parts.size() == 1 || dotted_identifier(trim(parts[1]));
}

Status Reader::entry_group(const Toml& group, std::string_view key, const std::string& name, Project& out) {
    if (!group.is_table()) return typed(group, key, "a table of strings");
    EntryPointGroup made;
    made.name = name;
    bool script = name == "console_scripts" || name == "gui_scripts";
    for (const auto& [entry, target] : group.table()) {
        if (!target.is_string()) return typed(target, cat(key, ".", entry), "a string");
        if (entry.empty() || !control_free(entry) || contains(entry, "=") || entry[0] == '[' || trim(entry) != entry) {
            return fail(target, cat("'", entry, "' is not a valid entry point name"));
        }
        bool needs_attribute = script && !contains(target.string(), ":");
        if (!entry_reference(target.string()) || needs_attribute) {
            return fail(target, cat("'", target.string(), "' is not an entry point"), "write package.module:function");
        }
        made.entries.emplace_back(entry, target.string());
    }
    if (!made.entries.empty()) out.entry_points.push_back(std::move(made));
    return {};
}

Status Reader::entry_points(Project& out) {
    if (const Toml* v = table_.find("scripts")) TRY_VOID(entry_group(*v, "scripts", "console_scripts", out));
    if (const Toml* v = table_.find("gui-scripts")) {
        TRY_VOID(entry_group(*v, "gui-scripts", "gui_scripts", out));
    }
    const Toml* value = table_.find("entry-points");
    if (value == nullptr) return {};
    if (!value->is_table()) return typed(*value, "entry-points", "a table of tables");
    for (const auto& [name, group] : value->table()) {
        if (name == "console_scripts" || name == "gui_scripts") {
            return fail(group, cat("project.entry-points.", name, " is not allowed"),
                        cat("use project.", name == "gui_scripts" ? "gui-scripts" : "scripts"));
        }
        std::vector<std::string> parts = split(name, '.');
        bool good = std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
            return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
                return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                       (c & 0x80) != 0;
            });
        });
        if (!good) return fail(group, cat("'", name, "' is not a valid entry point group"));
        TRY_VOID(entry_group(group, "entry-points." + name, name, out));
    }
    return {};
}

Status Reader::import_list(const char* key, std::optional<std::vector<std::string>>& out,
                           std::set<std::string>& names) {
    const Toml* value = table_.find(key);
    if (value == nullptr) return {};
    std::vector<std::string> all;
    TRY_VOID(strings(key, all));
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::vector<std::string> parts = split(all[i], ';');
        std::string name(trim(parts[0]));
        bool good = parts.size() == 1 || (parts.size() == 2 && trim(parts[1]) == "private");
        if (!good || !dotted_identifier(name) || name != parts[0].substr(0, name.size())) {
            return fail(value->array()[i], cat("'", all[i], "' is not an import name"),
                        "write package.module, or package.module; private");
        }
        if (!names.insert(name).second) {
            return fail(value->array()[i], cat("the import name '", name, "' is given twice"));
        }
    }
    out = std::move(all);
    return {};
}

Status Reader::imports(Project& out) {
    std::set<std::string> names;
    TRY_VOID(import_list("import-names", out.import_names, names));
    TRY_VOID(import_list("import-namespaces", out.import_namespaces, names));
    for (const std::string& name : names) {
        for (std::size_t dot = name.rfind('.'); dot != std::string::npos; dot = name.rfind('.', dot - 1)) {
            if (names.count(name.substr(0, dot)) == 0) {
                const Toml* at = table_.find("import-names");
                return fail(at != nullptr ? *at : table_,
                            cat("the import name '", name, "' needs '", name.substr(0, dot), "' beside it"),
                            "list every parent in import-names or import-namespaces");
            }
        }
    }
    return {};
}

Result<Project> Reader::read(const DynamicValues& dynamic) {
    Project out;
    TRY_VOID(version(out, dynamic));
    TRY_VOID(summary(out));
    TRY_VOID(readme(out));
    if (const Toml* value = table_.find("requires-python")) {
        std::string text;
        TRY_VOID(string_value("requires-python", text));
        auto set = SpecifierSet::parse(text);
        if (!set) return fail(*value, cat("project.requires-python: ", set.error().message), set.error().hint);
        out.requires_python = set->text();
    }
    TRY_VOID(license(out));
    TRY_VOID(license_files(out));
    TRY_VOID(people("authors", out.authors));
    TRY_VOID(people("maintainers", out.maintainers));
    TRY_VOID(classifiers(out));
    TRY_VOID(urls(out));
    TRY_VOID(dependencies(out));
    TRY_VOID(entry_points(out));
    TRY_VOID(imports(out));
    return out;
}

Result<const Toml*> project_table(const Toml& pyproject, const ProjectSource& source) {
    const std::string& shown = source.shown.empty() ? source.file : source.shown;
    const Toml* table = pyproject.find("project");
    if (table == nullptr) {
        return project_error("there is no [project] table", "add [project] with name and version").at(shown);
    }
    if (!table->is_table()) {
        return project_error("project must be a table").at(shown, table->line, table->column);
    }
    return table;
}

}  // namespace project_detail

Result<ProjectBrief> read_project_brief(const Toml& pyproject, const ProjectSource& source) {
    TRY(table, project_detail::project_table(pyproject, source));
    ProjectBrief out;
    TRY_VOID(project_detail::Reader(*table, source, nullptr).basics(out));
    return out;
}

Result<Project> read_project(const Toml& pyproject, const ProjectSource& source, SourceFiles& files,
                             const DynamicValues& dynamic) {
    TRY(table, project_detail::project_table(pyproject, source));
    Toml merged = *table;
    std::vector<std::string> provided;
    for (const std::string& key : dynamic.absent) {
        if (table->find(key) == nullptr) provided.push_back(key);
    }
    for (const auto& [key, value] : dynamic.fields.table()) {
        if (table->find(key) != nullptr) continue;
        merged.set(key, value);
        provided.push_back(key);
    }
    return project_detail::Reader(merged, source, &files, std::move(provided)).read(dynamic);
}

}  // namespace cermet::python
