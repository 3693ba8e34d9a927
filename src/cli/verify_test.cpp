// Tests of what verify and ide say, on wheels, actions and requirements made by hand.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/archive/zip.h"
#include "base/text.h"
#include "cli/findings.h"
#include "cli/ide_json.h"
#include "cli/source_audit.h"
#include "cli/wheel_audit.h"

namespace cermet::cli {

namespace {

std::string zip(const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<ZipMember> members;
    for (const auto& [path, bytes] : files) members.push_back({path, bytes, false});
    StringSink sink;
    REQUIRE(write_zip(members, {}, sink).ok());
    return sink.bytes;
}

class Renamed : public RealText {
   public:
    std::string text(std::string_view canonical) const override { return replace_all(canonical, "/cermet", "/real"); }
    std::string also(std::string_view canonical) const override {
        return canonical == "/cermet/ws/inc" ? "/real/mirror/inc" : "";
    }
    bool exists(const std::string&) const override { return false; }
};

std::shared_ptr<exec::Action> rustc(const std::string& name, const std::string& source, std::vector<std::string> more) {
    auto action = std::make_shared<exec::Action>();
    action->label = name + "-1";
    action->cwd = "/cermet/ws/rust";
    action->argv = {"/cermet/tool/rust-1/bin/rustc",
                    "--crate-name",
                    name,
                    "--edition=2021",
                    source,
                    "--cfg",
                    "feature=\"x\"",
                    "--out-dir",
                    "/cermet/out/" + name + "-1"};
    action->argv.insert(action->argv.end(), more.begin(), more.end());
    action->env["CARGO_MANIFEST_DIR"] = "/cermet/ws/rust/" + name;
    return action;
}

}  // namespace

TEST_CASE("findings count every check and print a line with a hint for what does not hold") {
    Findings findings;
    CHECK(findings.check(true, "tags", "unused"));
    CHECK(findings.text() == "1 check, 0 findings");
    CHECK(!findings.check(false, "imports", "m cannot be imported", "look at it"));
    findings.note("left out x.so");
    CHECK(findings.text() ==
          "note: left out x.so\nfinding: imports: m cannot be imported\n  hint: look at it\n2 checks, 1 finding");
    CHECK(findings.json()["findings"].array().size() == 1);
    CHECK(list_text({"a", "b", "c"}, 2) == "a, b and 1 more");
}

TEST_CASE("the stable ABI knows which version added a symbol") {
    python::StableFloor old{3, 9};
    CHECK(outside_stable_abi({"PyArg_ParseTuple", "PyObject_Call", "malloc", "_Py_NoneStruct"}, old).empty());
    std::vector<std::string> outside =
        outside_stable_abi({"PyList_GetItemRef", "PyUnicode_AsUTF8", "PyType_GetName", "_PyObject_GetDictPtr"}, old);
    CHECK(outside == std::vector<std::string>{"PyList_GetItemRef (since 3.13)", "PyType_GetName (since 3.11)",
                                              "PyUnicode_AsUTF8", "_PyObject_GetDictPtr"});
    CHECK(outside_stable_abi({"PyBuffer_Release"}, {3, 10}).size() == 1);
    CHECK(outside_stable_abi({"PyBuffer_Release"}, {3, 11}).empty());
}

TEST_CASE("pure modules of a wheel by the names that import them") {
    std::string wheel = zip({{"pkg/__init__.py", ""},
                             {"pkg/part.py", ""},
                             {"pkg/__main__.py", ""},
                             {"pkg/not-a-name.py", ""},
                             {"pkg/data.json", ""},
                             {"one.py", ""},
                             {"pkg-1.0.data/scripts/x.py", ""},
                             {"pkg-1.0.dist-info/METADATA", ""}});
    CHECK(pure_modules(wheel, "w") == std::vector<std::string>{"one", "pkg", "pkg.part"});
}

TEST_CASE("what differs between two wheels is named, RECORD only where nothing else does") {
    std::string a = zip({{"x.py", "1"}, {"y.py", "1"}, {"p.dist-info/RECORD", "1"}});
    std::string b = zip({{"x.py", "2"}, {"z.py", "1"}, {"p.dist-info/RECORD", "2"}});
    CHECK(differing_members(a, b) ==
          std::vector<std::string>{"x.py", "y.py (not in the sdist's)", "z.py (only in the sdist's)"});
    CHECK(differing_members(a, "no zip").size() == 1);
}

TEST_CASE("a tag that promises too much is found") {
    std::string wheel = zip({{"pkg/_c.cpython-312-x86_64-linux-gnu.so", "not an ELF file"}});
    WheelAudit audit;
    audit.bytes = wheel;
    audit.file_name = "pkg-1.0-cp39-abi3-linux_x86_64.whl";
    audit.python.major = 3;
    audit.python.minor = 12;
    audit.python.ext_suffix = ".cpython-312-x86_64-linux-gnu.so";
    audit.modules = {{"pkg._c", "pkg/_c.cpython-312-x86_64-linux-gnu.so", {}, python::Abi::Version, {}},
                     {"pkg._d", "pkg/_d.so", {}, python::Abi::Version, {}}};
    Findings findings;
    audit_wheel(audit, findings);
    CHECK(contains(findings.text(), "promises the stable ABI, but pkg/_c.cpython-312"));
    CHECK(contains(findings.text(), "module pkg._d was built, but pkg/_d.so is not in the wheel"));
    CHECK(contains(findings.text(), "finding: container: "));  // and no .dist-info
}

TEST_CASE("who compiles against a distribution with native code must require it") {
    python::Project project;
    UsedDistribution numpy;
    numpy.distribution.name = "numpy";
    numpy.distribution.version = "2.1.0";
    numpy.native = true;
    numpy.place = Where{"/p/pyproject.toml", 7, 1};
    Findings missing;
    audit_requirements(project, {numpy}, {}, missing);
    CHECK(contains(missing.text(),
                   "compiled against numpy 2.1.0 (pyproject.toml:7), but the wheel does not require numpy"));
    for (const char* text : {"NumPy>=1.25", "numpy; python_version > '3'"}) {
        auto requirement = python::Requirement::parse(text);
        REQUIRE(requirement.ok());
        project.dependencies = {*requirement};
        Findings fine;
        audit_requirements(project, {numpy}, {{"python_version", "3.12"}}, fine);
        CHECK(fine.all().empty());
    }
    auto old = python::Requirement::parse("numpy<2");
    REQUIRE(old.ok());
    project.dependencies = {*old};
    Findings wrong;
    audit_requirements(project, {numpy}, {}, wrong);
    CHECK(contains(wrong.text(), "but the wheel requires numpy<2"));
    numpy.native = false;  // headers only
    Findings headers;
    audit_requirements({}, {numpy}, {}, headers);
    CHECK(headers.all().empty());
}

TEST_CASE("compile commands name real files and leave out what editors do not need") {
    auto action = std::make_shared<exec::Action>();
    action->label = "cc-a-1";
    action->cwd = "/cermet/ws";
    action->discovery = exec::Discovery::Depfile;
    action->argv = {"/usr/bin/cc",
                    "-I/cermet/ws/inc",
                    "-ffile-prefix-map=/cermet/ws=x",
                    "-MD",
                    "-MF",
                    "/cermet/out/cc-a-1/a.o.d",
                    "-c",
                    "/cermet/ws/a.c",
                    "-o",
                    "/cermet/out/cc-a-1/a.o"};
    Json json = compile_commands({action, action}, Renamed());
    REQUIRE(json.array().size() == 1);
    const Json& entry = json.array()[0];
    CHECK(entry["file"].string() == "/real/ws/a.c");
    CHECK(entry["directory"].string() == "/real/ws");
    CHECK(join(entry["arguments"].string_list(), " ") ==
          "/usr/bin/cc -I/real/ws/inc -I/real/mirror/inc -c /real/ws/a.c -o /real/out/cc-a-1/a.o");
}

TEST_CASE("a Rust project has one crate per rustc call, with dependencies by index") {
    auto library = rustc("alpha", "alpha/src/lib.rs", {"--crate-type", "lib"});
    auto macros = rustc("macros", "/cermet/pkg/crate-macros-1/src/lib.rs", {"--crate-type", "proc-macro"});
    macros->outputs = {exec::Output("libmacros.so")};
    library->argv.insert(library->argv.end(), {"--extern", "macros=/cermet/out/macros-1/libmacros.so"});
    Json json = rust_project({library, macros, library}, Renamed());
    REQUIRE(json["crates"].array().size() == 2);
    const Json& alpha = json["crates"].array()[0];
    CHECK(alpha["root_module"].string() == "/real/ws/rust/alpha/src/lib.rs");
    CHECK(alpha["is_workspace_member"].boolean());
    CHECK(alpha["deps"].array().at(0)["crate"].integer() == 1);
    CHECK(alpha["cfg"].string_list() == std::vector<std::string>{"feature=\"x\""});
    const Json& other = json["crates"].array()[1];
    CHECK(other["proc_macro_dylib_path"].string() == "/real/out/macros-1/libmacros.so");
    CHECK(!other["is_workspace_member"].boolean());
    CHECK(json["sysroot"].string() == "/real/tool/rust-1");
}

}  // namespace cermet::cli
