// Tests of the packaging standards; the judges compare the same code with the reference tools on random cases.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/text.h"
#include "languages/python/crate_fields.h"
#include "languages/python/discovery.h"
#include "languages/python/elf.h"
#include "languages/python/license.h"
#include "languages/python/manylinux.h"
#include "languages/python/metadata.h"
#include "languages/python/requirement.h"
#include "languages/python/sdist.h"
#include "languages/python/tags.h"
#include "languages/python/version.h"
#include "languages/python/wheel.h"

namespace cermet::python {

namespace {

Version version(std::string_view text) {
    auto v = Version::parse(text);
    REQUIRE(v.ok());
    return *v;
}

bool inside(std::string_view set, std::string_view text) {
    auto parsed = SpecifierSet::parse(set);
    REQUIRE(parsed.ok());
    return parsed->contains(version(text), true);
}

Result<Project> project(MemoryFiles& files, const std::string& body, std::optional<std::string> dynamic = {}) {
    auto toml = parse_toml("[project]\n" + body, "pyproject.toml");
    REQUIRE(toml.ok());
    ProjectSource source;
    source.file = "/p/pyproject.toml";
    source.shown = "pyproject.toml";
    DynamicValues values;
    values.version = std::move(dynamic);
    return read_project(*toml, source, files, values);
}

Interpreter cpython(int minor, bool free = false) {
    Interpreter p;
    p.implementation = "cpython";
    p.major = 3;
    p.minor = minor;
    p.gil_disabled = free;
    p.multiarch = "x86_64-linux-gnu";
    p.ext_suffix = cat(".cpython-3", minor, free ? "t" : "", "-x86_64-linux-gnu.so");
    p.platform = "linux-x86_64";
    return p;
}

}  // namespace

TEST_CASE("versions are normalised and ordered") {
    CHECK(version(" v1.0-ALPHA_2.Post3.dev04+Local-007 ").text() == "1.0a2.post3.dev4+local.7");
    CHECK(version("1!2.0.0").text() == "1!2.0.0");
    CHECK(version("1.0") == version("1.0.0"));
    const char* ordered[] = {"1.0.dev1", "1.0a1.dev1", "1.0a1",          "1.0b1",     "1.0rc1", "1.0",
                             "1.0+abc",  "1.0+1",      "1.0.post1.dev1", "1.0.post1", "1.1",    "1!0.1"};
    for (std::size_t i = 1; i < std::size(ordered); ++i) CHECK(version(ordered[i - 1]) < version(ordered[i]));
    CHECK(version("99999999999999999999999999999") > version("99999999999999999999999999998"));
    CHECK_FALSE(Version::parse("1.0-").ok());
    CHECK_FALSE(Version::parse("").ok());
}

TEST_CASE("specifiers follow PEP 440's exceptions") {
    CHECK(inside("~=1.4.2", "1.4.9"));
    CHECK_FALSE(inside("~=1.4.2", "1.5"));
    CHECK_FALSE(inside("<1.0", "1.0rc1"));
    CHECK(inside("<1.0rc2", "1.0rc1"));
    CHECK_FALSE(inside(">1.0", "1.0.post1"));
    CHECK_FALSE(inside(">1.0", "1.0+x"));
    CHECK(inside("==1.0", "1.0+x"));
    CHECK(inside("==1.0.*", "1.0rc1"));
    CHECK(inside("!=1.0.*", "1.1"));
    CHECK(SpecifierSet::parse(">=1, <2,>=1")->text() == "<2,>=1");
    CHECK_FALSE(SpecifierSet::parse("1.0").ok());
    CHECK_FALSE(SpecifierSet::parse("~=1").ok());
    CHECK_FALSE(SpecifierSet::parse(">=1.*").ok());
}

TEST_CASE("requirements and markers are printed as packaging prints them") {
    auto text = [](std::string_view in) { return Requirement::parse(in)->text(); };
    CHECK(text("Foo [b, a] (>=1,<2) ; (python_version<'3.9')") == "Foo[a,b]<2,>=1; python_version < \"3.9\"");
    CHECK(text("x@https://e.org/x ; os_name=='a'or os.name=='b'") ==
          "x @ https://e.org/x ; os_name == \"a\" or os_name == \"b\"");
    CHECK(text("x; (os_name=='a' or os_name=='b') and extra=='T_1'") ==
          "x; (os_name == \"a\" or os_name == \"b\") and extra == \"t-1\"");
    CHECK_FALSE(Requirement::parse("x >=").ok());
    CHECK_FALSE(Requirement::parse("x; python == '3'").ok());
    CHECK_FALSE(Requirement::parse("x; " + std::string(10000, '(')).ok());
    MarkerEnvironment environment = {{"python_version", "3.12"}, {"os_name", "posix"}, {"extra", "a-b"}};
    auto is = [&](std::string_view marker) { return Marker::parse(marker)->evaluate(environment, {"test"}); };
    CHECK(is("python_version >= '3.9' and os_name == 'posix'"));
    CHECK(is("'3.9' < python_version"));
    CHECK(is("extra == 'A.B'"));
    CHECK(is("'Test' in extras"));
    CHECK_FALSE(is("os_name > 'a' or python_version == '3.1'"));
}

TEST_CASE("licence expressions are normalised, mistakes named") {
    CHECK(*normalise_license("mit AND (apache-2.0 or gpl-2.0+ with Classpath-exception-2.0)") ==
          "MIT AND (Apache-2.0 OR GPL-2.0+ WITH Classpath-exception-2.0)");
    CHECK(*normalise_license("licenseref-Own.1") == "LicenseRef-Own.1");
    auto bad = normalise_license("Apache-2");
    REQUIRE_FALSE(bad.ok());
    CHECK(contains(bad.error().hint, "Apache-2.0"));
    for (const char* text : {"", "MIT MIT", "(MIT", "MIT AND", "MIT WITH MIT", "LicenseRef-a_b"}) {
        CHECK_FALSE(normalise_license(text).ok());
    }
    for (const char* glob : {"../L", "/L", "a{b,c}", "[a", "a**", "a\\b"}) CHECK_FALSE(check_portable_glob(glob).ok());
    CHECK(check_portable_glob("licenses/**/*.tx[a-t]").ok());
}

TEST_CASE("metadata has the lowest version that holds its fields") {
    MemoryFiles files;
    auto first = [&](const std::string& body) {
        std::string text = metadata_text(*project(files, "name = 'a'\nversion = '1'\n" + body), MetadataFor::Wheel);
        return text.substr(0, text.find('\n'));
    };
    CHECK(first("") == "Metadata-Version: 2.1");
    CHECK(first("license = 'MIT'") == "Metadata-Version: 2.4");
    CHECK(first("import-names = ['a']") == "Metadata-Version: 2.5");
    CHECK(contains(metadata_text(*project(files, "name='a'\nversion='1'"), MetadataFor::Sdist), "Version: 2.2"));
    files.files["/p/README.md"] = "# T\r\n";
    files.files["/p/LICENSE"] = "L";
    auto full =
        project(files, "name = 'A.b'\ndynamic = ['version']\nreadme = 'README.md'\nlicense = 'mit'\n", "2.0RC1");
    REQUIRE(full.ok());
    CHECK(metadata_text(*full, MetadataFor::Wheel) ==
          "Metadata-Version: 2.4\nName: A.b\nVersion: 2.0rc1\nLicense-Expression: MIT\nLicense-File: LICENSE\n"
          "Description-Content-Type: text/markdown\n\n# T\n");
    CHECK(metadata_field(metadata_text(*full, MetadataFor::Wheel), "version") == "2.0rc1");
}

TEST_CASE("a crate says what project.dynamic lists") {
    MemoryFiles files;
    files.files["/p/Cargo.toml"] =
        "[workspace]\nmembers = ['rust/*']\n[workspace.package]\nversion = '1.2.0-rc.1'\n"
        "readme = 'docs/READ.rst'\n";
    files.files["/p/docs/READ.rst"] = "T\n";
    files.files["/p/rust/a/Cargo.toml"] =
        "[package]\nname = 'a'\nversion.workspace = true\nreadme = { workspace = true }\n"
        "description = \"\\nSome\\n text\\n\"\nlicense = 'MIT/Apache-2.0'\nauthors = ['A B <a@b.c>', 'C', '<d@e.f>']\n"
        "homepage = 'https://a'\nrepository = 'https://b'\n";
    files.files["/p/rust/b/Cargo.toml"] = "[package]\nname = 'b'\nversion = '1.0.0'\n";
    files.files["/p/rust/b/README.md"] = "B\n";
    CHECK(*version_of_crate(files, "/p", "rust/a") == "1.2.0-rc.1");
    CHECK(*version_of_crate(files, "/p", "rust/b/") == "1.0.0");
    CHECK_FALSE(version_of_crate(files, "/p", "").ok());

    const std::string head = "name = 'x'\nversion = '1'\n";
    auto made = [&](const std::string& crate, const std::string& body) {
        auto toml = parse_toml("[project]\n" + head + body, "pyproject.toml");
        const Toml* at = toml->find_path("project.dynamic");
        DynamicValues values;
        values.fields = *crate_fields(files, "/p", crate, at->string_list(), *at);
        values.absent = fields_of_crates();
        return read_project(*toml, ProjectSource{"/p/pyproject.toml", "pyproject.toml"}, files, values);
    };
    auto full = made("rust/a", "dynamic = ['description', 'readme', 'license', 'authors', 'urls', 'keywords']\n");
    REQUIRE(full.ok());
    CHECK(metadata_text(*full, MetadataFor::Wheel) ==
          "Metadata-Version: 2.4\nName: x\nVersion: 1\nSummary: Some text\nAuthor: C\n"
          "Author-Email: A B <a@b.c>, d@e.f\nLicense-Expression: MIT OR Apache-2.0\nProject-URL: Homepage, https://a\n"
          "Project-URL: Repository, https://b\nDescription-Content-Type: text/x-rst\n\nT\n");
    CHECK(full->readme_path == "docs/READ.rst");
    auto little = made("rust/b", "dynamic = ['description', 'readme', 'license']\n");
    REQUIRE(little.ok());
    CHECK(metadata_text(*little, MetadataFor::Wheel) ==
          "Metadata-Version: 2.1\nName: x\nVersion: 1\nDescription-Content-Type: text/markdown\n\nB\n");

    auto twice = made("rust/b", "readme = 'README.md'\ndynamic = ['readme']\n");
    REQUIRE_FALSE(twice.ok());
    CHECK(contains(twice.error().message, "project.readme is given and listed"));
    auto nobody = made("rust/b", "dynamic = ['classifiers']\n");
    REQUIRE_FALSE(nobody.ok());
    CHECK(contains(nobody.error().message, "lists 'classifiers', but nothing provides it"));
    CHECK(nobody.error().where.line == 4);
    files.files["/p/rust/b/Cargo.toml"] = "[package]\nname = 'b'\nreadme = '../../../out.md'\n";
    auto outside = made("rust/b", "dynamic = ['readme']\n");
    REQUIRE_FALSE(outside.ok());
    CHECK(contains(outside.error().message, "must name a file inside the project"));
    CHECK(outside.error().where.line == 4);
}

TEST_CASE("errors in [project] name the line") {
    MemoryFiles files;
    auto bad = project(files, "name = 'a'\nversion = '1'\ndependencis = []\n");
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().where.line == 4);
    CHECK(contains(bad.error().hint, "project.dependencies"));
    bad = project(files, "name = 'a'\nversion = '1'\ndependencies = [\n 'b',\n 'c d',\n]\n");
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().where.line == 6);
}

TEST_CASE("tags and suffixes come from the interpreter's record") {
    auto text = [](const Interpreter& p, Abi abi, int minor = 9) {
        auto tags = wheel_tags(p, abi, {3, minor}, {});
        return tags ? tags->text() : "error: " + tags.error().message;
    };
    CHECK(text(cpython(12), Abi::Version) == "cp312-cp312-linux_x86_64");
    CHECK(text(cpython(13, true), Abi::Version) == "cp313-cp313t-linux_x86_64");
    CHECK(text(cpython(12), Abi::Stable) == "cp39-abi3-linux_x86_64");
    CHECK(text(cpython(12), Abi::None) == "py3-none-any");
    CHECK(text(cpython(12), Abi::Stable, 13).compare(0, 5, "error") == 0);
    CHECK(text(cpython(13, true), Abi::Stable).compare(0, 5, "error") == 0);
    CHECK(*module_suffix(cpython(12), Abi::Stable, {3, 9}) == ".abi3.so");
    CHECK(*module_suffix(cpython(15), Abi::Stable, {3, 15}) == ".abi3-x86_64-linux-gnu.so");
    CHECK(importable_suffix(cpython(12), "_core.abi3.so"));
    CHECK_FALSE(importable_suffix(cpython(12), "_core.cpython-311-x86_64-linux-gnu.so"));
    CHECK_FALSE(importable_suffix(cpython(13, true), "_core.abi3.so"));
    CHECK(is_native_file("libz.so.1.2"));
    CHECK_FALSE(is_native_file("a.so.txt"));
    auto name = parse_wheel_file_name("my_pkg-1.0-2b-cp39.cp310-abi3-any.whl");
    REQUIRE(name.ok());
    CHECK(name->build == "2b");
    CHECK(join(name->tags.expanded(), " ") == "cp310-abi3-any cp39-abi3-any");
    CHECK(distribution_stem("My--Pkg.x", version("1.0-1")) == "my_pkg_x-1.0.post1");
}

TEST_CASE("a wheel passes its own checks and has RECORD last") {
    WheelPlan plan;
    plan.name = "My.Pkg";
    plan.version = version("1.0");
    plan.tags = *parse_tags("py3-none-any");
    plan.generator = "test";
    plan.files = {{"my_pkg/b, \"q\".py", "2", "", false}, {"my_pkg/__init__.py", "", "", false}};
    plan.info = {{"METADATA", "Metadata-Version: 2.1\nName: My.Pkg\nVersion: 1.0\n\n"}};
    StringSink sink;
    auto built = write_wheel(plan, sink);
    REQUIRE(built.ok());
    CHECK(built->file_name == "my_pkg-1.0-py3-none-any.whl");
    CHECK(contains(built->record, "\"my_pkg/b, \"\"q\"\".py\",sha256=1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR-Q2jpmbuwTqzU,1\n"));
    CHECK(contains(built->record, "my_pkg-1.0.dist-info/RECORD,,\n"));
    CHECK(check_wheel(sink.bytes, built->file_name).empty());
    CHECK_FALSE(check_wheel(sink.bytes, "my_pkg-1.1-py3-none-any.whl").empty());
    CHECK_FALSE(check_wheel(sink.bytes + "x", built->file_name).empty());
    plan.files.push_back({"my_pkg-1.0.dist-info/x", "", "", false});
    CHECK_FALSE(write_wheel(plan, sink).ok());
}

TEST_CASE("an sdist needs pyproject.toml and gets PKG-INFO") {
    SdistPlan plan;
    plan.name = "a-b";
    plan.version = version("1");
    plan.pkg_info = "x";
    CHECK_FALSE(make_sdist(plan).ok());
    plan.files = {{"pyproject.toml", "", "", false}, {"PKG-INFO", "old", "", false}};
    auto built = make_sdist(plan);
    REQUIRE(built.ok());
    CHECK(built->file_name == "a_b-1.tar.gz");
    CHECK(join(built->paths, " ") == "PKG-INFO pyproject.toml");
    plan.files.push_back({"../x", "", "", false});
    CHECK_FALSE(make_sdist(plan).ok());
}

TEST_CASE("manylinux is the oldest glibc whose symbols suffice") {
    NativeFile file;
    file.path = "p/m.so";
    file.elf.machine = 62;
    file.elf.needed = {"libc.so.6", "libgcc_s.so.1"};
    file.elf.version_needs["libc.so.6"] = {"GLIBC_2.2.5", "GLIBC_2.14"};
    auto tag = [&] { return join(choose_platform({file}, "linux_x86_64")->platforms, "."); };
    CHECK(tag() == "manylinux_2_17_x86_64.manylinux2014_x86_64");
    file.elf.version_needs["libc.so.6"].insert("GLIBC_2.34");
    CHECK(tag() == "manylinux_2_34_x86_64");
    file.elf.version_needs["libc.so.6"].insert("GLIBC_PRIVATE");
    CHECK(tag() == "linux_x86_64");
    file.elf.version_needs.clear();
    file.elf.needed.push_back("libssl.so.3");
    CHECK(tag() == "linux_x86_64");
    CHECK(choose_platform({file}, "linux_x86_64")->external_libraries.at(0) == "libssl.so.3");
    CHECK_FALSE(choose_platform({file}, "linux_aarch64").ok());
    file.elf.needed = {"libz.so.1"};
    file.elf.undefined = {{"inflate_fast", "", "", false, true}};
    CHECK(tag() == "linux_x86_64");
    file.elf.undefined[0].weak = true;
    CHECK(tag() == "manylinux_2_5_x86_64.manylinux1_x86_64");
    CHECK_FALSE(read_elf("\x7f"
                         "ELF",
                         "short")
                    .ok());
}

TEST_CASE("a promised platform tag names who breaks it") {
    NativeFile file;
    file.path = "p/m.so";
    file.elf.needed = {"libc.so.6"};
    file.elf.version_needs["libc.so.6"] = {"GLIBC_2.2.5", "GLIBC_2.34"};
    file.elf.undefined = {{"pthread_create", "GLIBC_2.34", "libc.so.6", false, true}};
    auto broken = [&](std::string_view promise, std::string_view musl = {}) {
        std::vector<std::string> texts;
        for (const BrokenPromise& one :
             broken_promises({file}, "x86_64", *options::parse_compatibility(promise), musl)) {
            texts.push_back(one.text);
        }
        return join(texts, "; ");
    };
    CHECK(broken("manylinux_2_34").empty());
    CHECK(broken("manylinux_2_99").empty());
    CHECK(broken("manylinux_2_33") == "p/m.so needs pthread_create@GLIBC_2.34 (libc.so.6)");
    CHECK(broken("manylinux2014") == broken("manylinux_2_17"));
    CHECK(contains(broken("manylinux_2_4"), "there is no manylinux of glibc 2.4 for x86_64"));
    CHECK(broken("musllinux_1_2", "1.2") == "p/m.so needs libc.so.6");
    file.elf = ElfFile();
    file.elf.needed = {"libc.musl-x86_64.so.1"};
    CHECK(broken("manylinux_2_34") == "p/m.so is built for musl");
    CHECK(broken("musllinux_1_2", "1.2").empty());
    file.elf.needed = {"libc.so"};
    CHECK(broken("musllinux_1_2", "1.2") == "p/m.so needs libc.so");
    file.elf.needed = {"libc.musl-x86_64.so.1"};
    CHECK(broken("musllinux_1_1", "1.2") == "the compiler's C library is musl 1.2");
    CHECK(contains(broken("musllinux_1_2"), "is not known"));
    CHECK(join(platform_tags(*options::parse_compatibility("manylinux2010"), "i686"), ".") ==
          "manylinux_2_12_i686.manylinux2010_i686");
    CHECK(join(platform_tags(*options::parse_compatibility("manylinux_2_30"), "s390x"), ".") == "manylinux_2_30_s390x");
    for (const char* bad : {"", "manylinux", "manylinux_2", "manylinux_3_1", "musllinux_2_1", "manylinux_2_28_x86_64",
                            "manylinux_2_1234", "Auto"}) {
        CHECK_FALSE(options::parse_compatibility(bad).ok());
    }
}

TEST_CASE("discovery finds the packages in the directory that holds them") {
    MemoryFiles files;
    files.files["/p/lib/a/__init__.py"] = files.files["/p/src/b/__init__.py"] = files.files["/p/b.py"] = "";
    DiscoveryConfig config;
    config.root = "/p";
    config.project_name = "a";
    config.package_dir = "lib";
    CHECK(discover(files, config)->files.at(0).wheel_path == "a/__init__.py");
    config.packages = {"a"};
    CHECK(discover(files, config)->source_root == "lib");
    config.packages = {"../src/b"};
    CHECK(contains(discover(files, config).error().message, "not a path inside"));
    config.package_dir.clear();
    config.packages = {"b"};  // only src holds it
    CHECK(discover(files, config)->packages.at(0) == "src/b");
    config.package_dir = ".";
    auto strict = discover(files, config);
    REQUIRE_FALSE(strict.ok());
    CHECK(contains(strict.error().message, "no package or module 'b'"));
    CHECK(strict.error().hint == "did you mean \"b.py\"?");
}

TEST_CASE("discovery takes the one package of the project's name") {
    MemoryFiles files;
    files.files["/p/src/my_pkg/__init__.py"] = files.files["/p/src/my_pkg/old.so"] = "";
    files.files["/p/src/my_pkg/a.pyx"] = files.files["/p/tests/test_a.py"] = "";
    DiscoveryConfig config;
    config.root = "/p";
    config.project_name = "My-Pkg";
    config.include = {"**/*.pyx"};
    auto found = discover(files, config);
    REQUIRE(found.ok());
    REQUIRE(found->files.size() == 2);
    CHECK(found->files[1].wheel_path == "my_pkg/a.pyx");
    CHECK(found->source_root == "src");
    CHECK(found->stale_native.at(0) == "src/my_pkg/old.so");
    CHECK(module_name_of(*found, "src/my_pkg/a.pyx") == "my_pkg.a");
    CHECK(module_name_of(*found, "src/my_pkg/__init__.py") == "my_pkg");
    files.files["/p/my_pkg/__init__.py"] = "";
    CHECK(contains(discover(files, config).error().message, "my_pkg, src/my_pkg"));
    config.project_name = "other";
    CHECK(contains(discover(files, config).error().message, "found: my_pkg, src/my_pkg"));
}

}  // namespace cermet::python
