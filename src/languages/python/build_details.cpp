// Writing build-details.json.
// SPDX-License-Identifier: MIT
#include "languages/python/build_details.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/tags.h"

namespace cermet::python {
namespace build_details_detail {

// As sys.version_info: "3.15.0a2" is the second alpha.
Json version_info(const Interpreter& python) {
    const std::string plain = cat(python.major, ".", python.minor, ".", python.micro);
    const std::string rest = python.full_version.substr(std::min(plain.size(), python.full_version.size()));
    std::string level = "final";
    if (rest.compare(0, 1, "a") == 0) level = "alpha";
    if (rest.compare(0, 1, "b") == 0) level = "beta";
    if (rest.compare(0, 2, "rc") == 0) level = "candidate";
    const std::size_t number = rest.find_first_of("0123456789");
    const int serial = level == "final" || number == std::string::npos ? 0 : std::atoi(rest.c_str() + number);
    Json json;
    json.set("major", python.major).set("minor", python.minor).set("micro", python.micro);
    return json.set("releaselevel", level).set("serial", serial);
}

// Of the newest limited API; "" where there is none.
std::string stable_suffix(const Interpreter& python) {
    for (Abi abi : {Abi::Stable, Abi::StableFree}) {
        const Result<std::string> suffix = module_suffix(python, abi, {python.major, python.minor});
        if (suffix.ok()) return *suffix;
    }
    return {};
}

Json abi(const Interpreter& python) {
    std::vector<std::string> flags;
    if (python.gil_disabled) flags.emplace_back("t");
    if (python.debug) flags.emplace_back("d");
    Json json;
    json.set("flags", Json::strings(flags)).set("extension_suffix", python.ext_suffix);
    const std::string stable = stable_suffix(python);
    if (!stable.empty()) json.set("stable_abi_suffix", stable);
    return json;
}

Json library(const Interpreter& python) {
    const bool shared = python.var("Py_ENABLE_SHARED") == "1";
    Json json;
    if (shared) json.set("dynamic", join_path(python.library_directory, python.var("INSTSONAME")));
    if (!python.var("LIBPL").empty() && !python.var("LIBRARY").empty()) {
        json.set("static", join_path(python.var("LIBPL"), python.var("LIBRARY")));
    }
    return json.set("link_extensions", false);
}

}  // namespace build_details_detail

Json build_details(const Interpreter& python) {
    using namespace build_details_detail;
    Json language, implementation, headers;
    language.set("version", python.version_text()).set("version_info", version_info(python));
    implementation.set("name", python.implementation).set("version", version_info(python));
    implementation.set("cache_tag", python.cache_tag).set("_multiarch", python.multiarch);
    headers.set("headers", python.include_directory);
    Json json;
    json.set("schema_version", "1.0").set("base_prefix", python.base_prefix);
    json.set("base_interpreter", python.base_executable).set("platform", python.platform);
    json.set("language", std::move(language)).set("implementation", std::move(implementation));
    json.set("abi", abi(python)).set("libpython", library(python)).set("c_api", std::move(headers));
    return json;
}

Json limited_api_json(const Interpreter& python) {
    const std::string suffix = build_details_detail::stable_suffix(python);
    Json json;
    json.set("supported", !suffix.empty());
    if (suffix.empty()) return json;
    const bool free = python.gil_disabled;  // abi3t begins with 3.15
    return json.set("oldest", free ? "3.15" : "3.2").set("newest", python.version_text()).set("suffix", suffix);
}

}  // namespace cermet::python
