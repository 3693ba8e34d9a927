#!/usr/bin/env python3
"""Builds a workspace with cargo, records every rustc call, and compares order, arguments, environment and directory with ours.

SPDX-License-Identifier: MIT
usage: rustc_commands.py --tool PROGRAM DIRECTORY [cargo build arguments…]

Values of `-C metadata`, `-C extra-filename`, `--out-dir` and `-L dependency` are ours to choose and left out; what
scripts print comes last in cargo's argv, so ours (made without script outputs) must be a prefix of cargo's.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import unit_graph  # noqa: E402

SHIM = '''#!/usr/bin/env python3
import json, os, sys, time
args = sys.argv[1:]
if "--crate-name" in args and "___" not in args and "--error-format=json" in args:
    record = {{"argv": args, "cwd": os.getcwd(), "env": dict(os.environ)}}
    with open(os.path.join({records!r}, "%d-%d.json" % (os.getpid(), time.time_ns())), "w") as out:
        json.dump(record, out)
os.execvp({rustc!r}, [{rustc!r}] + args)
'''
DYNAMIC = {'-L', '-l', '--cfg', '--check-cfg', '-C'}
SKIPPED_ENV = {'CARGO', 'CARGO_MAKEFLAGS', 'CARGO_HOME', 'OUT_DIR', 'CARGO_MANIFEST_DIR', 'CARGO_MANIFEST_PATH',
               'CARGO_TARGET_DIR'}


def source(path):
    return re.sub(r'^.*/registry/src/[^/]+/', 'registry/', path)


def file_kind(path):
    """libserde-0123456789abcdef.rmeta -> libserde.rmeta"""
    return re.sub(r'-[0-9a-f]{16}(?=\.)', '', os.path.basename(path))


def normalise(argv):
    out = []
    words = iter(argv)
    for word in words:
        if word in ('-C', '-L', '--extern', '--out-dir', '-l', '--cfg', '--check-cfg', '--target', '--crate-type'):
            value = next(words)
            if value.startswith(('metadata=', 'dependency=')) or word == '--out-dir':
                continue
            if value.startswith(('extra-filename=', 'incremental=')):
                value = value.split('=')[0]
                if value == 'incremental':
                    continue
            if word == '--extern' and '=' in value:
                name, path = value.split('=', 1)
                value = f'{name}={file_kind(path)}'
            out.append(f'{word} {value}')
        elif word.startswith('--diagnostic-width'):
            continue
        else:
            out.append(source(word))
    return out


def cargo_calls(directory, args):
    records = tempfile.mkdtemp(prefix='cermet-rustc-')
    rustc = subprocess.run(['rustup', 'which', 'rustc'], capture_output=True, text=True).stdout.strip() or 'rustc'
    shim = os.path.join(records, 'shim')
    with open(shim, 'w') as out:
        out.write(SHIM.format(records=records, rustc=rustc))
    os.chmod(shim, 0o755)
    subprocess.run(['cargo', 'build', '--offline', '--locked', '--config', f'build.rustc="{shim}"', '--target-dir',
                    os.path.join(records, 'target'), *args], cwd=directory, check=True, capture_output=True)
    return [json.load(open(os.path.join(records, n))) for n in os.listdir(records) if n.endswith('.json')]


def our_calls(tool, directory, args):
    run = subprocess.run([*shlex.split(tool), 'commands', '--manifest-path', os.path.join(directory, 'Cargo.toml'),
                          '--cfg-file', unit_graph.host_cfgs(), *args], capture_output=True, text=True, check=True)
    return [c for c in json.loads(run.stdout) if '--crate-name' in c['argv']]


def is_dynamic(rest):
    return all(word.split(' ')[0] in DYNAMIC for word in rest)


def environment(env):
    return {k: v for k, v in env.items() if k.startswith('CARGO_') and k not in SKIPPED_ENV
            and not k.startswith(('CARGO_CFG_', 'CARGO_REGISTR'))}


def explain(theirs, ours):
    for a, b in zip(theirs, ours):
        if a != b:
            return f'cargo {a!r}, cermet {b!r}'
    return f'cargo has {theirs[len(ours):]}, cermet has {ours[len(theirs):]}'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--tool', required=True)
    parser.add_argument('directory')
    options, args = parser.parse_known_args()
    directory = os.path.realpath(options.directory)
    ours = our_calls(options.tool, directory, args)
    left = [(normalise(c['argv'][1:]), c) for c in ours]
    passed, failed = 0, 0
    for call in cargo_calls(directory, args):
        theirs = normalise(call['argv'])
        fits = [i for i, (mine, _) in enumerate(left)
                if theirs[:len(mine)] == mine and is_dynamic(theirs[len(mine):])]
        if not fits:
            failed += 1
            near = [m for m, _ in left if m[0:2] == theirs[0:2]] or [[]]
            print(f'no match for {theirs[1]}: {explain(theirs, near[0])}')
            continue
        _, command = left.pop(fits[0])
        their_env, our_env = environment(call['env']), environment(command['env'])
        wrong = {k: (their_env.get(k), our_env.get(k)) for k in {*their_env, *our_env}
                 if their_env.get(k) != our_env.get(k)}
        if source(call['cwd']) != source(command['cwd']):
            wrong['cwd'] = (call['cwd'], command['cwd'])
        if ('OUT_DIR' in call['env']) != ('OUT_DIR' in command['env']):
            wrong['OUT_DIR'] = 'one side only'
        if wrong:
            failed += 1
            print(f'{theirs[1]}: (cargo, cermet) {wrong}')
        else:
            passed += 1
    for mine, _ in left:
        failed += 1
        print(f'only cermet: {mine[:4]}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
