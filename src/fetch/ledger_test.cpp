// Tests of the ledger: each thing once, with all who ask; what is unknown is null.
// SPDX-License-Identifier: MIT
#include "fetch/ledger.h"

#include <doctest/doctest.h>

namespace cermet::fetch {

TEST_CASE("ledger: each thing once, in order, with everybody who asks") {
    Ledger ledger;
    ExternalBytes bytes;
    bytes.kind = "crate";
    bytes.name = "serde";
    bytes.version = "1.0.0";
    bytes.asked.push_back({{"Cargo.lock", 7, 1}, {"app 0.1.0", "serde 1.0.0"}});
    ledger.add(bytes);
    bytes.asked[0].place.file = "rust/Cargo.lock";
    ledger.add(bytes);
    bytes.name = "a";
    bytes.origin = Origin::Cache;
    ledger.add(bytes);
    const std::vector<ExternalBytes> all = ledger.all();
    REQUIRE(all.size() == 2);
    CHECK(all[0].text() == "a 1.0.0");
    CHECK(all[1].asked.size() == 2);
    REQUIRE(ledger.missing().size() == 1);
    CHECK(ledger.missing()[0].name == "serde");
    const Json json = ledger.json();
    CHECK(json.array()[0]["here"].boolean());
    CHECK(json.array()[1]["size"].is_null());
    CHECK(json.array()[1]["license"].is_null());
    CHECK(json.array()[1]["asked"].array()[1]["file"].string() == "rust/Cargo.lock");
    CHECK(json.array()[1]["origin"].string() == "network");
}

}  // namespace cermet::fetch
