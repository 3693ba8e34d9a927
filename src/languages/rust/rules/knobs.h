// ListKnobs: what can be said about the crates of one request: features, profile, switches, variables, with who uses each.
// SPDX-License-Identifier: MIT
//
// Nothing is built. What build scripts and crates read of the environment is known from the results of their last run in
// this checkout; of steps without one the names are listed as not known yet. Paths in origins are canonical. Values of
// variables are left to who knows the environment. Services needed: Executor.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "languages/rust/rust.h"
#include "options/config.h"

namespace cermet::rust {

struct CrateKnobs {
    std::vector<options::Knob> knobs;
    std::vector<std::string> not_run;  // build scripts: "openssl-sys v0.9.1"
};

class ListKnobs {
   public:
    using Value = std::shared_ptr<const CrateKnobs>;
    static constexpr std::string_view k_name = "crate-knobs";
    // `consumer`: the table, as "rust:core".
    ListKnobs(CrateRequest request, std::string consumer);
    std::string text() const { return text_; }
    std::string describe() const { return {}; }
    const std::shared_ptr<const CrateRequest>& request() const { return request_; }
    const std::string& identity() const { return identity_; }
    const std::string& consumer() const { return consumer_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    std::string consumer_;
    std::string identity_;  // of the request
    std::string text_;
};
engine::Task<std::shared_ptr<const CrateKnobs>> run(engine::Build build, ListKnobs key);

}  // namespace cermet::rust
