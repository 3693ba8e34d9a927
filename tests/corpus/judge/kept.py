"""Kept: steps whose results lie under build/corpus and are made again only when their inputs changed."""
# SPDX-License-Identifier: MIT
#
# A step's result is STEP.json beside STEP.log; its key is the digest of all that decides it. Failed steps are not kept.
# Fails with StepFailed.
import hashlib
import json
import os
import pathlib
import resource
import subprocess
import time


class StepFailed(Exception):
    """A build or an installation failed; the text says where its log is."""


class Kept:
    """The steps of one entry, kept below work/name."""

    def __init__(self, work, name, redo=(), say=print):
        self.root = pathlib.Path(work).resolve()
        self.work = self.root / name
        self.work.mkdir(parents=True, exist_ok=True)
        self.redo = set(redo)
        self.say = say
        self.made = {}  # steps of this run

    def step(self, name, inputs, make):
        """The kept result of `name` for these inputs, or what make(log path) gives."""
        if name not in self.made:
            self.made[name] = self._step(name, inputs, make)
        return self.made[name]

    def _step(self, name, inputs, make):
        text = json.dumps(inputs, sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()
        file = self.work / f"{name}.json"
        if name not in self.redo and file.is_file():
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept["key"] == key and all(os.path.exists(p) for p in kept["needs"]):
                self.say(f"  {name}: kept")
                return kept["value"]
        file.unlink(missing_ok=True)
        self.say(f"  {name} …")
        log = self.work / f"{name}.log"
        log.write_text("", encoding="utf-8")
        begin, cpu = time.monotonic(), _children_cpu()
        value = make(log)
        value["wall"] = round(time.monotonic() - begin, 1)
        value["cpu"] = round(_children_cpu() - cpu, 1)
        needs = [value[k] for k in ("wheel", "python", "file") if k in value]
        record = {"key": key, "inputs": inputs, "needs": needs, "value": value}
        temporary = file.with_suffix(".tmp")
        temporary.write_text(json.dumps(record, indent=1, default=str), encoding="utf-8")
        temporary.replace(file)
        self.say(f"  {name}: {value['wall']} s, CPU {value['cpu']} s")
        return value

    def call(self, argv, log, **options):
        """Runs a command with its output appended to the log; a failure shows the log's end."""
        options.setdefault("env", self.environment())
        check = options.pop("check", True)
        with open(log, "a", encoding="utf-8") as stream:
            stream.write("$ " + " ".join(map(str, argv)) + "\n")
            stream.flush()
            done = subprocess.run([str(a) for a in argv], stdout=stream, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, check=False, **options)
        if check and done.returncode != 0:
            with open(log, encoding="utf-8", errors="replace") as stream:
                tail = "".join(stream.readlines()[-25:])
            raise StepFailed(f"{' '.join(map(str, argv[:6]))} … gave {done.returncode}\n{tail}(whole log: {log})")
        return done.returncode

    def environment(self, **more):
        gone = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSTARTUP", "MAKEFLAGS", "CARGO_MAKEFLAGS"}
        env = {k: v for k, v in os.environ.items() if k not in gone}
        # The sources lie below another project's checkout: git must not take that for theirs.
        env.update(GIT_CEILING_DIRECTORIES=str(self.root), PIP_DISABLE_PIP_VERSION_CHECK="1",
                   PIP_NO_INPUT="1", NO_COLOR="1", **more)
        return env


def _children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
