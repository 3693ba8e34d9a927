"""Writes a fixture: files, links, and git repositories whose steps are files to commit or words for git.

SPDX-License-Identifier: MIT
"""
import os
import subprocess


def write(directory, files, base):
    for name, text in files.items():
        if name[0] in "@?$!":
            continue
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(text.replace("{BASE}", base))


def git(directory, *words):
    """As somebody without a configuration of git, and with submodules on this machine."""
    env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
    settings = [word for one in ("user.name=a", "user.email=a@b.c", "init.defaultBranch=master", "protocol.file.allow=always")
                for word in ("-c", one)]
    run = subprocess.run(["git", *settings, *words], cwd=directory, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, (words, run.stderr)
    return run.stdout.strip()


def make_repository(base, name, steps):
    """`steps`: files to write and commit, or words for git; of a repository whose files lie there, none."""
    directory = os.path.join(base, name)
    os.makedirs(directory, exist_ok=True)
    git(directory, "init", "-q")
    for step in steps or [{}]:
        if isinstance(step, dict):
            write(directory, step, base)
            git(directory, "add", ".")
            git(directory, "commit", "-q", "-m", "files")
        else:
            git(directory, *(word.replace("{BASE}", base) for word in step))


def place_files(base, files):
    """A fixture's files, links and repositories; what else is in it is told apart by its first character."""
    write(base, files, base)
    for name, target in files.get("!link", {}).items():
        os.symlink(target, os.path.join(base, name))
    repositories = files.get("!git", {})
    for name in repositories:
        make_repository(base, name, repositories[name] if isinstance(repositories, dict) else None)
        manifest = os.path.join(base, files.get("@", "."), "Cargo.toml")
        with open(manifest, encoding="utf-8") as handle:
            text = handle.read()
        with open(manifest, "w", encoding="utf-8") as handle:
            handle.write(text.replace("{HEAD:%s}" % name, git(os.path.join(base, name), "rev-parse", "HEAD")))
