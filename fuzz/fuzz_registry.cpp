// Fuzzes what registries and curl say: any bytes give a value or an error, and no URL or path leaves its place.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc fuzz/fuzz_registry.cpp
//     src/fetch/registry.cpp src/base/{json,error,path,text}.cpp -o fuzz_registry (and what downloads.cpp needs)
#include <cstdlib>

#include "base/text.h"
#include "fetch/downloads.h"
#include "fetch/registry.h"

using namespace cermet;
using namespace cermet::fetch;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const std::optional<std::string> sum = checksum_in_index(bytes, "1.0.0")) {
        if (sum->size() != 64) std::abort();
    }
    const Result<std::string> path = index_path(bytes);
    if (path.ok() && (contains(*path, "..") || path->starts_with("/"))) std::abort();
    (void)sparse_index_of(bytes);
    if (const std::optional<Transfer> transfer = parse_transfer(bytes)) {
        if (pause_ms(*transfer, 1) < 0 || pause_ms(*transfer, 1) > 10'000) std::abort();
        (void)may_pass(*transfer);
    }
    // Instructions for curl stay one value per line, whatever a server put into its template.
    Download download;
    download.url = std::string(bytes);
    download.target = "/t";
    download.authorization = std::string(bytes);
    const std::string config = curl_config({&download}, {});
    Download plain;
    plain.url = "u";
    plain.target = "/t";
    plain.authorization = "a";
    if (split_lines(config).size() != split_lines(curl_config({&plain}, {})).size() && !bytes.empty()) std::abort();
    const Result<RegistryConfig> read = parse_registry_config(bytes, "config.json");
    if (!read.ok()) return 0;
    const Result<std::string> url = download_url(*read, {"serde", "1.0.0", std::string(64, '0')});
    if (url.ok() && !url->starts_with("http") && !url->starts_with("file:")) std::abort();
    return 0;
}
