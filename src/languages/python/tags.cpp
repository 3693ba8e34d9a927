// Wheel tags, extension suffixes and the names of distribution files.
// SPDX-License-Identifier: MIT
#include "languages/python/tags.h"

#include <algorithm>

#include "base/text.h"

namespace cermet::python {

namespace tags_detail {

std::string sorted_join(std::vector<std::string> parts) {
    std::sort(parts.begin(), parts.end());
    parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    return join(parts, ".");
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool tag_part(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// cp312, pp310 …: the python tag of exactly this interpreter.
std::string python_tag(const Interpreter& p) {
    std::string prefix = p.implementation == "cpython"      ? "cp"
                         : p.implementation == "pypy"       ? "pp"
                         : p.implementation == "ironpython" ? "ip"
                         : p.implementation == "jython"     ? "jy"
                                                            : p.implementation;
    return prefix + p.nodot();
}

// The ABI tag: CPython's from version and flags, others' from SOABI.
Result<std::string> abi_tag(const Interpreter& p) {
    if (p.implementation == "cpython") {
        std::string flags;
        if (p.gil_disabled) flags += "t";
        if (p.debug) flags += "d";
        if (p.major == 3 && p.minor < 8 && contains(p.abiflags, "m")) flags += "m";
        return cat("cp", p.nodot(), flags);
    }
    std::vector<std::string> parts = split(p.soabi, '-');
    if (parts.size() < 2) {
        return environment_error(cat("the interpreter ", p.implementation, " ", p.version_text(),
                                     " names no ABI (SOABI is '", p.soabi, "')"));
    }
    if (p.implementation == "pypy") return replace_all(parts[0], ".", "_") + "_" + parts[1];
    std::string all = p.soabi;
    if (p.implementation == "graalpy" && parts.size() > 2) {
        parts.resize(3);
        all = join(parts, "-");
    }
    return replace_all(replace_all(all, ".", "_"), "-", "_");
}

Status check_floor(const Interpreter& p, Abi abi, StableFloor floor) {
    std::string wanted = cat(floor.major, ".", floor.minor);
    if (p.implementation != "cpython") {
        return project_error(cat("the stable ABI was asked for, but ", p.implementation, " has none"),
                             "leave the stable ABI out for this interpreter");
    }
    if (floor.major != 3 || floor.minor < 2) {
        return project_error(cat("the stable ABI begins with Python 3.2, not ", wanted));
    }
    if (p.major == 3 && p.minor < floor.minor) {
        return project_error(cat("a stable ABI of Python ", wanted, " cannot be built by Python ", p.version_text()),
                             cat("build with Python ", wanted, " or newer, or lower the stable ABI"));
    }
    if (abi != Abi::Stable && floor.minor < 15) {
        return project_error(cat("the free-threaded stable ABI (abi3t) begins with Python 3.15, not ", wanted));
    }
    if (abi == Abi::Stable && p.gil_disabled) {
        return project_error(cat("free-threaded Python ", p.version_text(), " cannot load abi3 modules"),
                             "build for this version alone, or for abi3t with Python 3.15 and up");
    }
    return {};
}

}  // namespace tags_detail

std::string TagSet::text() const {
    using tags_detail::sorted_join;
    return cat(sorted_join(pythons), "-", sorted_join(abis), "-", sorted_join(platforms));
}

std::vector<std::string> TagSet::expanded() const {
    std::vector<std::string> out;
    for (const std::string& python : pythons) {
        for (const std::string& abi : abis) {
            for (const std::string& platform : platforms) {
                out.push_back(cat(python, "-", abi, "-", platform));
            }
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

Result<TagSet> parse_tags(std::string_view text) {
    std::vector<std::string> parts = split(text, '-');
    if (parts.size() != 3) {
        return project_error(cat("'", text, "' is not a wheel tag"), "a tag looks like cp312-abi3-linux_x86_64");
    }
    TagSet out;
    out.pythons = split(lower(parts[0]), '.');
    out.abis = split(lower(parts[1]), '.');
    out.platforms = split(lower(parts[2]), '.');
    for (const auto* list : {&out.pythons, &out.abis, &out.platforms}) {
        for (const std::string& part : *list) {
            if (!tags_detail::tag_part(part)) return project_error(cat("'", text, "' is not a wheel tag"));
        }
    }
    return out;
}

Result<TagSet> wheel_tags(const Interpreter& python, Abi abi, StableFloor floor, std::vector<std::string> platforms) {
    TagSet out;
    out.platforms = std::move(platforms);
    if (out.platforms.empty()) out.platforms.push_back(abi == Abi::None ? "any" : python.platform_tag());
    if (abi == Abi::None) {
        out.pythons = {"py3"};
        out.abis = {"none"};
        return out;
    }
    if (out.pure()) return bug("a wheel with extension modules was asked to fit every platform");
    if (abi == Abi::Version) {
        TRY(tag, tags_detail::abi_tag(python));
        out.pythons = {tags_detail::python_tag(python)};
        out.abis = {tag};
        return out;
    }
    TRY_VOID(tags_detail::check_floor(python, abi, floor));
    out.pythons = {cat("cp", floor.major, floor.minor)};
    if (abi == Abi::Stable) out.abis = {"abi3"};
    if (abi == Abi::StableBoth) out.abis = {"abi3", "abi3t"};
    if (abi == Abi::StableFree) out.abis = {"abi3t"};
    return out;
}

Result<std::string> module_suffix(const Interpreter& python, Abi abi, StableFloor floor) {
    if (abi == Abi::None) return bug("a wheel without extension modules has no module suffix");
    bool windows = tags_detail::ends_with(python.ext_suffix, ".pyd");
    if (abi == Abi::Version) {
        if (!python.ext_suffix.empty()) return python.ext_suffix;
        return environment_error("the Python interpreter names no suffix for extension modules");
    }
    TRY_VOID(tags_detail::check_floor(python, abi, floor));
    if (windows) return std::string(".pyd");
    std::string name = abi == Abi::Stable ? "abi3" : "abi3t";
    // From 3.15 on the stable suffix names the platform too, where CPython knows its multiarch name.
    if (floor.minor >= 15 && !python.multiarch.empty()) return cat(".", name, "-", python.multiarch, ".so");
    return cat(".", name, ".so");
}

bool is_native_file(std::string_view file_name) {
    using tags_detail::ends_with;
    std::string name = lower(file_name);
    if (ends_with(name, ".so") || ends_with(name, ".pyd") || ends_with(name, ".dylib") || ends_with(name, ".dll")) {
        return true;
    }
    std::size_t at = name.rfind(".so.");  // libfoo.so.1.2
    if (at == std::string::npos || at == 0) return false;
    std::string_view rest = std::string_view(name).substr(at + 4);
    return !rest.empty() &&
           std::all_of(rest.begin(), rest.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string module_stem(std::string_view file_name) { return std::string(file_name.substr(0, file_name.find('.'))); }

bool importable_suffix(const Interpreter& python, std::string_view file_name) {
    std::size_t dot = file_name.find('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    std::string_view suffix = file_name.substr(dot);
    if (suffix == python.ext_suffix) return true;
    if (tags_detail::ends_with(python.ext_suffix, ".pyd")) return suffix == ".pyd";
    if (suffix == ".so") return true;
    bool stable = suffix == ".abi3.so" || suffix == cat(".abi3-", python.multiarch, ".so");
    bool free = suffix == ".abi3t.so" || suffix == cat(".abi3t-", python.multiarch, ".so");
    bool knows_free = python.minor >= 15;
    return (stable && !python.gil_disabled) || (free && knows_free);
}

std::string escape_version(const Version& version) { return replace_all(version.text(), "-", "_"); }

std::string distribution_stem(std::string_view name, const Version& version) {
    return cat(escape_name(name), "-", escape_version(version));
}

std::string wheel_file_name(std::string_view name, const Version& version, std::string_view build, const TagSet& tags) {
    std::string out = distribution_stem(name, version);
    if (!build.empty()) out += cat("-", build);
    return cat(out, "-", tags.text(), ".whl");
}

Result<WheelName> parse_wheel_file_name(std::string_view file_name) {
    auto bad = [file_name](std::string_view why) {
        return project_error(cat("'", file_name, "' is not the name of a wheel: ", why));
    };
    if (!tags_detail::ends_with(file_name, ".whl")) return bad("it does not end in .whl");
    std::vector<std::string> parts = split(file_name.substr(0, file_name.size() - 4), '-');
    if (parts.size() != 5 && parts.size() != 6) return bad("it needs name-version-python-abi-platform");
    WheelName out;
    out.name = parts[0];
    if (!valid_name(out.name) || contains(out.name, "__")) return bad("the name is not one");
    auto version = Version::find(parts[1]);
    if (!version) return bad("the version is not one");
    out.version = *version;
    if (parts.size() == 6) {
        out.build = parts[2];
        if (out.build.empty() || !tags_detail::all_digits(out.build.substr(0, 1))) {
            return bad("a build tag begins with a digit");
        }
    }
    std::size_t n = parts.size();
    auto tags = parse_tags(cat(parts[n - 3], "-", parts[n - 2], "-", parts[n - 1]));
    if (!tags) return bad("the tags are not");
    out.tags = *std::move(tags);
    return out;
}

}  // namespace cermet::python
