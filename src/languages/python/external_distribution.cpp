// Finding the files of distributions that are not copied.
// SPDX-License-Identifier: MIT
#include "languages/python/external_distribution.h"

#include <algorithm>

#include "base/json.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "fetch/packages.h"
#include "fetch/tree_digest.h"
#include "languages/python/requirement.h"
#include "platform/os.h"

namespace cermet::python {
namespace external_distribution_detail {

Json direct_url(const std::string& dist_info) {
    std::optional<std::string> text = platform::find_file_bytes(join_path(dist_info, "direct_url.json"));
    if (!text) return {};
    Result<Json> json = parse_json(*text, "direct_url.json");
    return json.ok() ? *json : Json();
}

std::vector<fetch::RecordRow> record_of(const std::string& dist_info) {
    return fetch::parse_record(platform::find_file_bytes(join_path(dist_info, "RECORD")).value_or(""));
}

// The first directory that one of the distribution's .pth files puts on the path.
std::string directory_of_path_file(const std::string& dist_info) {
    for (const fetch::RecordRow& row : record_of(dist_info)) {
        if (extension(row.path) != ".pth") continue;
        std::string file = join_path(parent(dist_info), row.path);
        for (const std::string& line : split_lines(platform::find_file_bytes(file).value_or(""))) {
            std::string directory(trim(line));
            if (is_absolute(directory) && platform::is_directory(directory)) return normalise(directory);
        }
    }
    return {};
}

// "file:///home/u/pkg" without its percent signs; "" for anything else.
std::string directory_of_url(const std::string& url) {
    if (url.compare(0, 7, "file://") != 0) return {};
    std::string path;
    for (std::size_t i = 7; i < url.size(); ++i) {
        std::string byte;
        bool escaped = url[i] == '%' && i + 2 < url.size() && unhex(url.substr(i + 1, 2), byte);
        path += escaped ? byte : std::string(1, url[i]);
        if (escaped) i += 2;
    }
    if (!platform::is_directory(path)) return {};
    std::string source = join_path(path, "src");
    return platform::is_directory(source) ? source : normalise(path);
}

std::string name_of(const std::string& dist_info) {
    std::string whole(stem(dist_info));
    return whole.substr(0, whole.rfind('-'));
}

// What lies in site-packages beside other distributions: only its own names count.
std::vector<std::string> top_levels(const std::string& dist_info) {
    std::vector<std::string> names;
    std::string site(parent(dist_info));
    auto add = [&](const std::string& name) {
        for (const std::string& entry : {name, name + ".py"}) {
            bool known = contains(names, entry);
            if (!name.empty() && !known && platform::exists(join_path(site, entry))) names.push_back(entry);
        }
    };
    std::string listed = platform::find_file_bytes(join_path(dist_info, "top_level.txt")).value_or("");
    for (const std::string& line : split_lines(listed)) add(std::string(trim(line)));
    add(name_of(dist_info));
    add(escape_name(name_of(dist_info)));
    names.emplace_back(file_name(dist_info));
    return names;
}

// Without the outputs of builds and version control, which change when nothing of the distribution does.
class Filter : public fetch::TreeFilter {
   public:
    explicit Filter(const std::vector<std::string>& top_levels) : top_levels_(top_levels) {}
    bool wants(std::string_view path, bool directory) const override {
        std::string_view name = file_name(path);
        if (directory && (name.substr(0, 1) == "." || name == "__pycache__" || name == "target" || name == "build" ||
                          name == "dist" || name == "node_modules")) {
            return false;
        }
        if (extension(name) == ".pyc") return false;
        std::string first(path.substr(0, path.find('/')));
        return top_levels_.empty() || contains(top_levels_, first);
    }

   private:
    const std::vector<std::string>& top_levels_;
};

}  // namespace external_distribution_detail

std::string ExternalDistribution::place(const std::string& name) const {
    return cat(exec::k_ext, "/py-", name, "-", digest_of(directory).short_hex(8));
}

bool is_external(const std::string& dist_info) {
    using namespace external_distribution_detail;
    if (!platform::is_file(join_path(dist_info, "RECORD"))) return true;
    if (direct_url(dist_info)["dir_info"]["editable"].boolean()) return true;
    std::vector<fetch::RecordRow> rows = record_of(dist_info);
    return std::any_of(rows.begin(), rows.end(),
                       [](const fetch::RecordRow& row) { return contains(row.path, "__editable__"); });
}

ExternalDistribution find_external(const std::string& dist_info) {
    using namespace external_distribution_detail;
    ExternalDistribution found;
    found.directory = directory_of_path_file(dist_info);
    if (found.directory.empty()) found.directory = directory_of_url(direct_url(dist_info)["url"].string());
    if (!found.directory.empty()) return found;
    found.directory = std::string(parent(dist_info));
    found.top_levels = top_levels(dist_info);
    return found;
}

Result<Digest> external_digest(store::Store& store, const ExternalDistribution& found) {
    external_distribution_detail::Filter filter(found.top_levels);
    TRY(tree, fetch::scan_tree(store, found.directory, &filter));
    return tree.digest();
}

}  // namespace cermet::python
