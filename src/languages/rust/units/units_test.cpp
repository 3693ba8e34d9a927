// Tests of the unit graph on a workspace in memory: merged libraries, crate-type overrides, LTO, identities.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/text.h"
#include "languages/rust/model.h"

namespace cermet::rust {

namespace {

class NoPlaces : public PackagePlaces {
   public:
    Result<std::string> directory(const LockedPackage& package) override {
        return environment_error("no sources of " + package.name);
    }
};

struct Fixture {
    MemoryFiles files;
    NoPlaces places;
    Workspace workspace;
    BuildRequest request;

    Fixture() {
        auto& f = files.files;
        f["/cermet/ws/Cargo.toml"] =
            "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n[profile.release]\nlto = \"fat\"\n";
        f["/cermet/ws/Cargo.lock"] =
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n"
            "[[package]]\nname = \"b\"\nversion = \"0.1.0\"\ndependencies = [\"a\"]\n";
        f["/cermet/ws/a/Cargo.toml"] =
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\nlinks = \"na\"\n"
            "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[features]\nx = []\n";
        f["/cermet/ws/a/src/lib.rs"] = f["/cermet/ws/a/build.rs"] = "";
        f["/cermet/ws/b/Cargo.toml"] =
            "[package]\nname = \"b\"\nversion = \"0.1.0\"\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n"
            "[dependencies]\na = { path = \"../a\", features = [\"x\"] }\n";
        f["/cermet/ws/b/src/lib.rs"] = f["/cermet/ws/b/build.rs"] = "";
        CargoConfig config;
        Result<Workspace> loaded = load_workspace(files, "/cermet/ws/Cargo.toml", config);
        REQUIRE(loaded.ok());
        workspace = std::move(*loaded);
        request.profile = "release";
        request.host = *parse_target_info("x86_64-unknown-linux-gnu", "unix\n");
    }
    UnitGraph build() {
        PackageGraph graph(files, workspace, places);
        REQUIRE(graph.start().ok());
        Result<UnitGraph> units = build_units(graph, request);
        if (!units) MESSAGE(render(units.error()));
        REQUIRE(units.ok());
        return std::move(*units);
    }
    const Unit& find(const UnitGraph& graph, const std::string& name) {
        for (const Unit& unit : graph.units)
            if (unit.target.name == name) return unit;
        FAIL("no unit " << name);
        return graph.units[0];
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "U15 a module override keeps LTO") {
    Selection::Root root;
    root.package = "b";
    root.crate_types = {"cdylib"};
    request.selection.roots = {root};
    request.selection.packages = {"b"};  // as a request for a module has it: they choose features, and are no roots
    request.selection.narrow_dependencies = true;
    UnitGraph graph = build();
    REQUIRE(graph.roots.size() == 1);
    const Unit& module = find(graph, "b");
    CHECK(module.target.crate_types == std::vector<std::string>{"cdylib"});
    CHECK(module.lto == Lto::RunFat);
    const Unit& dep = find(graph, "a");
    CHECK(dep.target.crate_types == std::vector<std::string>{"rlib"});
    CHECK(dep.lto == Lto::OnlyBitcode);
    CHECK(dep.features == std::vector<std::string>{"x"});
    CHECK(dep.identity.size() == 16);
    CHECK(dep.label == "a-" + dep.identity.substr(0, 8));
}

TEST_CASE_FIXTURE(Fixture, "a merged library links every crate once") {
    Selection::Merged merged;
    merged.name = "core";
    merged.source = "/cermet/out/gen/lib.rs";
    merged.packages = {"a", "b"};
    request.selection.merged = {merged};
    UnitGraph graph = build();
    REQUIRE(graph.roots.size() == 1);
    const Unit& root = graph.units[graph.roots[0]];
    CHECK(root.target.crate_types == std::vector<std::string>{"staticlib"});
    CHECK(root.deps.size() == 2);
    int libraries = 0;
    for (const Unit& unit : graph.units) libraries += unit.target.name == "a" ? 1 : 0;
    CHECK(libraries == 1);
    CHECK(needed_deps(graph, graph.roots[0]).size() == 2);
    CHECK(script_runs_of(graph, graph.roots[0]).size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "commands follow cargo's order") {
    request.selection.packages = {"b"};
    UnitGraph graph = build();
    Layout layout;
    for (const Unit& unit : graph.units) layout.out.push_back("/cermet/out/" + unit.label);
    std::size_t root = graph.roots[0];
    ScriptOutputs scripts;
    for (std::size_t run : script_runs_of(graph, root)) {
        ScriptOutput out;
        if (graph.units[run].package->name == "a") {
            out.link_paths = {"native=/usr/x", "native=" + layout.out[run]};
            out.metadata = {{"root", "/r"}};
        } else {
            out.cfgs = {"own"};
            out.link_libs = {"m"};
        }
        scripts[run] = out;
    }
    Command command = rustc_command(graph, root, request, layout, scripts, workspace.config);
    std::string text = join(command.argv, " ");
    CHECK(contains(text, "--crate-name b --edition=2015 b/src/lib.rs --error-format=json"));
    CHECK(contains(text, "--crate-type cdylib --crate-type rlib --emit=dep-info,link -C opt-level=3"));
    CHECK(contains(text, "--extern a=/cermet/out/"));
    CHECK(text.find("native=/cermet/out/") < text.find("native=/usr/x"));
    CHECK(contains(text, "-l m --cfg own"));
    CHECK(command.cwd == "/cermet/ws");
    std::size_t run = *own_run_of(graph, root);
    Command script = script_command(graph, run, request, layout, scripts, workspace.config);
    bool found = false;
    for (const auto& [name, value] : script.environment) found |= name == "DEP_NA_ROOT" && value == "/r";
    CHECK(found);
    CHECK(script.cwd == "/cermet/ws/b");
}

// mid's feature asks its dev-dependency b for x, and x asks the optional c, whose name is a feature too.
void with_dev_dependency(Fixture& fixture, const std::string& more = "") {
    auto& f = fixture.files.files;
    f.clear();
    auto package = [&](const std::string& name, const std::string& rest) {
        f["/cermet/ws/" + name + "/Cargo.toml"] = "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\n" + rest;
        f["/cermet/ws/" + name + "/src/lib.rs"] = "";
    };
    f["/cermet/ws/Cargo.toml"] = "[workspace]\nmembers = [\"user\", \"mid\", \"b\", \"c\"]\nresolver = \"1\"\n";
    f["/cermet/ws/Cargo.lock"] =
        "version = 4\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\ndependencies = [\"c\"]\n"
        "[[package]]\nname = \"c\"\nversion = \"0.1.0\"\n"
        "[[package]]\nname = \"mid\"\nversion = \"0.1.0\"\ndependencies = [\"b\"]\n"
        "[[package]]\nname = \"user\"\nversion = \"0.1.0\"\ndependencies = [\"mid\"]\n";
    package("user", "[dependencies]\nmid = { path = \"../mid\", features = [\"more\"] }\n");
    package("mid", "[dev-dependencies]\nb = { path = \"../b\" }\n[features]\nmore = [\"b/x\"]\n" + more);
    package("b", "[dependencies]\nc = { path = \"../c\", optional = true }\n[features]\nx = [\"c/f\"]\n");
    package("c", "[features]\nf = []\n");
    CargoConfig config;
    Result<Workspace> loaded = load_workspace(fixture.files, "/cermet/ws/Cargo.toml", config);
    REQUIRE(loaded.ok());
    fixture.workspace = std::move(*loaded);
}

TEST_CASE_FIXTURE(Fixture, "F5 a dependent's features do not reach through dev-dependencies") {
    with_dev_dependency(*this);
    request.selection.packages = {"user", "mid", "b"};
    UnitGraph graph = build();
    CHECK(find(graph, "mid").features == std::vector<std::string>{"more"});
    CHECK(find(graph, "b").features == std::vector<std::string>{"x"});  // c is no dependency of it for the lock
    CHECK(find(graph, "b").deps.empty());
    request.selection.features = {"mid/more"};
    UnitGraph selected = build();
    CHECK(find(selected, "b").features == std::vector<std::string>{"c", "x"});
    CHECK(find(selected, "b").deps.size() == 1);
    CHECK(find(selected, "c").features == std::vector<std::string>{"f"});
}

TEST_CASE_FIXTURE(Fixture, "F5 names of dev-dependencies count where they are followed") {
    with_dev_dependency(*this, "[dependencies]\nother = { package = \"b\", path = \"../b\" }\n");
    request.selection.packages = {"user"};
    UnitGraph graph = build();
    REQUIRE(find(graph, "mid").deps.size() == 1);
    CHECK(find(graph, "mid").deps[0].extern_name == "other");
    request.selection.packages = {"mid"};
    PackageGraph packages(files, workspace, places);
    REQUIRE(packages.start().ok());
    Result<UnitGraph> refused = build_units(packages, request);
    REQUIRE_FALSE(refused.ok());
    CHECK(contains(refused.error().message, "under two names"));
}

TEST_CASE_FIXTURE(Fixture, "L3 a stale lock is an error with its manifest line") {
    files.files["/cermet/ws/Cargo.lock"] =
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n"
        "[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n";
    CargoConfig config;
    workspace = *load_workspace(files, "/cermet/ws/Cargo.toml", config);
    PackageGraph graph(files, workspace, places);
    REQUIRE(graph.start().ok());
    Result<UnitGraph> units = build_units(graph, request);
    REQUIRE_FALSE(units.ok());
    CHECK(units.error().where.file == "/cermet/ws/b/Cargo.toml");
    CHECK(units.error().where.line == 7);
    CHECK(contains(units.error().hint, "stale"));
}

}  // namespace cermet::rust
