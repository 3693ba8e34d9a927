// Probing a C compiler: one cached action asks it everything, then the programs it starts are digested.
// SPDX-License-Identifier: MIT
#include "languages/c/toolchain.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/action.h"
#include "exec/queries.h"
#include "exec/run.h"

namespace cermet::c {
namespace toolchain_detail {

// Words after "sh" are the compiler; everything it says goes to stdout, so that one blob holds the whole answer. Files
// that the answer and every link stand on are printed too, and looked at before the answer is used again: a C library or
// an assembler is upgraded without the compiler.
inline constexpr const char* k_probe =
    "language=$1; shift\n"
    "\"$@\" -v -x \"$language\" -E /dev/null 2>&1 || exit 1\n"
    "linked() { ldd \"$1\" 2>/dev/null | sed -n 's|.*=> \\(/[^ ]*\\) (.*|file: \\1|p'; }\n"
    "echo \"file: $1\"; linked \"$1\"\n"
    "for p in cc1 cc1plus collect2 as ld ld.lld; do\n"
    "  f=$(\"$@\" -print-prog-name=$p); case $f in /*) ;; *) f=$(command -v \"$f\");; esac\n"
    "  if [ -n \"$f\" ]; then echo \"program: $f\"; echo \"file: $f\"; linked \"$f\"; fi\n"
    "done\n"
    "echo \"machine: $(\"$@\" -dumpmachine)\"\n"
    "echo \"version: $(\"$@\" -dumpfullversion -dumpversion | tail -n 1)\"\n"
    "\"$@\" -print-search-dirs\n"
    "places=$(\"$@\" -print-search-dirs | sed -n 's/^libraries: =//p')\n"
    "for f in Scrt1.o crt1.o rcrt1.o crti.o crtn.o crtbegin.o crtbeginS.o crtbeginT.o crtend.o crtendS.o libgcc.a "
    "libgcc_eh.a libgcc_s.so libgcc_s.so.1 liblto_plugin.so libc.so libc.so.6 libc.a libc_nonshared.a libm.so "
    "libm.so.6 libm.a "
    "libmvec.so.1 "
    "libmvec.a libdl.so libdl.so.2 libdl.a libpthread.so libpthread.so.0 libpthread.a librt.so librt.so.1 librt.a "
    "libutil.so "
    "libutil.so.1 libutil.a ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libstdc++.so libstdc++.a libc++.so libc++.a; "
    "do\n"
    "  IFS=:; for d in $places; do if [ -f \"$d/$f\" ]; then echo \"file: $d/$f\"; break; fi; done; unset IFS\n"
    "done\n"
    "source() { printf '#if __has_include(<features.h>)\\n#include <features.h>\\n#endif\\n"
    "#ifdef __cplusplus\\n#include <cstddef>\\n#endif\\n'; }\n"
    "source | \"$@\" -x \"$language\" -dM -E - 2>/dev/null\n"
    "source | \"$@\" -x \"$language\" -M - 2>/dev/null | tr ' \\\\' '\\n\\n' | sed -n 's|^/|file: /|p'\n"
    "loader=$(\"$@\" -### -x \"$language\" /dev/null 2>&1 |"
    " sed -n 's/.*-dynamic-linker\"\\{0,1\\} \"\\{0,1\\}\\([^\" ]*\\).*/\\1/p')\n"
    "echo \"loader: $loader\"\n"
    "case $loader in */ld-musl*) \"$loader\" 2>&1 | sed -n 's/^Version /musl: /p';; esac\n"
    "exit 0\n";

std::vector<std::string> candidates(Language language) {
    if (language == Language::C) return {"cc", "gcc", "clang"};
    return {"c++", "g++", "clang++"};
}

std::string after(const std::string& line, std::string_view head) {
    return line.compare(0, head.size(), head) == 0 ? std::string(trim(line.substr(head.size()))) : "";
}

using Macros = std::map<std::string, std::string, std::less<>>;

std::string macro(const Macros& macros, std::string_view name) {
    const auto found = macros.find(name);
    return found == macros.end() ? std::string() : found->second;
}

// glibc and its likes say who they are in <features.h>; musl does not, on purpose, but its dynamic linker has a name.
void read_libc(const Macros& macros, const std::string& loader, const std::string& musl, Toolchain& found) {
    if (macros.count("__UCLIBC__") != 0) {
        found.libc = "uclibc";
    } else if (macros.count("__GLIBC__") != 0) {
        found.libc = "glibc";
        found.libc_version = cat(macro(macros, "__GLIBC__"), ".", macro(macros, "__GLIBC_MINOR__"));
    } else if (macros.count("__BIONIC__") != 0) {
        found.libc = "bionic";
    } else if (contains(loader, "ld-musl") || found.target.environment.compare(0, 4, "musl") == 0) {
        found.libc = "musl";
        found.libc_version = musl;
    }
}

Runtime read_runtime(const Macros& macros) {
    Runtime runtime;
    if (macros.count("_LIBCPP_VERSION") != 0) {
        runtime.cxx_library = "libc++";
        runtime.cxx_version = macro(macros, "_LIBCPP_VERSION");
    } else if (macros.count("__GLIBCXX__") != 0) {
        runtime.cxx_library = "libstdc++";
        runtime.cxx_version = macro(macros, "_GLIBCXX_RELEASE");
        runtime.cxx11_abi = macro(macros, "_GLIBCXX_USE_CXX11_ABI") == "1";
    }
    if (!runtime.cxx_library.empty()) runtime.cxx_abi = macro(macros, "__GXX_ABI_VERSION");
    for (const auto& [name, what] :
         {std::pair("__SIZEOF_POINTER__", "pointer"), std::pair("__SIZEOF_LONG__", "long"),
          std::pair("__SIZEOF_LONG_DOUBLE__", "long double"), std::pair("__SIZEOF_WCHAR_T__", "wchar_t")}) {
        const std::string size = macro(macros, name);
        if (!size.empty()) runtime.sizes[what] = std::atoi(size.c_str());
    }
    for (const auto& [name, what] :
         {std::pair("__ARM_PCS_VFP", "hard-float"), std::pair("__CET__", "cet"),
          std::pair("__FAST_MATH__", "fast-math"), std::pair("_FILE_OFFSET_BITS", "large-files"),
          std::pair("__PIE__", "pie"), std::pair("__SOFTFP__", "soft-float"), std::pair("_TIME_BITS", "time64"),
          std::pair("__CHAR_UNSIGNED__", "unsigned-char")}) {
        if (macros.count(name) != 0) runtime.flags.emplace_back(what);
    }
    std::sort(runtime.flags.begin(), runtime.flags.end());
    return runtime;
}

Result<Toolchain> read_answer(const std::string& printed) {
    Toolchain found;
    Macros macros;
    std::string loader;
    std::string musl;
    bool in_search = false;
    for (const std::string& line : split_lines(printed)) {
        if (contains(line, "clang version")) found.family = Family::Clang;
        if (contains(line, "search starts here:")) {
            in_search = true;
        } else if (contains(line, "End of search list")) {
            in_search = false;
        } else if (in_search && !line.empty() && line[0] == ' ') {
            found.include_order.push_back(normalise(trim(line)));
        }
        std::string program = after(line, "program:");
        if (is_absolute(program)) found.programs.push_back(program);
        if (line.compare(0, 8, "#define ") == 0) {
            const std::size_t space = line.find(' ', 8);
            macros[line.substr(8, space - 8)] = space == std::string::npos ? "" : line.substr(space + 1);
        }
        if (line.compare(0, 12, "libraries: =") == 0) {
            for (const std::string& directory : split(line.substr(12), ':')) {
                const std::string plain = normalise(directory);
                const bool seen = contains(found.library_order, plain);
                if (is_absolute(plain) && !seen) found.library_order.push_back(plain);
            }
        }
        if (loader.empty()) loader = after(line, "loader:");
        if (musl.empty()) musl = after(line, "musl:");
        std::string version = after(line, "version:");
        if (!version.empty()) found.version = version;
        std::string machine = after(line, "machine:");
        if (machine.empty()) continue;
        TRY(triple, platform::parse_triple(machine));
        found.target = triple;
    }
    read_libc(macros, loader, musl, found);
    found.runtime = read_runtime(macros);
    if (found.version.empty() || found.target.arch.empty()) {
        return environment_error("the compiler does not answer like gcc or clang",
                                 "set CC to a compiler with gcc-like options");
    }
    return found;
}

exec::Action probe_action(const Toolchain& found, const std::string& driver_digest) {
    exec::Action action;
    ByteWriter identity;
    identity.string(driver_digest);
    for (const std::string& word : found.command) identity.string(word);
    identity.string(k_probe);
    action.label = cat("probe-cc-", digest_of(identity.bytes()).short_hex(8));
    action.description = cat("probe ", join(found.command, " "));
    action.argv = {"/bin/sh", "-c", k_probe, "sh", found.language == Language::C ? "c" : "c++"};
    action.argv.insert(action.argv.end(), found.command.begin(), found.command.end());
    action.cwd = "/";
    action.platform["driver"] = driver_digest;
    action.discovery = exec::Discovery::Printed;
    action.watch = {"file: "};
    action.hint = "the C compiler could not be run; set CC, or install one (Debian: build-essential)";
    return action;
}

}  // namespace toolchain_detail

Json Toolchain::to_json() const {
    Json json;
    json.set("command", Json::strings(command)).set("language", language == Language::C ? "c" : "c++");
    json.set("family", family == Family::Gcc ? "gcc" : "clang").set("version", version);
    json.set("target", target.rust()).set("archiver", archiver);
    json.set("include-order", Json::strings(include_order)).set("programs", Json::strings(programs));
    json.set("library-order", Json::strings(library_order)).set("files", Json::strings(files));
    json.set("libc", Json().set("kind", libc).set("version", libc_version)).set("runtime", runtime.to_json());
    json.set("digest", digest);
    return json;
}

Json Runtime::to_json() const {
    Json json;
    Json lengths{Json::Object{}};
    for (const auto& [name, size] : sizes) lengths.set(name, size);
    json.set("c++-library", cxx_library).set("c++-version", cxx_version).set("cxx11-abi", cxx11_abi);
    json.set("c++-abi", cxx_abi).set("sizes", std::move(lengths)).set("flags", Json::strings(flags));
    return json;
}

Runtime Runtime::from_json(const Json& json) {
    Runtime found;
    found.cxx_library = json["c++-library"].string();
    found.cxx_version = json["c++-version"].string();
    found.cxx11_abi = json["cxx11-abi"].boolean();
    found.cxx_abi = json["c++-abi"].string();
    for (const auto& [name, size] : json["sizes"].object()) found.sizes[name] = static_cast<int>(size.integer());
    found.flags = json["flags"].string_list();
    return found;
}

Result<Toolchain> Toolchain::from_json(const Json& json) {
    Toolchain found;
    found.command = json["command"].string_list();
    found.language = json["language"].string() == "c" ? Language::C : Language::Cxx;
    found.family = json["family"].string() == "gcc" ? Family::Gcc : Family::Clang;
    found.version = json["version"].string();
    TRY(triple, platform::parse_triple(json["target"].string()));
    found.target = triple;
    found.archiver = json["archiver"].string();
    found.include_order = json["include-order"].string_list();
    found.library_order = json["library-order"].string_list();
    found.libc = json["libc"]["kind"].string();
    found.libc_version = json["libc"]["version"].string();
    found.runtime = Runtime::from_json(json["runtime"]);
    found.programs = json["programs"].string_list();
    found.files = json["files"].string_list();
    found.digest = json["digest"].string();
    return found;
}

FindToolchain::FindToolchain(Language language, std::vector<std::string> command, std::string archiver)
    : language_(language), command_(std::move(command)), archiver_(std::move(archiver)) {}

std::string FindToolchain::text() const {
    return cat(language_ == Language::C ? "c " : "c++ ", shell_join(command_), "\n", archiver_);
}

engine::Task<Toolchain> run(engine::Build build, FindToolchain key) {
    Toolchain found;
    found.language = key.language();
    found.command = key.command();
    exec::Program driver;
    std::vector<std::string> names = toolchain_detail::candidates(key.language());
    if (!found.command.empty()) names = {found.command[0]};
    for (const std::string& name : names) {
        exec::Program candidate = co_await build.get(exec::FindProgram(name));
        if (candidate.found()) {
            driver = candidate;
            break;
        }
    }
    if (!driver.found()) {
        co_return environment_error(cat("no ", key.language() == Language::C ? "C" : "C++",
                                        " compiler: ", join(names, ", "), " not found on PATH"),
                                    "install one (Debian, Ubuntu: apt install build-essential), or set CC");
    }
    if (found.command.empty()) found.command.resize(1);
    found.command[0] = driver.path;
    exec::Action probe = toolchain_detail::probe_action(found, driver.digest.hex());
    exec::Outcome answered = co_await build.get(exec::Run(std::move(probe)));
    std::string printed = co_await build.get(exec::BlobText(answered.stdout_digest));
    CO_TRY(record, toolchain_detail::read_answer(printed));
    record.command = found.command;
    record.language = found.language;
    std::string archiver_name = key.archiver();
    if (archiver_name.empty()) {
        std::string variable = co_await build.get(exec::UserEnvironment("AR"));
        archiver_name = variable.empty() ? "ar" : variable;
    }
    exec::Program archiver = co_await build.get(exec::FindProgram(archiver_name));
    record.archiver = archiver.path;
    ByteWriter identity;
    identity.string(printed);
    identity.digest(driver.digest);
    for (const std::string& program : record.programs) {
        exec::Program started = co_await build.get(exec::FindProgram(program));
        identity.digest(started.digest);
    }
    identity.digest(archiver.digest);
    for (const exec::Leaf& leaf : answered.leaves) {
        if (leaf.type != exec::Leaf::Type::File) continue;
        record.files.push_back(leaf.name);
        identity.string(leaf.name);
        identity.string(leaf.value);
    }
    record.digest = digest_of(identity.bytes()).hex();
    co_return record;
}

}  // namespace cermet::c
