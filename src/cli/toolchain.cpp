// `cermet toolchain`: compilers, interpreter and rustc, each with the binary interface that it makes.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "languages/python/build_details.h"
#include "languages/python/environment.h"
#include "languages/python/library_abi.h"
#include "languages/python/modules.h"
#include "languages/python/toolchain_facts.h"
#include "languages/rust/rust.h"
#include "platform/os.h"

namespace cermet::cli {
namespace toolchain_detail {

Json compiler_json(const c::Toolchain& toolchain) {
    return toolchain.to_json().set("abi", python::abi_of(toolchain).to_json());
}

std::string line_after(const std::string& text, std::string_view head) {
    for (const std::string& line : split_lines(text)) {
        if (line.compare(0, head.size(), head) == 0) return std::string(trim(line.substr(head.size())));
    }
    return {};
}

// The targets that a standard library is installed for.
std::vector<std::string> installed_targets(const std::string& sysroot) {
    std::vector<std::string> found;
    const std::string directory = join_path(sysroot, "lib/rustlib");
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(directory);
    if (!entries.ok()) return found;
    for (const platform::DirectoryEntry& entry : *entries) {
        if (platform::is_directory(cat(directory, "/", entry.name, "/lib"))) found.push_back(entry.name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Json rust_json(const rust::RustToolchain& rust, const exec::Places& places) {
    const std::string sysroot = places.host(rust.sysroot);
    Json json;
    json.set("rustc", rust.rustc).set("version", rust.version).set("host", rust.host).set("digest", rust.digest);
    json.set("commit", line_after(rust.verbose, "commit-hash:"));
    json.set("commit-date", line_after(rust.verbose, "commit-date:"));
    json.set("llvm", line_after(rust.verbose, "LLVM version:"));
    json.set("sysroot", places.host_outside(rust.sysroot)).set("targets", Json::strings(installed_targets(sysroot)));
    json.set("abi", python::abi_of(rust).to_json());
    return json;
}

Json python_json(const python::Python& python) {
    Json json;
    json.set("executable", python.executable).set("digest", python.digest);
    json.set("record", python.record.to_json()).set("build-details", python::build_details(python.record));
    json.set("limited-api", python::limited_api_json(python.record)).set("abi", python::abi_of(python).to_json());
    return json;
}

template <class T, class ToJson>
void put(Json& json, const char* name, const Result<T>& found, ToJson to_json) {
    if (found.ok()) {
        json.set(name, to_json(*found));
    } else {
        json.set(name, Json().set("error", found.error().message).set("hint", found.error().hint));
    }
}

// Every part that can be found; what is missing is shown with its error and hint, because that is what one looks for.
Json toolchain_json(Session& session) {
    Json json;
    json.set("version", 1);
    for (const auto& [name, language] : {std::pair("c", c::Language::C), std::pair("c++", c::Language::Cxx)}) {
        Result<c::Toolchain> found = session.run(python::FindCompiler(language, true));
        if (!found.ok()) found = session.run(c::FindToolchain(language, {}));  // there may be no Python
        put(json, name, found, compiler_json);
    }
    const exec::Places& places = session.executor().places();
    put(json, "rust", session.run(rust::FindRust(session.request().directory)),
        [&places](const rust::RustToolchain& rust) { return rust_json(rust, places); });
    put(json, "python", session.run(python::FindPython()), python_json);
    return json;
}

// The record's words, in its own order: "x86_64, 64 bit, linux, glibc 2.36".
std::string abi_text(const Json& abi) {
    std::vector<std::string> words;
    const auto add = [&words](std::string text) {
        if (!text.empty()) words.push_back(std::move(text));
    };
    add(abi["arch"].string());
    add(abi["os"].string());
    add(std::string(trim(cat(abi["libc"].string(), " ", abi["libc-version"].string()))));
    add(std::string(trim(cat(abi["c++-library"].string(), " ", abi["c++-strings"].string()))));
    add(abi["python"].string());
    return join(words, ", ");
}

void print_record(const std::string& name, const Json& record) {
    if (record.find("error") != nullptr) {
        print_line(cat(name, ": ", record["error"].string(),
                       record["hint"].string().empty() ? "" : "; hint: ", record["hint"].string()));
        return;
    }
    const Json& command = record["command"];
    std::string program = !command.is_null()                ? join(command.string_list(), " ")
                          : record.find("rustc") != nullptr ? record["rustc"].string()
                                                            : record["executable"].string();
    std::string version =
        record.find("record") != nullptr ? record["record"]["full_version"].string() : record["version"].string();
    print_line(cat(name, ": ", program, " ", version, " [", record["digest"].string().substr(0, 8), "] ",
                   abi_text(record["abi"])));
}

}  // namespace toolchain_detail

int toolchain_command(const Arguments& arguments) {
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = start_session(*settings);
    if (!session.ok()) return print_error(session.error());
    Json json = toolchain_detail::toolchain_json(**session);
    if (arguments.json) {
        print_line(json.dump(2));
        return 0;
    }
    for (const char* name : {"c", "c++", "rust", "python"}) toolchain_detail::print_record(name, json[name]);
    return 0;
}

}  // namespace cermet::cli
