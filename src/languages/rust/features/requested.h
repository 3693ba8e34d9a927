// What the command line asks of each selected package; shared by the features and units rooms.
// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "languages/rust/features/resolve.h"

namespace cermet::rust {

struct RequestedFeatures {
    std::size_t node = 0;
    std::vector<FeatureValue> values;
    bool default_features = true;
    bool all_features = false;
};

// The library, or an example.
bool has_proc_macro(const Package& package);
Result<std::size_t> find_package(PackageGraph& graph, const std::string& spec);
Result<std::vector<RequestedFeatures>> requested_features(PackageGraph& graph, const Selection& selection);

}  // namespace cermet::rust
