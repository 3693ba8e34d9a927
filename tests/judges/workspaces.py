"""Random cargo workspaces: made from a seed as plain data, written to a directory as manifests and sources.

SPDX-License-Identifier: MIT
A workspace is a tree of dicts and lists, so that whoever shrinks it can drop any element; write() takes what is left.
Path crates only (also behind [patch] and in another workspace's directory): no network, no registry.
"""
import os
import random

TARGETS = ["cfg(unix)", "cfg(windows)", 'cfg(all(unix, not(target_os = "macos")))', 'cfg(any(windows, target_env = "gnu"))',
           "x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", 'cfg(target_has_atomic = "64")', "cfg(false)"]
SETTINGS = {"opt-level": [0, 1, 2, 3, "s", "z"], "debug": [0, 1, 2, True, False, "line-tables-only", "none", "full"],
            "strip": [True, False, "debuginfo", "none", "symbols"], "debug-assertions": [True, False],
            "overflow-checks": [True, False], "codegen-units": [1, 4], "incremental": [True, False],
            "split-debuginfo": ["off", "packed", "unpacked"]}
ROOT_SETTINGS = {"lto": [True, False, "thin", "fat", "off"], "panic": ["abort", "unwind"], "rpath": [True]}
CRATE_TYPES = [["cdylib", "rlib"], ["lib"], ["staticlib", "rlib", "cdylib"], ["rlib"], ["dylib"], ["cdylib"], ["staticlib"]]
EDITIONS = ["2015", "2018", "2021", "2021", "2024"]
VERSIONS = ["0.1.0", "1.2.3", "2.0.0-rc.1", "0.0.3+meta"]


# --- making -------------------------------------------------------------------------------------------------------------

class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        count = 2 + self.rng.randrange(4) if seed % 3 == 0 else 2 + min(10, 2 + seed // 30)
        self.crates = [self.crate(i) for i in range(min(count, 12))]

    def chance(self, share):
        return self.rng.random() < share

    def make(self):
        rng = self.rng
        for index in range(len(self.crates)):
            self.edges(index)
        for crate in self.crates:
            self.features(crate)
        root = {"resolver": rng.choice([None, "1", "2", "2", "3"])}
        if self.chance(0.2):
            root["package"] = self.crates[-1]["name"]
        if self.chance(0.2):
            root["default-members"] = [c["name"] for c in rng.sample(self.crates, rng.choice([1, 2]))]
        if self.chance(0.3):
            root["globs"] = True
        root["profile"] = self.profiles()
        root["package-keys"] = {"version": rng.choice(VERSIONS), "edition": rng.choice(EDITIONS), "license": "MIT",
                                "authors": ["A <a@b.c>"], "rust-version": "1.85"}
        work = {"root": root, "crates": self.crates}
        if self.chance(0.15):
            work["config"] = {"profile": self.profiles()}
        if self.chance(0.1):
            work.setdefault("config", {})["build"] = {"rustflags": ["--cfg", "extra"]}
        return work

    def crate(self, index):
        rng = self.rng
        crate = {"name": rng.choice(["a", "b-lib", "c_x", "dd"]) + str(index), "version": rng.choice(VERSIONS),
                 "edition": rng.choice(EDITIONS), "deps": [], "features": {}}
        crate["place"] = "outside" if self.chance(0.07) else "patched" if self.chance(0.08) else "member"
        if crate["place"] == "patched":
            crate["version"] = "1.2.3"
        if self.chance(0.2) and crate["place"] == "member":
            crate["inherit"] = rng.sample(["version", "edition", "license", "authors", "rust-version"], 3)
        if self.chance(0.17):
            crate["proc-macro"] = True
        elif self.chance(0.25):
            crate["crate-types"] = rng.choice(CRATE_TYPES)
        if self.chance(0.12):
            crate["lib-name"] = f"other{index}"
        if self.chance(0.35):
            crate["build"] = rng.choice(["build.rs", "build.rs", "scripts/gen.rs"])
            if self.chance(0.5):
                crate["links"] = f"native{index}"
        if self.chance(0.1):
            crate["default-run"] = f"tool{index}"
        crate["bins"] = self.bins(index)
        crate["examples"] = [{"name": f"ex{index}"}] if self.chance(0.3) else []
        if not crate["bins"] or self.chance(0.93):
            crate["lib"] = True
        return crate

    def bins(self, index):
        found = []
        for share, name, path in ((0.4, None, "src/main.rs"), (0.3, f"tool{index}", f"src/bin/tool{index}.rs"),
                                  (0.2, f"deep{index}", f"src/bin/deep{index}/main.rs")):
            if self.chance(share):
                found.append({"name": name, "path": path})
        if self.chance(0.25):
            found.append({"name": f"extra{index}", "path": "src/extra.rs", "written": True, "needs": self.chance(0.6)})
        return found

    def edges(self, index):
        rng, crate = self.rng, self.crates[index]
        for other_index in range(index):
            other = self.crates[other_index]
            if not self.chance(0.45) or (crate["place"] == "outside" and other["place"] == "patched"):
                continue
            key = other["name"] if self.chance(0.8) else f"ren-{other_index}"
            for table in rng.sample(["dependencies", "build-dependencies", "dev-dependencies"], rng.choice([1, 1, 1, 2, 3])):
                if table == "build-dependencies" and "build" not in crate and self.chance(0.7):
                    table = "dependencies"
                if any((d["table"], d["key"]) == (table, key) for d in crate["deps"]):
                    continue
                for target in rng.sample(TARGETS, 2) if self.chance(0.1) else [rng.choice(TARGETS)] if self.chance(0.25) else [None]:
                    crate["deps"].append(self.edge(table, target, key, other, crate))
        if self.chance(0.1) and index + 1 < len(self.crates) and crate["place"] == "member":  # a cycle of dev-dependencies
            other = self.crates[index + 1]
            crate["deps"].append({"table": "dev-dependencies", "key": other["name"], "to": other["name"]})

    def edge(self, table, target, key, other, crate):
        edge = {"table": table, "key": key, "to": other["name"]}
        if target:
            edge["target"] = target
        if table != "dev-dependencies" and self.chance(0.35):
            edge["optional"] = True
        if self.chance(0.25):
            edge["no-defaults"] = True
        if self.chance(0.15) and crate["place"] == "member":
            edge["inherit"] = True
        elif self.chance(0.2):
            edge["version"] = True
        return edge

    def features(self, crate):
        rng = self.rng
        optional = sorted({d["key"] for d in crate["deps"] if d.get("optional")})
        values = []
        for dep in crate["deps"]:
            other = self.named(dep["to"])
            if dep["table"] == "dev-dependencies" and not self.chance(0.2):
                continue
            for feature in list(other["features"])[:2] + self.implicit(other)[:1]:
                values.append(f"{dep['key']}/{feature}")
                if all(d.get("optional") for d in crate["deps"] if d["key"] == dep["key"]):
                    values.append(f"{dep['key']}?/{feature}")
        with_dep = self.chance(0.5)
        names = [f"f{i}" for i in range(rng.randrange(4))]
        if optional and self.chance(0.1):
            names.append(rng.choice(optional))  # a feature with a dependency's name
            with_dep = True
        for name in names:
            pool = values + [n for n in names if n != name] + [f"dep:{o}" if with_dep else o for o in optional]
            crate["features"][name] = sorted(set(rng.choices(pool, k=rng.randrange(4)))) if pool else []
        if names and self.chance(0.6):
            crate["features"]["default"] = [rng.choice(names)]
        for dep in crate["deps"]:
            other = self.named(dep["to"])
            names = list(other["features"]) + self.implicit(other)[:1]
            if names and self.chance(0.5):
                dep["features"] = [rng.choice(names)]

    def named(self, name):
        return next(c for c in self.crates if c["name"] == name)

    @staticmethod
    def implicit(crate):
        """Features that optional dependencies make, as far as no feature speaks of `dep:`."""
        named = {v[4:] for vs in crate["features"].values() for v in vs if v.startswith("dep:")}
        return sorted({d["key"] for d in crate["deps"] if d.get("optional")} - named - set(crate["features"]))

    def settings(self, share, *tables):
        return {k: self.rng.choice(v) for table in tables for k, v in table.items() if self.chance(share)}

    def profiles(self):
        rng, out = self.rng, {}
        for name in rng.sample(["dev", "release", "test", "bench"], rng.choice([0, 1, 2, 3])):
            out[name] = self.settings(0.25, SETTINGS, ROOT_SETTINGS)
            self.overrides(out[name])
        if self.chance(0.25):
            out["lean"] = {"inherits": rng.choice(["release", "dev"]), **self.settings(0.2, SETTINGS, ROOT_SETTINGS)}
            self.overrides(out["lean"])
            if self.chance(0.5):
                out["leaner"] = {"inherits": "lean", **self.settings(0.2, SETTINGS, ROOT_SETTINGS)}
        return out

    def overrides(self, table):
        if self.chance(0.4):
            table["build-override"] = self.settings(0.3, SETTINGS)
        if self.chance(0.4):
            some = self.rng.choice(self.crates)
            specs = ["*", some["name"], f"{some['name']}@{some['version']}", f"{some['name']}:{some['version']}"]
            table["package"] = {s: self.settings(0.3, SETTINGS) for s in self.rng.sample(specs[:3], self.rng.choice([1, 1, 2]))
                                if s == "*" or not any(o != "*" for o in table.get("package", {}))}

    def arguments(self, work):
        rng, crates, args = self.rng, self.crates, []
        members = [c for c in crates if c["place"] == "member"] or crates
        chosen = rng.sample(members, min(len(members), rng.choice([0, 0, 1, 1, 2])))
        for crate in chosen:
            args.append(["-p", f"{crate['name']}@{crate['version']}" if self.chance(0.1) and "inherit" not in crate
                         else crate["name"][:-1] + "*" if self.chance(0.1) else crate["name"]])
        if not chosen and self.chance(0.5):
            args.append(["--workspace"])
            args += [["--exclude", c["name"]] for c in rng.sample(members, min(len(members), 2)) if self.chance(0.3)]
        if self.chance(0.4):
            among = chosen or members
            pool = [f for c in among for f in list(c["features"]) + self.implicit(c)]
            pool += [f"{c['name']}/{f}" for c in among for f in list(c["features"]) + self.implicit(c)]
            pool += [f"{d['key']}/{f}" for c in among for d in c["deps"] for f in self.named(d["to"])["features"]]
            if pool:
                args.append(["--features", ",".join(rng.sample(pool, min(len(pool), rng.choice([1, 1, 2, 3]))))])
        profile = rng.choice([["--release"], ["--profile", rng.choice(["lean", "leaner", "test", "bench"])], [], []])
        if profile and (profile[-1] not in ("lean", "leaner") or profile[-1] in work["root"]["profile"]):
            args.append(profile)
        for share, words in ((0.15, ["--all-features"]), (0.2, ["--no-default-features"]), (0.3, ["--target", "HOST"]),
                             (0.12, [rng.choice(["--lib", "--bins"])])):
            if self.chance(share):
                args.append(words)
        if self.chance(0.15):
            kind = rng.choice(["bins", "examples"])
            names = [t["name"] or c["name"] for c in (chosen or members) for t in c[kind]]
            if names:
                args.append(["--bin" if kind == "bins" else "--example", rng.choice(names)])
        return args


def make(seed, selections):
    """A workspace and lists of arguments, each a list of word groups."""
    maker = Maker(seed)
    work = maker.make()
    return work, [maker.arguments(work) for _ in range(selections)]


# --- writing ------------------------------------------------------------------------------------------------------------

def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key(k)} = {toml(v)}" for k, v in value.items()) + " }"
    return str(value)


def key(text):
    return text if text.replace("-", "").replace("_", "").isalnum() else toml(text)


def table(path, values):
    """A table's text; tables inside become tables of their own."""
    plain = {k: v for k, v in values.items() if not isinstance(v, dict)}
    out = [f"[{'.'.join(map(key, path))}]"] + [f"{key(k)} = {toml(v)}" for k, v in plain.items()]
    return "\n".join(out) + "\n" + "".join(table([*path, k], v) for k, v in values.items() if isinstance(v, dict))


def directory(work, name):
    """Where a crate lies, from the workspace's root."""
    crate = next(c for c in work["crates"] if c["name"] == name)
    if work["root"].get("package") == name:
        return "."
    return f"../out/{name}" if crate.get("place") == "outside" else f"crates/{name}"


def path_to(work, start, name):
    """From one crate to another; the workspace's root is called ws, as what is outside must name it."""
    return os.path.relpath(os.path.join("/any/ws", directory(work, name)), os.path.join("/any/ws", start))


def dependency(work, crate, dep, inherited):
    other = next(c for c in work["crates"] if c["name"] == dep["to"])
    source = {"version": "1.2"} if other.get("place") == "patched" else {}
    here = "." if inherited is not None else directory(work, crate["name"])
    if not source:
        source["path"] = path_to(work, here, dep["to"])
        if dep.get("version"):
            source["version"] = "=" + other["version"].partition("+")[0]
        if dep.get("version") and "version" in other.get("inherit", []):
            del source["version"]
    if dep["key"] != dep["to"]:
        source["package"] = dep["to"]
    flags = {}
    if dep.get("optional"):
        flags["optional"] = True
    if dep.get("features"):
        flags["features"] = dep["features"]
    if inherited is None:
        if dep.get("no-defaults"):
            flags["default-features"] = False
        return {**source, **flags}
    # What the workspace says of a name is the same for all that inherit it: its first user decides.
    shared = inherited.setdefault(dep["key"], source)
    if dep.get("no-defaults") and len(inherited) == 1:
        shared["default-features"] = False
    return {"workspace": True, **flags}


def manifest(work, crate, inherited):
    names = {c["name"] for c in work["crates"]}
    package = {"name": crate["name"]}
    for word in ("version", "edition"):
        package[word] = crate.get(word, "2021" if word == "edition" else "0.1.0")
    if "links" in crate:
        package["links"] = crate["links"]
    if crate.get("build", "build.rs") != "build.rs":
        package["build"] = crate["build"]
    if "default-run" in crate and any(b["name"] == crate["default-run"] for b in crate.get("bins", [])):
        package["default-run"] = crate["default-run"]
    lines = []
    if crate.get("place") == "member":
        for word in crate.get("inherit", []):
            package.pop(word, None)
            lines.append(f"{word}.workspace = true")
    out = [table(["package"], package) + "\n".join(lines) + "\n"]
    if crate.get("lib") and any(k in crate for k in ("proc-macro", "crate-types", "lib-name")):
        words = {"proc-macro": crate.get("proc-macro"), "crate-type": crate.get("crate-types"), "name": crate.get("lib-name")}
        out.append(table(["lib"], {k: v for k, v in words.items() if v is not None}))
    tables = {}
    for dep in crate.get("deps", []):
        if dep["to"] not in names:
            continue
        inherits = dep.get("inherit") and crate.get("place") == "member"
        path = ("target", dep["target"], dep["table"]) if "target" in dep else (dep["table"],)
        tables.setdefault(path, {})[dep["key"]] = dependency(work, crate, dep, inherited if inherits else None)
    for path, entries in tables.items():
        out.append(f"[{'.'.join(map(key, path))}]\n" + "".join(f"{key(k)} = {toml(v)}\n" for k, v in entries.items()))
    if crate.get("features"):
        out.append(table(["features"], crate["features"]))
    for one in crate.get("bins", []):
        if not one.get("written"):
            continue
        words = {"name": one["name"], "path": one["path"]}
        if one.get("needs") and crate.get("features"):
            words["required-features"] = [sorted(crate["features"])[0]]
        out.append("[" + table(["bin"], words).replace("]", "]]", 1))
    return "\n".join(out)


def sources(crate):
    if crate.get("lib"):
        yield "src/lib.rs", ""
    if "build" in crate:
        yield crate["build"], "fn main() {}"
    for one in crate.get("bins", []):
        yield one["path"], "fn main() {}"
    for one in crate.get("examples", []):
        yield f"examples/{one['name']}.rs", "fn main() {}"


def root_table(work, inherited):
    root, names = work["root"], [c["name"] for c in work["crates"] if c.get("place") == "member"]
    here = root.get("package")
    words = {"members": ["crates/*"] if root.get("globs") else [directory(work, n) for n in names if n != here]}
    patched = [c["name"] for c in work["crates"] if c.get("place") == "patched" and c["name"] != here]
    if patched and root.get("globs"):
        words["exclude"] = [directory(work, n) for n in patched]
    if root.get("resolver"):
        words["resolver"] = root["resolver"]
    defaults = [directory(work, n) for n in root.get("default-members", []) if n in names]
    if defaults:
        words["default-members"] = defaults
    if root.get("package-keys"):
        words["package"] = root["package-keys"]
    out = [table(["workspace"], words)]
    if inherited:
        out.append("[workspace.dependencies]\n" + "".join(f"{key(k)} = {toml(v)}\n" for k, v in inherited.items()))
    if patched:
        out.append("[patch.crates-io]\n" + "".join(f'{key(n)} = {{ path = "{directory(work, n)}" }}\n' for n in patched))
    out += [table(["profile", name], values) for name, values in root.get("profile", {}).items()]
    return "\n".join(out)


def files(work):
    """Path from the workspace's root -> text, of everything."""
    out, inherited = {}, {}
    for crate in work["crates"]:
        base = directory(work, crate["name"])
        out[os.path.normpath(f"{base}/Cargo.toml")] = manifest(work, crate, inherited)
        out.update({os.path.normpath(f"{base}/{path}"): text for path, text in sources(crate)})
    out["Cargo.toml"] = (out.get("Cargo.toml", "") + "\n" + root_table(work, inherited)).lstrip()
    if work.get("config"):
        out[".cargo/config.toml"] = "\n".join(table([k], v) for k, v in work["config"].items())
    return out


def write(work, base):
    for path, text in files(work).items():
        place = os.path.join(base, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as handle:
            handle.write(text)
