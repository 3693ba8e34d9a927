// The loader: TOML tables into the Config, values from outside over it, checks across tables.
// SPDX-License-Identifier: MIT
//
// Private to this room.
#pragma once
#include <string>

#include "base/toml.h"
#include "options/values.h"

namespace cermet::options {

// Where a document comes from and how its values meet those that are there.
struct Document {
    OriginKind kind = OriginKind::File;
    std::string file;
    bool in_pyproject = false;  // for messages: [tool.cermet.x] or [x]
    PathBase base;
    Assign mode = Assign::Replace;
};

// `root` is [tool.cermet] or the whole of cermet.toml or of an overrides file.
Status apply_document(Config& config, const Toml& root, const Document& document);
// Appends an element with its defaults; returns its index.
std::size_t add_element(Config& config, const Section& section, std::string id, Where place);
// The element with this name, id or index; nullptr-like npos when there is none.
inline constexpr std::size_t k_no_element = static_cast<std::size_t>(-1);
std::size_t find_element(const Section& section, Config& config, std::string_view name);
std::vector<std::string> element_names(const Section& section, Config& config);

// "there is no option called 'x'", with the nearest.
Error no_option(Config& config, std::string_view name, const Origin& origin);

// CERMET_A__B variables, then -C options.
Status apply_text_overrides(Config& config, const Overrides& overrides, const PathBase& base);

Status settle_options(Config& config);  // gives every option its value
Status place_options(Config& config);   // and puts it where other tables name it
// What values from outside changed, compared with what the project's own files say.
Outside outside_of(Config& config, Config& own);

// The overrides file or a wheel's record, as TOML; the record's own keys are taken out. An empty document where a wheel of
// this program's has no record.
struct OverridesDocument {
    Toml root;
    bool record = false;
    std::vector<std::string> unrecorded;
};
Result<OverridesDocument> read_overrides(const std::string& bytes, const std::string& file);
// Values that the record lacks must have been said again. `variables`: names that are set.
Status check_unrecorded(Config& config, const std::string& file);

// Names, duplicates, uses, profiles; drops repeated identical targets.
Status check_config(Config& config, bool in_pyproject);

}  // namespace cermet::options
