// Fuzzes the configuration: any bytes in any place must give a Config or an Error.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "options/config.h"

// Input: the project's file, then after a zero byte each: an overrides file, an option, a variable
// "NAME=value".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cermet;
    const std::vector<std::string> parts =
        split(std::string_view(reinterpret_cast<const char*>(data), size), '\0');
    MemoryFiles files;
    files.files["p/cermet.toml"] = parts[0];
    options::Overrides overrides;
    if (parts.size() > 1) {
        files.files["q/over.toml"] = parts[1];
        overrides.file = "q/over.toml";
    }
    if (parts.size() > 2) overrides.command_line.push_back(parts[2]);
    if (parts.size() > 3) {
        const std::size_t equal = std::min(parts[3].find('='), parts[3].size());
        overrides.environment.emplace_back(
            "CERMET_" + parts[3].substr(0, equal),
            equal < parts[3].size() ? parts[3].substr(equal + 1) : std::string());
    }
    const Result<options::Config> config = options::load_config(files, "p", overrides);
    if (!config.ok()) {
        if (config.error().message.empty() || config.error().kind == ErrorKind::Bug) std::abort();
        return 0;
    }
    (void)options::effective_options(*config);
    for (const options::Profile& profile : config->profiles) {
        if (!options::flags_for(*config, profile.id).ok()) std::abort();
    }
    return 0;
}
