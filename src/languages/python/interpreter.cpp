// The interpreter record: its probe program, its JSON and its identity.
// SPDX-License-Identifier: MIT
#include "languages/python/interpreter.h"

#include "base/text.h"

namespace cermet::python {

// Written for Python 3.6 and up. Only facts of the installation; nothing depends on the working directory.
const char* const k_probe_program = R"PY(
import json, os, platform, struct, sys, sysconfig
def real(p):
    return os.path.realpath(p) if p else ""
names = ("AR ARFLAGS BASECFLAGS BLDSHARED CC CCSHARED CFLAGS CONFIGURE_CFLAGS CPPFLAGS CXX EXT_SUFFIX "
         "INCLUDEPY INSTSONAME LDCXXSHARED LDFLAGS LDLIBRARY LDSHARED LDVERSION LIBDIR LIBPL LIBRARY LIBS "
         "LINKFORSHARED MACHDEP MACOSX_DEPLOYMENT_TARGET MULTIARCH OPT PY_CFLAGS PY_CFLAGS_NODIST "
         "PY_LDFLAGS PY_LDFLAGS_NODIST Py_DEBUG Py_ENABLE_SHARED Py_GIL_DISABLED SHLIB_SUFFIX SOABI "
         "SYSLIBS WITH_PYMALLOC HOST_GNU_TYPE BUILD_GNU_TYPE").split()
get = sysconfig.get_config_var
v = sys.version_info
def implementation_version():
    i = sys.implementation.version
    text = "%d.%d.%d" % (i.major, i.minor, i.micro)
    if i.releaselevel != "final":
        text += i.releaselevel[0] + str(i.serial)
    return text
base = getattr(sys, "_base_executable", None) or sys.executable
paths = sysconfig.get_paths()
def scheme(name):
    # What the running installation computes from where it lies; a distribution's default scheme may name /usr/local.
    return sysconfig.get_path(name, "posix_prefix") if "posix_prefix" in sysconfig.get_scheme_names() else None
def holding(names, *places):
    # The installation's own record (INCLUDEPY, LIBDIR) is of the day it was built: it may have been moved or copied.
    places = [p for p in places if p]
    for p in places:
        if any(n and os.path.isfile(os.path.join(p, n)) for n in names):
            return real(p)
    return real(places[-1]) if places else ""
out = {
    "schema": 1,
    "implementation": sys.implementation.name,
    "version": [v[0], v[1], v[2]],
    "full_version": platform.python_version(),
    "cache_tag": sys.implementation.cache_tag or "",
    "abiflags": getattr(sys, "abiflags", "") or "",
    "soabi": get("SOABI") or "",
    "ext_suffix": get("EXT_SUFFIX") or "",
    "multiarch": get("MULTIARCH") or getattr(sys.implementation, "_multiarch", "") or "",
    "platform": sysconfig.get_platform(),
    "gil_disabled": bool(get("Py_GIL_DISABLED")),
    "debug": bool(get("Py_DEBUG")) or hasattr(sys, "gettotalrefcount"),
    "pointer_bits": struct.calcsize("P") * 8,
    "base_executable": real(base),
    "base_prefix": real(sys.base_prefix),
    "include_directory": holding(["Python.h"], scheme("include"), get("INCLUDEPY"), paths["include"]),
    "platform_include_directory": holding(["pyconfig.h"], scheme("platinclude"), get("CONFINCLUDEPY"), paths["platinclude"]),
    "library_directory": holding([get("LDLIBRARY"), get("INSTSONAME")], os.path.join(sys.base_prefix, "lib"), get("LIBDIR")),
    "stdlib": real(paths["stdlib"]),
    "vars": {n: str(get(n)) for n in names if get(n) is not None},
    "markers": {
        "implementation_name": sys.implementation.name,
        "implementation_version": implementation_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": "%d.%d" % (v[0], v[1]),
        "sys_platform": sys.platform,
    },
    "environment": {
        "executable": sys.executable or "",
        "prefix": sys.prefix,
        "purelib": paths["purelib"],
        "platlib": paths["platlib"],
        "scripts": paths["scripts"],
    },
}
sys.stdout.write(json.dumps(out, sort_keys=True) + "\n")
)PY";

namespace interpreter_detail {

Json text_map(const std::map<std::string, std::string, std::less<>>& values) {
    Json out{Json::Object{}};
    for (const auto& [key, value] : values) out.set(key, value);
    return out;
}

std::map<std::string, std::string, std::less<>> read_map(const Json& json) {
    std::map<std::string, std::string, std::less<>> out;
    for (const auto& [key, value] : json.object()) {
        if (value.is_string()) out[key] = value.string();
    }
    return out;
}

Json installation(const Interpreter& p) {
    Json out;
    out.set("schema", 1);
    out.set("implementation", p.implementation);
    out.set("version", Json(Json::Array{p.major, p.minor, p.micro}));
    out.set("full_version", p.full_version);
    out.set("cache_tag", p.cache_tag);
    out.set("abiflags", p.abiflags);
    out.set("soabi", p.soabi);
    out.set("ext_suffix", p.ext_suffix);
    out.set("multiarch", p.multiarch);
    out.set("platform", p.platform);
    out.set("gil_disabled", p.gil_disabled);
    out.set("debug", p.debug);
    out.set("pointer_bits", p.pointer_bits);
    out.set("base_executable", p.base_executable);
    out.set("base_prefix", p.base_prefix);
    out.set("include_directory", p.include_directory);
    out.set("platform_include_directory", p.platform_include_directory);
    out.set("library_directory", p.library_directory);
    out.set("stdlib", p.stdlib);
    out.set("vars", text_map(p.vars));
    return out;
}

}  // namespace interpreter_detail

std::string Interpreter::version_text() const { return cat(major, ".", minor); }
std::string Interpreter::nodot() const { return cat(major, minor); }

std::string Interpreter::platform_tag() const {
    std::string out = platform;
    for (char& c : out) {
        if (c == '-' || c == '.' || c == ' ') c = '_';
    }
    // A 32-bit interpreter on a 64-bit kernel reports the kernel's machine.
    if (pointer_bits == 32 && out == "linux_x86_64") return "linux_i686";
    if (pointer_bits == 32 && out == "linux_aarch64") return "linux_armv7l";
    return out;
}

std::string Interpreter::var(std::string_view name) const {
    auto found = vars.find(name);
    return found == vars.end() ? "" : found->second;
}

std::string Interpreter::identity() const {
    // The kernel's release and version are markers too, but a kernel upgrade changes nothing that is built.
    Json out = interpreter_detail::installation(*this);
    MarkerEnvironment stable = markers;
    stable.erase("platform_release");
    stable.erase("platform_version");
    out.set("markers", interpreter_detail::text_map(stable));
    return out.dump();
}

Json Interpreter::to_json() const {
    Json out = interpreter_detail::installation(*this);
    out.set("markers", interpreter_detail::text_map(markers));
    Json env;
    env.set("executable", environment.executable);
    env.set("prefix", environment.prefix);
    env.set("purelib", environment.purelib);
    env.set("platlib", environment.platlib);
    env.set("scripts", environment.scripts);
    out.set("environment", std::move(env));
    return out;
}

Result<Interpreter> interpreter_from_json(const Json& json) {
    if (!json.is_object() || json["schema"].integer() != 1) {
        return environment_error("the description of a Python interpreter is not of this version");
    }
    Interpreter p;
    const Json::Array& version = json["version"].array();
    if (version.size() != 3 || json["implementation"].string().empty()) {
        return environment_error("the description of a Python interpreter is incomplete");
    }
    p.implementation = json["implementation"].string();
    p.major = static_cast<int>(version[0].integer());
    p.minor = static_cast<int>(version[1].integer());
    p.micro = static_cast<int>(version[2].integer());
    p.full_version = json["full_version"].string();
    p.cache_tag = json["cache_tag"].string();
    p.abiflags = json["abiflags"].string();
    p.soabi = json["soabi"].string();
    p.ext_suffix = json["ext_suffix"].string();
    p.multiarch = json["multiarch"].string();
    p.platform = json["platform"].string();
    p.gil_disabled = json["gil_disabled"].boolean();
    p.debug = json["debug"].boolean();
    p.pointer_bits = json["pointer_bits"].integer() == 32 ? 32 : 64;
    p.base_executable = json["base_executable"].string();
    p.base_prefix = json["base_prefix"].string();
    p.include_directory = json["include_directory"].string();
    p.platform_include_directory = json["platform_include_directory"].string();
    p.library_directory = json["library_directory"].string();
    p.stdlib = json["stdlib"].string();
    p.vars = interpreter_detail::read_map(json["vars"]);
    p.markers = interpreter_detail::read_map(json["markers"]);
    const Json& env = json["environment"];
    p.environment.executable = env["executable"].string();
    p.environment.prefix = env["prefix"].string();
    p.environment.purelib = env["purelib"].string();
    p.environment.platlib = env["platlib"].string();
    p.environment.scripts = env["scripts"].string();
    return p;
}

Result<Interpreter> interpreter_from_probe(std::string_view probe_output) {
    // Site hooks of the environment may print before the program does: the record is the last line.
    std::vector<std::string> lines = split_lines(trim(probe_output));
    if (lines.empty()) return environment_error("the Python interpreter printed no description of itself");
    TRY(json, parse_json(lines.back(), "the Python interpreter's description"));
    return interpreter_from_json(json);
}

}  // namespace cermet::python
