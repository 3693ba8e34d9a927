"""Again: what is built once more of an entry, with other values, from vendored crates, by another user elsewhere."""
# SPDX-License-Identifier: MIT
#
# Each function is one kept step of `Steps` (judge/steps.py) and goes on from the cache that its build left. The results
# are plain data; the comparisons are in `run`. Fails with StepFailed, or JudgeError where this machine cannot do it.
import os
import pathlib
import shutil
import subprocess
import time

from judge import elf, wheels
from judge.entry import JudgeError, digest, unpack
from judge.steps import StepFailed, only, ran_steps

NOBODY = 65534


def _build(steps, log, binary, tree, out, cache, *words, prefix=(), **environment):
    """One build: the wheel, the labels of what ran, seconds, and the native bytes of the wheel."""
    shutil.rmtree(out, ignore_errors=True)
    trace = steps.work / f"{out.name}-trace.json"
    trace.unlink(missing_ok=True)
    env = steps.environment(CERMET_CACHE=str(cache), **{**steps.compilers(), **steps.entry.environment, **environment})
    begin = time.monotonic()
    steps.call([*prefix, binary, "build", "--python", steps.build_environment()["python"], "--trace", trace, "-o", out, *words],
               log, env=env, cwd=tree)
    wall = round(time.monotonic() - begin, 1)
    wheel = only(out.glob("*.whl"), out)
    read = wheels.Wheel(wheel)
    return {"wheel": str(wheel), "ran": ran_steps(trace), "build_wall": wall, "digest": digest(wheel),
            "native": sum(len(read.files[n]) for n in read.natives())}


def quick(steps, binary, arguments):
    """The wheel that edits start from: the entry's own, or that of the quicker profile which the entry names for them."""
    made = steps.cermet(binary, arguments)
    if not steps.entry.quick:
        return made

    def make(log):
        return _build(steps, log, binary, steps.built_tree(), steps.work / "quick", steps.cache, *arguments,
                      **steps.entry.quick)

    return steps.step("quick", [digest(made["wheel"]), steps.entry.quick, arguments, digest(binary)], make)


def edited(steps, edit, binary, arguments):
    """What ran after one edit of the sources that `cermet` built, and after taking it back; with its cache."""
    made, name = quick(steps, binary, arguments), f"edit-{edit['name'].replace(' ', '-')}"
    tree, cache = steps.built_tree(), steps.cache
    environment = {**steps.entry.quick, **edit.get("env", {})}

    def make(log):
        file = tree / edit["file"] if "file" in edit else None
        before = file.read_text(encoding="utf-8") if file else ""
        if file:
            kept = steps.work / "before-the-edit"
            kept.write_text(f"{edit['file']}\n{before}", encoding="utf-8")
            # A cache that saw the same edit before would have all of it: {fresh} is a number that was never there.
            text = (edit["append"] if "append" in edit else edit["new"]).replace("{fresh}", str(time.time_ns()))
            after = before + text if "append" in edit else before.replace(edit["old"], text, 1)
            if after == before:
                raise JudgeError(f"{edit['file']}: the edit {edit['name']!r} changes nothing")
            file.write_text(after, encoding="utf-8")
        try:
            answer = _build(steps, log, binary, tree, steps.work / name, cache, *arguments, *edit.get("arguments", []),
                            **environment)
        finally:
            if file:
                file.write_text(before, encoding="utf-8")
                kept.unlink()
        answer["back"] = _way_back(steps, log, binary, arguments, made, environment)
        shutil.rmtree(steps.work / name)
        del answer["wheel"]
        return answer

    return steps.step(name, [digest(made["wheel"]), edit, steps.entry.quick, arguments], make)


def variant(steps, wanted, binary, arguments):
    """The wheel of the same sources with the variant's arguments, what its program prints, and the way back."""
    name = f"variant-{wanted['name'].replace(' ', '-')}"
    made = quick(steps, binary, arguments) if wanted.get("quick") else steps.cermet(binary, arguments)
    environment = steps.entry.quick if wanted.get("quick") else {}

    def make(log):
        answer = _build(steps, log, binary, steps.built_tree(), steps.work / name, steps.cache, *arguments,
                        *wanted["arguments"], **environment)
        answer["back"] = _way_back(steps, log, binary, arguments, made, environment)
        return answer

    answer = steps.step(name, [digest(made["wheel"]), wanted["arguments"], environment, arguments], make)
    if "program" in wanted:
        answer["printed"] = printed(steps, name, answer["wheel"], wanted["program"])["printed"]
    return answer


def _way_back(steps, log, binary, arguments, made, environment):
    """What runs when the sources and arguments are again as they were, and whether the wheel is."""
    out = steps.work / "back"
    back = _build(steps, log, binary, steps.built_tree(), out, steps.cache, *arguments, **environment)
    shutil.rmtree(out)
    return {"ran": back["ran"], "same": back["digest"] == digest(made["wheel"])}


def printed(steps, who, wheel, program):
    """What a line of Python prints where this wheel is installed."""
    python = steps.installed(who, wheel)["python"]

    def make(log):
        home = steps.home(who)
        done = subprocess.run([python, "-I", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=home / "empty", env=steps.test_environment(home), stdin=subprocess.DEVNULL, check=False)
        log.write_text(done.stdout, encoding="utf-8")
        return {"printed": done.stdout.strip()}

    return steps.step(f"prints-{who}", [digest(wheel), program], make)


def vendored(steps, binary, arguments):
    """Cermet's sdist, its crates vendored, built with no network, no package store and no cargo home."""
    made = quick(steps, binary, arguments)
    root = steps.work / "vendored"

    def make(log):
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        python, old = steps.build_environment()["python"], steps.cache
        env = steps.environment(CERMET_CACHE=str(old), **steps.compilers())
        steps.call([binary, "sdist", "--python", python, "-o", root / "sdist", *arguments], log, env=env, cwd=steps.built_tree())
        tree = unpack(only((root / "sdist").glob("*.tar.gz"), root), root / "tree")
        with open(root / "config.toml", "w", encoding="utf-8") as out, open(log, "a", encoding="utf-8") as err:
            code = subprocess.run([binary, "vendor", "vendor"], cwd=tree, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=err, check=False).returncode
        if code:
            raise StepFailed(f"cermet vendor gave {code} (log: {log})")
        config = tree / ".cargo" / "config.toml"
        config.parent.mkdir(exist_ok=True)
        with open(config, "a", encoding="utf-8") as stream:
            stream.write("\n" + (root / "config.toml").read_text(encoding="utf-8"))
        cache = root / "cache"
        copy_cache(old, cache, without=("pkg",))
        (root / "cargo-home").mkdir()
        prefix = ["unshare", "-n"] if os.geteuid() == 0 and shutil.which("unshare") else []
        answer = _build(steps, log, binary, tree, root / "wheel", cache, "--offline", *arguments, prefix=prefix,
                        CARGO_HOME=str(root / "cargo-home"), **steps.entry.quick)
        same = answer["digest"] == digest(made["wheel"])
        answer.update(crates=sum(1 for _ in (tree / "vendor").iterdir()), same=same or alike(made["wheel"], answer["wheel"]),
                      how="the same" if same else "but for the places of crates in native files the same", alone=bool(prefix))
        for large in (cache, tree.parent):
            shutil.rmtree(large)
        return answer

    return steps.step("vendored", [digest(made["wheel"]), steps.entry.quick, arguments, digest(binary)], make)


def alike(one, other):
    """Whether two wheels hold the same, native files compared by what they export only.

    A vendored crate may have been changed by whoever vendored it, so its place is another than the registry's, and native
    code names places: in panics, and in hashes that thin LTO makes of them.
    """
    a, b = wheels.Wheel(one), wheels.Wheel(other)
    info = [{n: text for n, text in w.info.items() if n != "RECORD"} for w in (a, b)]
    plain = [{n: text for n, text in w.files.items() if n not in w.natives()} for w in (a, b)]
    exports = [{n: elf.exported_symbols(w.files[n]) for n in w.natives()} for w in (a, b)]
    return info[0] == info[1] and plain[0] == plain[1] and exports[0] == exports[1]


def copy_cache(source, target, without=(), links=True):
    """A cache to go on from: its blobs are never written again, so links do; its logs are. Roots are of other places: left out."""
    target.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        if entry.name not in ("roots", *without):
            how = "-al" if links and entry.name == "blobs" else "-a"
            subprocess.run(["cp", how, str(entry), str(target / entry.name)], check=True)


def other_user(steps, binary, arguments):
    """The same sources at another path, built in the name of another user from a copy of the cache."""
    made = steps.cermet(binary, arguments)
    place = steps.environments / "other"

    def make(log):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            raise JudgeError("only root can build as another user, with setpriv")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        tree = place / "a" / "longer" / "path"
        shutil.copytree(steps.built_tree(), tree, ignore=shutil.ignore_patterns("dist"), symlinks=True)
        copy_cache(steps.cache, place / "cache", links=False)  # other user's: not to be shared
        sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True).stdout.strip()
        linked(pathlib.Path(sysroot), place / "rust")
        shutil.copy2(binary, place / "cermet")
        for own in ("home", "wheel"):
            (place / own).mkdir()
        for own in ("a", "cache", "home", "wheel"):
            subprocess.run(["chown", "-Rh", f"{NOBODY}:{NOBODY}", str(place / own)], check=True)
        python = steps.build_environment()["python"]
        env = {"HOME": str(place / "home"), "PATH": f"{place}/rust/bin:/usr/bin:/bin", "CERMET_CACHE": str(place / "cache"),
               **steps.compilers()}
        trace = place / "wheel" / "trace.json"
        begin = time.monotonic()
        steps.call(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", place / "cermet", "build", "-j1",
                    "--mode", "mount", "--offline", "--python", python, "--trace", trace, "-o", place / "wheel", *arguments],
                   log, env=env, cwd=tree)
        answer = {"build_wall": round(time.monotonic() - begin, 1), "ran": ran_steps(trace),
                  "same": digest(only((place / "wheel").glob("*.whl"), place)) == digest(made["wheel"])}
        shutil.rmtree(place)
        return answer

    return steps.step("other-user", [digest(made["wheel"]), arguments, digest(binary)], make)


def linked(source, target):
    """The same files under another path: hard links where one file system holds both."""
    if subprocess.run(["cp", "-al", str(source), str(target)], stderr=subprocess.DEVNULL, check=False).returncode:
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def judge_variant(wanted, found, upstream_native):
    """(differences, notices): it prints what it should, is as small as it should be, and the way back is free."""
    name, share = wanted["name"], found["native"] / upstream_native
    differences = []
    if "prints" in wanted and found["printed"] != wanted["prints"]:
        differences.append(f"variant: {name}: prints {found['printed'][-200:]!r}, not {wanted['prints']!r}")
    if share > wanted.get("native-share", 9):
        differences.append(f"variant: {name}: {share:.2f} of upstream's native bytes, {wanted['native-share']} wanted")
    if compiled(found["back"]["ran"]):
        differences.append(f"variant: {name}: going back ran {compiled(found['back']['ran'])[:3]} …")
    if not found["back"]["same"]:
        differences.append(f"variant: {name}: going back gave another wheel")
    return differences, [f"variant: {name}: {len(found['ran'])} steps in {found['build_wall']} s, "
                         f"native files {found['native'] / 1e6:.0f} MB, {share:.2f} of upstream's"]


def judge_place(name, found, compiles, what="wheel"):
    """What was built elsewhere is the same; `compiles` says whether compilers may start there."""
    differences = [] if found["same"] else [f"{name}: another {what}"]
    if not compiles and compiled(found["ran"]):
        differences.append(f"{name}: {len(compiled(found['ran']))} steps ran, {compiled(found['ran'])[0]} first")
    return differences, [f"{name}: {found.get('how', 'the same') if found['same'] else 'another'} {what} in "
                         f"{found['build_wall']} s, {len(found['ran'])} steps ran"]


def compiled(labels):
    """Those of the labels that a compiler, linker or translator stands behind: all but what Cermet does by itself."""
    return [label for label in labels if not label.startswith(("probe-", "wheel-", "sdist-", "editable-"))]
