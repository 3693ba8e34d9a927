// Writing build-details.json.
// SPDX-License-Identifier: MIT
#include "languages/python/build_details.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/tags.h"
#include "platform/triple.h"

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

// "3.15.0a2" from its parts, as platform.python_version() prints it.
std::string full_version_of(const Json& info) {
    std::string text = cat(info["major"].integer(), ".", info["minor"].integer(), ".", info["micro"].integer());
    const std::string& level = info["releaselevel"].string();
    if (level == "alpha") text += cat("a", info["serial"].integer());
    if (level == "beta") text += cat("b", info["serial"].integer());
    if (level == "candidate") text += cat("rc", info["serial"].integer());
    return text;
}

// PEP 508's variables, as the interpreter itself would answer.
MarkerEnvironment markers_of(const Interpreter& p) {
    const std::string platform = p.platform.substr(0, p.platform.find('-'));
    const std::string machine = p.platform.substr(std::min(p.platform.rfind('-'), p.platform.size() - 1) + 1);
    const bool windows = platform.compare(0, 3, "win") == 0;
    const bool mac = platform == "macosx";
    MarkerEnvironment markers;
    markers["implementation_name"] = p.implementation;
    markers["implementation_version"] = p.full_version;
    markers["os_name"] = windows ? "nt" : "posix";
    markers["platform_machine"] = machine;
    markers["platform_python_implementation"] = p.implementation == "cpython" ? "CPython" : p.implementation;
    markers["platform_system"] = windows ? "Windows" : mac ? "Darwin" : platform == "linux" ? "Linux" : platform;
    markers["platform_release"] = markers["platform_version"] = "";
    markers["python_full_version"] = p.full_version;
    markers["python_version"] = p.version_text();
    markers["sys_platform"] = windows ? "win32" : mac ? "darwin" : platform;
    return markers;
}

// "cpython-313t-aarch64-linux-gnu" of ".cpython-313t-aarch64-linux-gnu.so".
std::string soabi_of(const std::string& suffix) {
    const std::size_t dot = suffix.rfind('.');
    return dot == 0 || dot == std::string::npos ? std::string() : suffix.substr(1, dot - 1);
}

void read_abi(const Json& abi, Interpreter& p) {
    for (const std::string& flag : abi["flags"].string_list()) {
        p.gil_disabled = p.gil_disabled || flag == "t";
        p.debug = p.debug || flag == "d";
    }
    p.abiflags = cat(p.gil_disabled ? "t" : "", p.debug ? "d" : "");
    if (p.gil_disabled) p.vars["Py_GIL_DISABLED"] = "1";
    if (p.debug) p.vars["Py_DEBUG"] = "1";
    p.ext_suffix = abi["extension_suffix"].string();
    p.soabi = soabi_of(p.ext_suffix);
}

// The installation where it lies: one that was packed for "/usr" and unpacked below another root names paths of its own.
struct Installation {
    std::string said;    // base_prefix, as written
    std::string prefix;  // real

    Installation(const std::string& directory, const std::string& written) : said(written) {
        prefix = join_path(directory, written);
        const std::size_t at = directory.rfind(written + "/lib");
        const bool moved = is_absolute(written) && at != std::string::npos && at > 0;
        if (moved) prefix = directory.substr(0, at) + written;
    }
    std::string path(const std::string& text) const {
        const bool inside = is_absolute(said) && is_within(text, said);
        return join_path(prefix, inside ? relative_to(text, said) : text);
    }
};

void read_library(const Json& library, const Installation& at, Interpreter& p) {
    const std::string dynamic = library["dynamic"].string();
    const std::string archive = library["static"].string();
    if (!dynamic.empty()) {
        p.library_directory = std::string(parent(at.path(dynamic)));
        p.vars["Py_ENABLE_SHARED"] = "1";
        p.vars["INSTSONAME"] = std::string(file_name(dynamic));
        p.vars["LIBDIR"] = p.library_directory;
    }
    if (archive.empty()) return;
    p.vars["LIBPL"] = std::string(parent(at.path(archive)));
    p.vars["LIBRARY"] = std::string(file_name(archive));
}

Status check_complete(const Json& json, const Interpreter& p) {
    const char* missing = p.implementation.empty()                    ? "implementation.name"
                          : p.major == 0                              ? "language.version_info"
                          : p.platform.empty()                        ? "platform"
                          : p.ext_suffix.empty()                      ? "abi.extension_suffix"
                          : json["c_api"]["headers"].string().empty() ? "c_api.headers"
                                                                      : nullptr;
    if (missing == nullptr) return {};
    return project_error(cat("the description of a Python lacks `", missing, "`"),
                         "PEP 739 says what build-details.json holds");
}

}  // namespace build_details_detail

Result<Interpreter> interpreter_from_details(const Json& json, const std::string& directory) {
    using namespace build_details_detail;
    const std::string schema = json["schema_version"].string();
    if (schema.compare(0, 2, "1.") != 0) {
        return project_error(cat("the description of a Python is of schema '", schema, "', and not of 1.0"),
                             "PEP 739 says what build-details.json holds");
    }
    Interpreter p;
    const Json& info = json["language"]["version_info"];
    p.implementation = json["implementation"]["name"].string();
    p.major = static_cast<int>(info["major"].integer());
    p.minor = static_cast<int>(info["minor"].integer());
    p.micro = static_cast<int>(info["micro"].integer());
    p.full_version = full_version_of(info);
    p.cache_tag = json["implementation"]["cache_tag"].string();
    p.multiarch = json["implementation"]["_multiarch"].string();
    p.platform = json["platform"].string();
    read_abi(json["abi"], p);
    TRY_VOID(check_complete(json, p));
    const Result<platform::Triple> machine = platform::parse_triple(p.multiarch);
    if (machine.ok()) p.pointer_bits = machine->pointer_width();
    const Installation at(directory, json["base_prefix"].string());
    p.base_prefix = at.prefix;
    const std::string program = json["base_interpreter"].string();
    if (!program.empty()) p.base_executable = at.path(program);
    p.include_directory = at.path(json["c_api"]["headers"].string());
    p.platform_include_directory = p.include_directory;
    p.vars["CCSHARED"] = "-fPIC";
    p.vars["EXT_SUFFIX"] = p.ext_suffix;
    read_library(json["libpython"], at, p);
    p.markers = markers_of(p);
    return p;
}

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
