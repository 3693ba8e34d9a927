// Reading a finished wheel critically.
// SPDX-License-Identifier: MIT
#include "cli/wheel_audit.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/archive/zip.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/elf.h"
#include "languages/python/libraries.h"
#include "languages/python/manylinux.h"
#include "languages/python/stable_abi.h"
#include "languages/python/wheel.h"
#include "platform/os.h"

namespace cermet::cli {
namespace wheel_audit_detail {

using python::ElfFile;
using python::ElfSymbol;

struct Native {
    std::string path;
    std::string bytes;
    const AuditedModule* module = nullptr;  // null: a library, a script, or a file that nobody declared
    bool library = false;                   // a shared library of this build
    ElfFile elf;
    bool is_elf = false;
};

bool below_data(std::string_view path) { return contains(path.substr(0, path.find('/')), ".data"); }
bool below_info(std::string_view path) { return contains(path.substr(0, path.find('/')), ".dist-info"); }

std::string last_part(const std::string& module) { return module.substr(module.rfind('.') + 1); }

// What linkers define by themselves.
bool linker_symbol(std::string_view name) {
    for (std::string_view one :
         {"_init", "_fini", "_edata", "_end", "__bss_start", "_bss_end__", "__bss_end__", "__end__"}) {
        if (name == one) return true;
    }
    return false;
}

class Auditor {
   public:
    Auditor(const WheelAudit& audit, Findings& findings)
        : audit_(audit), findings_(findings), libraries_(audit.python.multiarch) {}

    void run() {
        container();
        Result<ZipReader> zip = ZipReader::open(audit_.bytes, audit_.file_name);
        if (!zip.ok()) return;  // container() has said so
        collect(*zip);
        tags();
        read_runtime();
        for (const Native& native : natives_) one(native);
        platform();
    }

   private:
    void container() {
        std::vector<std::string> problems = python::check_wheel(audit_.bytes, audit_.file_name);
        if (problems.empty()) findings_.check(true, "container", "");
        for (const std::string& problem : problems) {
            findings_.check(false, "container", problem,
                            "this is a bug in Cermet, not in your project; please report it");
        }
    }

    void collect(const ZipReader& zip) {
        std::map<std::string, const AuditedModule*> modules;
        for (const AuditedModule& module : audit_.modules) modules[module.wheel_path] = &module;
        for (const ZipEntry& entry : zip.entries()) {
            if (entry.directory || below_info(entry.path)) continue;
            auto known = modules.find(entry.path);
            bool native_name = python::is_native_file(file_name(entry.path));
            if (known == modules.end() && !native_name && !below_data(entry.path)) continue;
            Result<std::string> bytes = zip.read(entry);
            if (!bytes.ok()) continue;
            Native native;
            native.path = entry.path;
            native.bytes = std::move(*bytes);
            if (known != modules.end()) native.module = known->second;
            native.library = contains(audit_.libraries, entry.path);
            native.is_elf = python::is_elf(native.bytes);
            if (native.is_elf) read(native);
            if (native.is_elf || native_name) natives_.push_back(std::move(native));
            if (known != modules.end()) modules.erase(known);
        }
        for (const auto& [path, module] : modules) {
            findings_.check(false, "modules",
                            cat("module ", module->name, " was built, but ", path, " is not in the wheel"));
        }
    }

    void read(Native& native) {
        Result<ElfFile> elf = python::read_elf(native.bytes, native.path);
        if (findings_.check(elf.ok(), "modules", elf.ok() ? "" : elf.error().message)) native.elf = *elf;
        native.is_elf = elf.ok();
        if (!elf.ok()) return;
        std::string name = native.elf.soname.empty() ? std::string(file_name(native.path)) : native.elf.soname;
        libraries_.add_member(name, native.elf);
        members_[name] = native.path;
    }

    void tags() {
        Result<python::WheelName> name = python::parse_wheel_file_name(audit_.file_name);
        if (!findings_.check(name.ok(), "tags", name.ok() ? "" : name.error().message)) return;
        tags_ = name->tags;
        bool native = std::any_of(natives_.begin(), natives_.end(), [](const Native& one) { return one.is_elf; });
        findings_.check(!native || !tags_.pure(), "tags",
                        cat("the wheel holds native files, but its tag ", tags_.text(), " promises every platform"));
        bool none = contains(tags_.abis, "none");
        findings_.check(audit_.modules.empty() || !none, "tags",
                        cat("the wheel holds extension modules, but its tag ", tags_.text(), " names no ABI"));
        stable_ = contains(tags_.abis, "abi3");
        for (const std::string& tag : tags_.pythons) {
            if (stable_ && tag.compare(0, 3, "cp3") == 0) promised_minor_ = std::atoi(tag.c_str() + 3);
        }
    }

    void read_runtime() {
        Result<platform::MappedFile> mapped = platform::MappedFile::open(audit_.runtime_library);
        if (!mapped.ok() || !python::is_elf(mapped->bytes())) return;
        Result<ElfFile> elf = python::read_elf(mapped->bytes(), audit_.runtime_library);
        if (!elf.ok()) return;
        for (const ElfSymbol& symbol : elf->exported) runtime_.insert(symbol.name);
        std::set<std::string> missing;
        runtime_.merge(libraries_.offered_to(*elf, missing));
    }

    void one(const Native& native) {
        if (native.module == nullptr && !native.library && !below_data(native.path)) {
            findings_.check(false, "modules",
                            cat(native.path, " is a native file in the wheel that this build did not make"),
                            "build it as a target, or take it out with `exclude`");
        }
        if (native.module != nullptr) suffix(native);
        if (!native.is_elf) return;
        architecture(native);
        if (native.module != nullptr) {
            exports(native);
            undefined(native);
            stable(native);
        } else if (native.library) {
            undefined(native);
        }
        loading(native);
        if (!below_data(native.path)) inside(native);
    }

    void suffix(const Native& native) {
        std::string_view name = file_name(native.path);
        bool stable_name = contains(name, ".abi3");
        findings_.check(python::importable_suffix(audit_.python, name), "tags",
                        cat("Python ", audit_.python.version_text(), " does not import a file called ", native.path));
        findings_.check(!stable_ || stable_name || name == python::module_stem(name) + ".so", "tags",
                        cat("the tag ", tags_.text(), " promises the stable ABI, but ", native.path,
                            " is named for one version of Python"));
        if (stable_ && native.module->abi != python::Abi::Version) {
            findings_.check(native.module->floor.minor <= promised_minor_, "tags",
                            cat("the tag ", tags_.text(), " promises Python 3.", promised_minor_, ", but ",
                                native.module->name, " is built for 3.", native.module->floor.minor, " and newer"));
        }
    }

    void architecture(const Native& native) {
        std::string arch = native.elf.arch();
        for (const std::string& platform : tags_.platforms) {
            if (arch.empty() || platform == "any") continue;
            bool fits = platform.size() > arch.size() && platform.substr(platform.size() - arch.size()) == arch;
            findings_.check(fits, "tags", cat(native.path, " is for ", arch, ", but the tag says ", platform));
        }
    }

    void exports(const Native& native) {
        std::string last = last_part(native.module->name);
        std::set<std::string> allowed(native.module->exports.begin(), native.module->exports.end());
        bool init = false;
        std::vector<std::string> more;
        for (const ElfSymbol& symbol : native.elf.exported) {
            bool own = symbol.name == "PyInit_" + last || symbol.name == "PyModExport_" + last ||
                       symbol.name.compare(0, 8, "PyInitU_") == 0;
            init = init || own;
            if (!own && allowed.count(symbol.name) == 0 && !linker_symbol(symbol.name)) more.push_back(symbol.name);
        }
        findings_.check(init, "symbols", cat(native.path, " does not export PyInit_", last),
                        "the init function's name must be the module's last part");
        std::sort(more.begin(), more.end());
        std::erase_if(more, [&allowed](const std::string& name) {
            return std::any_of(allowed.begin(), allowed.end(), [&name](const std::string& pattern) {
                return has_glob(pattern) && glob_match(pattern, name);
            });
        });
        findings_.check(more.empty(), "symbols",
                        cat(native.path, " exports more than its init function: ", list_text(more)),
                        "make them static, or declare them in `exports` of the module's table");
        for (const std::string& name : native.module->exports) {
            findings_.check(has_glob(name) || native.elf.exports(name), "symbols",
                            cat(native.path, " does not export ", name, ", as declared"),
                            "take it out of `exports`, or define it");
        }
    }

    // A symbol with a version was found by the linker in the library that the version belongs to.
    void undefined(const Native& native) {
        std::set<std::string> missing;
        std::set<std::string> offered = libraries_.offered_to(native.elf, missing);
        std::vector<std::string> open;
        for (const ElfSymbol& symbol : native.elf.undefined) {
            if (symbol.weak || !symbol.version.empty() || runtime_.count(symbol.name) != 0) continue;
            if (offered.count(symbol.name) == 0) open.push_back(symbol.name);
        }
        std::sort(open.begin(), open.end());
        bool known = !runtime_.empty() && missing.empty();  // else nothing can be said
        findings_.check(!known || open.empty(), "symbols",
                        cat(native.path, " needs symbols that nothing provides: ", list_text(open)),
                        "add the library that has them to `uses` or `libraries` of the module's table");
        findings_.check(missing.empty(), "libraries",
                        cat(native.path, " needs libraries that are neither in the wheel nor on this system: ",
                            list_text({missing.begin(), missing.end()})));
        bool bound = std::any_of(native.elf.needed.begin(), native.elf.needed.end(),
                                 [](const std::string& name) { return name.compare(0, 9, "libpython") == 0; });
        findings_.check(!bound, "libraries", cat(native.path, " is linked to libpython"),
                        "a module finds Python's symbols in the running interpreter: take -lpython out of its flags");
    }

    void stable(const Native& native) {
        if (native.module->abi == python::Abi::Version) return;
        std::vector<std::string> names;
        for (const ElfSymbol& symbol : native.elf.undefined) names.push_back(symbol.name);
        python::StableFloor floor = native.module->floor;
        if (stable_ && promised_minor_ > 0) floor.minor = promised_minor_;
        std::vector<std::string> outside = outside_stable_abi(names, floor);
        findings_.check(outside.empty(), "stable ABI",
                        cat(native.path, " is built for the limited API of Python 3.", floor.minor, ", but uses ",
                            list_text(outside)),
                        "raise `limited-api`, or avoid what it does not have");
    }

    void loading(const Native& native) {
        const ElfFile& elf = native.elf;
        std::vector<std::string> absolute;
        for (const auto* list : {&elf.rpath, &elf.runpath}) {
            for (const std::string& path : *list) {
                bool own = path.compare(0, 7, "$ORIGIN") == 0 || path.compare(0, 9, "${ORIGIN}") == 0;
                bool of_python = !own && is_within(path, audit_.python.base_prefix);
                if (of_python) python_paths_.insert(path);
                if (!own && !of_python) absolute.push_back(path);
            }
        }
        findings_.check(absolute.empty(), "libraries",
                        cat(native.path, " looks for libraries in places of this machine: ", list_text(absolute)),
                        "take -rpath out of its link flags, or begin it with $ORIGIN");
        findings_.check(!elf.text_relocations, "hardening", cat(native.path, " has text relocations"),
                        "compile everything that goes into it with -fPIC");
        findings_.check(!elf.executable_stack, "hardening", cat(native.path, " asks for an executable stack"),
                        "assembler sources need a .note.GNU-stack section");
    }

    // The dynamic linker finds libraries of the wheel by $ORIGIN alone.
    void inside(const Native& native) {
        const std::vector<std::string>& search = native.elf.runpath.empty() ? native.elf.rpath : native.elf.runpath;
        for (const std::string& name : native.elf.needed) {
            auto member = members_.find(name);
            if (member == members_.end()) continue;
            std::string directory = cat("/", parent(native.path));
            bool found = std::any_of(search.begin(), search.end(), [&](const std::string& path) {
                std::string_view rest = path;
                for (std::string_view head : {"$ORIGIN", "${ORIGIN}"}) {
                    if (rest.substr(0, head.size()) == head) {
                        std::string way(rest.substr(head.size()));
                        return join_path(cat(directory, "/", way), file_name(member->second)) == "/" + member->second;
                    }
                }
                return false;
            });
            findings_.check(found, "libraries",
                            cat(native.path, " needs ", name, ", which is in the wheel as ", member->second,
                                ", but does not look there"),
                            "a run path that begins with $ORIGIN must lead to it");
        }
    }

    void platform() {
        std::vector<python::NativeFile> files;
        for (const Native& native : natives_) {
            if (native.is_elf) files.push_back({native.path, native.elf});
        }
        if (files.empty()) return;
        if (!python_paths_.empty()) {  // harmless elsewhere, and nothing that the project could change
            findings_.note(cat("modules look for libraries in ",
                               list_text({python_paths_.begin(), python_paths_.end()}),
                               ", as this Python's own link flags say"));
        }
        Result<python::PlatformChoice> choice =
            python::choose_platform(files, audit_.python.platform_tag(), audit_.musl_version);
        if (!findings_.check(choice.ok(), "tags", choice.ok() ? "" : choice.error().message)) return;
        bool claims = std::any_of(tags_.platforms.begin(), tags_.platforms.end(), [](const std::string& platform) {
            return contains(platform, "manylinux") || contains(platform, "musllinux");
        });
        if (claims) {
            for (const std::string& platform : tags_.platforms) claimed(platform, files);
        } else if (choice->audited()) {
            findings_.note(cat("the native files would fit ", choice->platforms[0]));
        }
        if (!choice->external_libraries.empty()) {
            findings_.note(
                cat("other systems may lack libraries that the wheel needs: ", list_text(choice->external_libraries)));
        }
    }

    void claimed(const std::string& platform, const std::vector<python::NativeFile>& files) {
        const std::string& plain = audit_.python.platform_tag();
        const std::string arch = plain.substr(std::min(plain.size(), plain.find('_') + 1));
        const std::string name = platform.substr(0, platform.size() - std::min(platform.size(), arch.size() + 1));
        Result<options::Compatibility> promise = options::parse_compatibility(name);
        if (!findings_.check(promise.ok(), "tags", cat("the tag names an unknown platform: ", platform))) return;
        std::vector<std::string> broken;
        for (const auto& one : python::broken_promises(files, arch, *promise, audit_.musl_version)) {
            broken.push_back(one.text);
        }
        findings_.check(broken.empty(), "tags",
                        cat("the wheel does not deserve the tag ", platform, ": ", list_text(broken, 3)));
    }

    const WheelAudit& audit_;
    Findings& findings_;
    python::Libraries libraries_;
    std::vector<Native> natives_;
    std::map<std::string, std::string> members_;  // native files of the wheel: SONAME -> path
    std::set<std::string> runtime_;
    std::set<std::string> python_paths_;  // run paths that come from the interpreter
    python::TagSet tags_;
    bool stable_ = false;
    int promised_minor_ = 0;
};

bool identifier(std::string_view text) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    });
}

Result<std::map<std::string, std::string>> members(std::string_view bytes, std::string_view name) {
    TRY(zip, ZipReader::open(bytes, name));
    std::map<std::string, std::string> found;
    for (const ZipEntry& entry : zip.entries()) {
        TRY(content, zip.read(entry));
        found[entry.path] = content;
    }
    return found;
}

}  // namespace wheel_audit_detail

void audit_wheel(const WheelAudit& audit, Findings& findings) { wheel_audit_detail::Auditor(audit, findings).run(); }

std::vector<std::string> outside_stable_abi(const std::vector<std::string>& undefined, python::StableFloor floor) {
    std::vector<std::string> outside;
    for (const std::string& name : undefined) {
        if (!python::is_python_symbol(name)) continue;
        std::optional<int> since = python::stable_since(name);
        if (!since) outside.push_back(name);
        if (since && *since > floor.minor) outside.push_back(cat(name, " (since 3.", *since, ")"));
    }
    std::sort(outside.begin(), outside.end());
    return outside;
}

std::vector<std::string> pure_modules(std::string_view bytes, std::string_view name) {
    std::vector<std::string> found;
    Result<ZipReader> zip = ZipReader::open(bytes, name);
    if (!zip.ok()) return found;
    for (const ZipEntry& entry : zip->entries()) {
        bool source = extension(entry.path) == ".py" && !entry.directory;
        if (!source || wheel_audit_detail::below_data(entry.path) || wheel_audit_detail::below_info(entry.path))
            continue;
        std::vector<std::string> parts = split(entry.path.substr(0, entry.path.size() - 3), '/');
        if (parts.back() == "__main__") continue;
        if (parts.back() == "__init__") parts.pop_back();
        bool importable = !parts.empty() && std::all_of(parts.begin(), parts.end(), wheel_audit_detail::identifier);
        if (importable) found.push_back(join(parts, "."));
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<std::string> differing_members(std::string_view left, std::string_view right) {
    using wheel_audit_detail::members;
    Result<std::map<std::string, std::string>> a = members(left, "the wheel of the tree");
    Result<std::map<std::string, std::string>> b = members(right, "the wheel of the sdist");
    if (!a.ok()) return {a.error().message};
    if (!b.ok()) return {b.error().message};
    std::vector<std::string> differing;
    for (const auto& [path, content] : *a) {
        auto other = b->find(path);
        if (other == b->end()) differing.push_back(cat(path, " (not in the sdist's)"));
        if (other != b->end() && other->second != content) differing.push_back(path);
    }
    for (const auto& [path, content] : *b) {
        if (a->count(path) == 0) differing.push_back(cat(path, " (only in the sdist's)"));
    }
    // RECORD differs whenever anything does.
    if (differing.size() > 1) {
        std::erase_if(differing, [](const std::string& path) { return file_name(path) == "RECORD"; });
    }
    if (differing.empty()) differing.push_back("order, times or modes of the archive");
    return differing;
}

}  // namespace cermet::cli
