"""Steps: what is done with one package, in order: its sdist, both wheels, environments, imports, tests, edits."""
# SPDX-License-Identifier: MIT
#
# Each is a kept step (judge/kept.py). Downloads go through pip. Written are the work directory and, for the environments
# that tests run in, a directory below /var/tmp: packages that look for the project around them must not find this
# checkout. Fails with JudgeError or StepFailed.
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from judge.entry import JudgeError, digest, find_python, overlaid, snapshot, unpack
from judge.kept import Kept, StepFailed

HERE = pathlib.Path(__file__).resolve().parent


class Steps(Kept):
    def __init__(self, entry, work, redo=(), say=print, keep_cache=False):
        self.entry = entry
        super().__init__(work, entry.folder.name, redo, say)
        self.cache = self.root / (entry.cache_of or entry.folder.name) / "cermet-cache"
        self.keep_cache = keep_cache
        self.python = find_python(entry.python)
        self.environments = _private_directory(self.root) / entry.folder.name

    def venv(self, directory, log, *requirements, base=None):
        shutil.rmtree(directory, ignore_errors=True)
        self.call([base or self.python, "-m", "venv", directory], log)
        python = directory / "bin" / "python"
        if requirements:
            self.call([python, "-m", "pip", "install", "--quiet", *requirements], log)
        return python

    # -- sources and wheels ----------------------------------------------------------------------------------------

    def tools(self):
        """A venv with a pip that knows --build-constraint, and `packaging`."""
        directory = self.work / "tools"

        def make(log):
            python = self.venv(directory, log, "--upgrade", "pip>=25.3", "packaging>=24.2")
            where = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                                   capture_output=True, text=True, check=True).stdout.strip()
            return {"python": str(python), "site": where}

        return self.step("tools", {"python": self.python, "pip": "25.3", "packaging": "24.2"}, make)

    def sdist(self):
        """The sdist, fetched by pip by name, version and digest. pip asks its back end for metadata on the way."""
        entry, tools = self.entry, self.tools()
        store = self.root / "sdists"

        def make(log):
            for kept in store.glob("*.tar.gz"):
                if digest(kept) == entry.sha256:
                    return {"file": str(kept)}
            wanted = self.work / "sdist.txt"
            wanted.write_text(f"{entry.name}=={entry.version} --hash=sha256:{entry.sha256}\n", encoding="utf-8")
            self.call([tools["python"], "-m", "pip", "download", "--no-deps", "--no-binary", entry.name,
                       "--build-constraint", entry.path("build.txt"), "-d", store, "-r", wanted], log)
            for kept in store.glob("*.tar.gz"):
                if digest(kept) == entry.sha256:
                    return {"file": str(kept)}
            raise JudgeError(f"pip gave no file with SHA-256 {entry.sha256}; see {log}")

        return self.step("sdist", [entry.name, entry.version, entry.sha256], make)

    def upstream(self):
        """The wheel that the package's own back end builds, isolated; or the one its authors published."""
        if self.entry.upstream_wheel:
            return self.published()
        sdist, tools = self.sdist()["file"], self.tools()
        out = self.work / "upstream"

        def make(log):
            shutil.rmtree(out, ignore_errors=True)
            env = self.environment(CARGO_TERM_VERBOSE="true", CARGO_TERM_COLOR="never")
            self.call([tools["python"], "-m", "pip", "wheel", "-v", "--no-deps", "--no-cache-dir",
                       "--build-constraint", self.entry.path("build.txt"), "-w", out, sdist], log, env=env)
            return {"wheel": str(only(out.glob("*.whl"), out)), "log": str(log)}

        inputs = [self.entry.sha256, self.entry.text("build.txt"), self.python, _tool_identities()]
        return self.step("upstream", inputs, make)

    def published(self):
        """The wheel that the authors published, fetched by pip by name, version and digest."""
        entry, tools = self.entry, self.tools()
        out, wanted = self.work / "upstream", entry.upstream_wheel

        def make(log):
            shutil.rmtree(out, ignore_errors=True)
            pins = self.work / "published.txt"
            pins.write_text(f"{entry.name}=={entry.version} --hash=sha256:{wanted['sha256']}\n", encoding="utf-8")
            self.call([tools["python"], "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
                       "-d", out, "-r", pins], log)
            return {"wheel": str(only(out.glob("*.whl"), out)), "log": str(log), "published": True}

        return self.step("upstream", [entry.name, entry.version, wanted], make)

    def compilers(self):
        """CC and CXX where the entry names a family: the newest one of it on this machine."""
        if not self.entry.compiler:
            return {}
        plain = self.entry.compiler
        twin = {"clang": "clang++", "gcc": "g++"}[plain]
        for suffix in ["", *(f"-{n}" for n in range(30, 9, -1))]:
            if shutil.which(plain + suffix) and shutil.which(twin + suffix):
                return {"CC": plain + suffix, "CXX": twin + suffix}
        raise JudgeError(f"{self.entry.name} is built with {plain}, and there is none on PATH; install it")

    def build_environment(self):
        """A venv with what the overlay's [build-system] asks for, in the versions that upstream's build used."""
        import tomllib

        requires = tomllib.loads(self.entry.overlay())["build-system"]["requires"]
        requires = [r for r in requires if r != "cermet"]

        def make(log):
            pins = self.entry.path("build.txt")
            asked = ["-c", pins, *requires] if requires else []
            python = self.venv(self.environment_of("build"), log, *asked, base=self.open_python(log))
            return {"python": str(python)}

        inputs = [self.python, requires, self.entry.text("build.txt"), str(self.environment_of("build"))]
        return self.step("build-env", inputs, make)

    def open_python(self, log):
        """The entry's interpreter where every user can run it: itself, or a copy of an installation below a closed home."""
        if all(p.stat().st_mode & 0o001 for p in pathlib.Path(self.python).parents):
            return self.python
        code = "import sys; print(sys.base_prefix)"
        base = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        copy = self.environment_of("python")
        shutil.rmtree(copy, ignore_errors=True)
        copy.parent.mkdir(parents=True, exist_ok=True)
        self.call(["cp", "-a", base, copy], log)
        return copy / pathlib.Path(self.python).relative_to(base)

    def cermet(self, binary, arguments):
        """The wheel that Cermet builds of the same sources, with an empty cache, so that the log is whole.

        An interrupted build goes on where it was; with keep_cache, so does the build of another program.
        """
        sdist, python = self.sdist()["file"], self.build_environment()["python"]
        tree_root, out, cache = self.work / "cermet-sources", self.work / "cermet", self.cache

        def make(log):
            shutil.rmtree(out, ignore_errors=True)
            begun = self.work / "cermet-begun.json"
            same = begun.is_file() and begun.read_text(encoding="utf-8") == json.dumps(inputs)
            if not same and not self.keep_cache and not self.entry.cache_of:
                shutil.rmtree(cache, ignore_errors=True)
            warm = cache.is_dir()
            begun.write_text(json.dumps(inputs), encoding="utf-8")
            tree = unpack(sdist, tree_root)
            file = tree / "pyproject.toml"
            file.write_text(overlaid(file.read_text(encoding="utf-8"), self.entry.overlay()), encoding="utf-8")
            before = snapshot(tree)
            trace = self.work / "cermet-trace.json"
            trace.unlink(missing_ok=True)
            env = self.environment(CERMET_CACHE=str(cache), **self.compilers(), **self.entry.environment)
            begin = time.monotonic()
            self.call([binary, "build", "-vv", "--python", python, "--trace", trace, *arguments],
                      log, env=env, cwd=tree)
            wall = round(time.monotonic() - begin, 1)
            wheel = only((tree / "dist").glob("*.whl"), tree / "dist")
            out.mkdir(parents=True)
            kept = pathlib.Path(shutil.copy2(wheel, out))
            after = snapshot(tree)
            written = sorted(n for n in after.keys() | before.keys()
                             if before.get(n) != after.get(n) and not n.startswith("dist" + os.sep))
            begun.unlink()
            return {"wheel": str(kept), "log": str(log), "trace": str(trace), "written": written,
                    "build_wall": wall, "warm": warm}

        inputs = [self.entry.sha256, self.entry.overlay(), self.entry.text("build.txt"),
                  self.python, digest(binary), arguments, _tool_identities(), self.compilers(), *self.entry.environment.items()]
        return self.step("cermet", inputs, make)

    def source_files(self):
        """Path in a wheel -> bytes of every native file that the sdist carries."""
        tree = unpack(self.sdist()["file"], self.work / "sources")
        root = tree / self.entry.source_root
        natives = [p for p in root.rglob("*") if p.suffix in (".so", ".pyd", ".dylib", ".dll") and p.is_file()]
        return tree, {p.relative_to(root).as_posix(): p.read_bytes() for p in natives}

    # -- installed wheels ----------------------------------------------------------------------------------------------

    def installed(self, who, wheel):
        """A venv with the pinned runtime and test requirements and this wheel."""
        directory = self.environment_of(who)
        pins = self.entry.path("test.txt")

        def make_requirements(log):
            python = self.venv(directory, log, "--no-deps", "-r", pins)
            return {"python": str(python), "made": time.time_ns()}

        inputs = [self.python, self.entry.text("test.txt"), str(directory)]
        base = self.step(f"requirements-{who}", inputs, make_requirements)

        def make(log):
            pip = [base["python"], "-m", "pip"]
            self.call([*pip, "install", "--quiet", "--no-deps", "--force-reinstall", wheel], log)
            done = subprocess.run([*pip, "check"], capture_output=True, text=True, check=False,
                                  env=self.environment())
            complaints = [] if done.returncode == 0 else sorted(done.stdout.splitlines())
            return {"python": base["python"], "complaints": complaints}

        return self.step(f"install-{who}", [digest(wheel), base["made"]], make)

    def environment_of(self, who):
        return self.environments / f"env-{who}"

    def home(self, who):
        home = self.work / f"home-{who}"
        shutil.rmtree(home, ignore_errors=True)
        (home / "empty").mkdir(parents=True)
        return home

    def test_environment(self, home, **more):
        return self.environment(HOME=str(home), PYTHONHASHSEED="0", MPLBACKEND="Agg", TZ="UTC",
                                PYTHONDONTWRITEBYTECODE="1", **more)

    def imports(self, who, wheel, compiled, others):
        """Imports each compiled module in a process of its own and all others in one, from an empty directory."""
        python = self.installed(who, wheel)["python"]

        def make(log):
            home = self.home(who)
            env, cwd = self.test_environment(home), home / "empty"
            program = HERE / "import_modules.py"
            found = {}
            for name in sorted(compiled):
                found.update(self._imported(python, program, [name], cwd, env, log))
            plain = self._imported(python, program, sorted(others), cwd, env, log) if others else {}
            return {"compiled": found, "others": plain}

        inputs = [digest(wheel), self.entry.text("test.txt"), self.python, sorted(compiled), sorted(others),
                  digest(HERE / "import_modules.py")]
        return self.step(f"imports-{who}", inputs, make)

    def _imported(self, python, program, names, cwd, env, log):
        result = cwd.parent / "imports.json"
        result.unlink(missing_ok=True)
        code = self.call([python, "-I", program, result, *names], log, env=env, cwd=cwd, check=False)
        found = {}
        if result.is_file():
            for line in result.read_text(encoding="utf-8").splitlines():
                found.update(json.loads(line))
        for name in names:
            found.setdefault(name, f"not reached: the interpreter ended with {code}")
        return {n: v.replace(str(self.environment_of(self._who(cwd))), "{env}") for n, v in found.items()}

    @staticmethod
    def _who(cwd):
        return cwd.parent.name.removeprefix("home-")

    def smoke(self, who, wheel):
        """What the entry's own program prints with this wheel: its lines, or the end of its complaint."""
        python = self.installed(who, wheel)["python"]
        program = self.entry.path(self.entry.smoke)

        def make(log):
            home = self.home(who)
            with open(self.work / f"smoke-{who}.txt", "w+", encoding="utf-8") as out, open(log, "a", encoding="utf-8") as err:
                done = subprocess.run([python, "-I", str(program)], stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                                      cwd=home / "empty", env=self.test_environment(home), check=False)
                out.seek(0)
                lines = out.read().replace(str(self.environment_of(who)), "{env}").splitlines()
            return {"code": done.returncode, "lines": lines}

        return self.step(f"smoke-{who}", [digest(wheel), self.entry.text("test.txt"), self.python, digest(program)], make)

    def built_tree(self):
        """The sources that `cermet` built, without the edit of a run that was interrupted."""
        tree = only((self.work / "cermet-sources").iterdir(), self.work / "cermet-sources")
        kept = self.work / "before-the-edit"
        if kept.is_file():
            name, _, text = kept.read_text(encoding="utf-8").partition("\n")
            (tree / name).write_text(text, encoding="utf-8")
            kept.unlink()
        return tree

    def tests(self, who, wheel):
        """Upstream's chosen tests, each file in its own process: test id -> [outcome, last line of the report]."""
        python = self.installed(who, wheel)["python"]
        sdist, tests = self.sdist()["file"], self.entry.tests
        unittest = tests.get("runner") == "unittest"

        def make(log):
            tree = unpack(sdist, self.work / f"tests-{who}-sources")
            root = tree / tests.get("root", ".")
            place = self.work / f"tests-{who}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in tests["needs"]:
                (shutil.copytree if (root / name).is_dir() else shutil.copy2)(root / name, place / name)
            shutil.rmtree(tree.parent)
            results = self.work / f"tests-{who}.jsonl"
            results.unlink(missing_ok=True)
            env = self.test_environment(self.home(who), CORPUS_RESULTS=str(results), PYTHONPATH=str(HERE))
            options = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "record_results", "-q", "--tb=native",
                       "--rootdir", place, *tests.get("options", [])]
            for name in tests.get("deselect", {}):
                options += ["--deselect", name]
            found = {}
            runner = [HERE / "record_unittest.py"] if unittest else ["-m", "pytest", *options]
            for file in tests["files"]:
                code = self.call([python, "-P", *runner, file], log, env=env, cwd=place, check=False)
                if code not in (0, 1):
                    found[file] = ["collection error", f"pytest ended with {code}"]
            for line in results.read_text(encoding="utf-8").splitlines() if results.is_file() else []:
                record = json.loads(line)
                if record["id"] != "(session)":
                    found[record["id"]] = [record["outcome"], record["why"]]
            return {"results": found}

        inputs = [digest(wheel), tests, self.entry.text("test.txt"), self.entry.sha256, self.python,
                  digest(HERE / ("record_unittest.py" if unittest else "record_results.py")), str(self.environments)]
        return self.step(f"tests-{who}", inputs, make)


def _private_directory(work):
    """This user's directory for the environments of one work directory; it lies below no project."""
    parent = pathlib.Path("/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir())
    name = hashlib.sha256(str(work).encode()).hexdigest()[:8]
    place = parent / f"cermet-corpus-{os.getuid()}-{name}"
    place.mkdir(mode=0o711, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.getuid():
        raise JudgeError(f"{place} belongs to somebody else")
    place.chmod(0o711)  # a build by another user goes through here
    return place


def ran_steps(trace):
    """Labels of the steps that a build ran, and whether each gave other bytes than before."""
    data = json.loads(pathlib.Path(trace).read_text(encoding="utf-8"))
    events = data["traceEvents"] if isinstance(data, dict) else data
    found = {}
    for event in events:
        outcome = event.get("args", {}).get("outcome")
        if outcome in ("ran", "cut-off"):
            found[event["args"]["label"]] = outcome
    return found


def only(paths, where):
    paths = list(paths)
    if len(paths) != 1:
        raise StepFailed(f"one wheel expected in {where}, found {[p.name for p in paths]}")
    return paths[0]


def _tool_identities():
    """What the compilers call themselves: another compiler is another build."""
    said = []
    for argv in (["cc", "--version"], ["clang", "--version"], ["gcc", "--version"], ["rustc", "-vV"], ["cargo", "-V"]):
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            said.append(done.stdout)
        except OSError:
            said.append("")
    return said
