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

// CERMET_A__B variables, then -C options.
Status apply_text_overrides(Config& config, const Overrides& overrides, const PathBase& base);

// Names, duplicates, uses, profiles; drops repeated identical targets.
Status check_config(Config& config, bool in_pyproject);

}  // namespace cermet::options
