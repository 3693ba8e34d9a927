// The whole model in one call: from a manifest to cargo's --unit-graph JSON.
// SPDX-License-Identifier: MIT
#include "languages/rust/model.h"

namespace cermet::rust {

Result<Json> unit_graph_json(SourceFiles& files, PackagePlaces& places, const GraphRequest& request) {
    TRY(config, load_config(files, request.config));
    TRY(workspace, load_workspace(files, request.manifest_path, config));
    BuildRequest build = request.build;
    PackageGraph graph(files, workspace, places);
    TRY_VOID(graph.start());
    TRY(units, build_units(graph, build));
    return unit_graph_json(units);
}

}  // namespace cermet::rust
