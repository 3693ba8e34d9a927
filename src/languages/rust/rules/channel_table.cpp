// Reading [package.metadata.cermet]: see channel_table.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/channel_table.h"

#include <algorithm>

#include "base/lists.h"
#include "base/text.h"
#include "facts/messages.h"

namespace cermet::rust {
namespace channel_table_detail {

Status add_download(ChannelTable& table, const Package& package, const Json& entry) {
    const std::vector<facts::Member> members = {{"name", facts::Shape::Text, true, ""},
                                                {"url", facts::Shape::Text, true, ""},
                                                {"sha256", facts::Shape::Text, true, ""},
                                                {"size", facts::Shape::Number, false, ""},
                                                {"license", facts::Shape::Text, false, ""}};
    TRY_VOID(facts::check_members(entry, members, false, "`fetch` of [package.metadata.cermet]"));
    const std::string& name = entry["name"].string();
    fetch::PinnedFile file;
    file.url = entry["url"].string();
    file.sha256 = lower(entry["sha256"].string());
    file.size = static_cast<std::uint64_t>(std::max<std::int64_t>(entry["size"].integer(), 0));
    file.name = cat("the download ", name, " of ", package.name, " v", package.version_text);
    file.place = package.channel_place;
    TRY_VOID(fetch::check_pinned(file));
    if (!entry["license"].string().empty()) table.licenses.emplace(name, entry["license"].string());
    if (table.downloads.emplace(name, file).second) return {};
    return project_error(cat("the download ", name, " is declared twice"));
}

Result<ChannelTable> read(const Package& package, const Json& said) {
    const std::vector<facts::Member> members = {{"provide", facts::Shape::Texts, false, ""},
                                                {"fetch", facts::Shape::Any, false, ""}};
    TRY_VOID(facts::check_members(said, members, false, "[package.metadata.cermet]"));
    ChannelTable table;
    for (const std::string& text : said["provide"].string_list()) {
        std::optional<facts::FactName> name = facts::parse_fact_name(text);
        if (!name) return project_error(cat("`", text, "` is no name of a fact"), "it is KIND:NAME, as in library:z");
        table.provides.push_back(*name);
    }
    const Json* downloads = said.find("fetch");
    if (downloads != nullptr && !downloads->is_array())
        return project_error("`fetch` of [package.metadata.cermet] is no list",
                             "it is a list of tables: fetch = [{ name = \"…\", url = \"…\", sha256 = \"…\" }]");
    for (const Json& entry : said["fetch"].array()) TRY_VOID(add_download(table, package, entry));
    return table;
}

}  // namespace channel_table_detail

bool ChannelTable::provides_fact(const facts::FactName& name) const { return contains(provides, name); }

Result<std::optional<ChannelTable>> channel_table_of(const Package& package) {
    const Json* said = package.metadata.find("cermet");
    if (said == nullptr) return std::optional<ChannelTable>();
    Result<ChannelTable> table = channel_table_detail::read(package, *said);
    if (!table.ok()) return std::move(table).error().at(package.channel_place);
    return std::optional<ChannelTable>(*std::move(table));
}

}  // namespace cermet::rust
