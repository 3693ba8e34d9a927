#!/usr/bin/env python3
"""Makes small random cargo workspaces from a seed and judges our unit graph against cargo's on each.

SPDX-License-Identifier: MIT
usage: random_workspaces.py --tool PROGRAM [--seeds FROM:TO] [--keep DIRECTORY]

Sizes grow with the seed, so the first failure is small. Path crates only: no network, no lock service. Both failing is
fine (the generator also makes invalid selections); one side failing, or different graphs, is not.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import unit_graph  # noqa: E402

TARGETS = ['cfg(unix)', 'cfg(windows)', 'cfg(all(unix, not(target_os = "macos")))', 'cfg(any(windows, target_env = "gnu"))',
           'x86_64-unknown-linux-gnu', 'x86_64-pc-windows-msvc', 'cfg(target_has_atomic = "64")', 'cfg(false)']
PROFILE_KEYS = [('opt-level', ['0', '1', '2', '3', '"s"', '"z"']), ('debug', ['0', '1', '2', 'true', 'false', '"line-tables-only"']),
                ('strip', ['true', 'false', '"debuginfo"', '"none"']), ('debug-assertions', ['true', 'false']),
                ('overflow-checks', ['true', 'false']), ('codegen-units', ['1', '4']), ('incremental', ['true', 'false'])]
ROOT_KEYS = [('lto', ['true', 'false', '"thin"', '"fat"', '"off"']), ('panic', ['"abort"', '"unwind"']), ('rpath', ['true'])]


class Crate:
    def __init__(self, rng, index, count):
        self.rng = rng
        self.name = rng.choice(['a', 'b-lib', 'c_x', 'dd']) + str(index)
        self.index = index
        self.proc_macro = rng.random() < 0.15
        self.edition = rng.choice(['2015', '2018', '2021', '2021', '2024'])
        self.deps = []      # (table, target or None, key, crate, attributes)
        self.features = {}
        self.build = rng.random() < 0.35
        self.links = f'native{index}' if self.build and rng.random() < 0.5 else None
        self.version = rng.choice(['0.1.0', '1.2.3', '2.0.0-rc.1'])

    def optional_keys(self):
        return sorted({d[2] for d in self.deps if d[4].get('optional')})

    def all_features(self):
        named = {v[4:] for vs in self.features.values() for v in vs if v.startswith('dep:')}
        return sorted(set(self.features) | {k for k in self.optional_keys() if k not in named})


def make_dependencies(rng, crates):
    for crate in crates:
        for other in crates[:crate.index]:
            if rng.random() > 0.45:
                continue
            key = other.name if rng.random() < 0.8 else f'ren-{other.index}'
            uses = rng.sample(['dependencies', 'build-dependencies', 'dev-dependencies'],
                              rng.choice([1, 1, 1, 2, 3]))
            for table in uses:
                if table == 'build-dependencies' and not crate.build and rng.random() < 0.7:
                    table = 'dependencies'
                if any(d[0] == table and d[2] == key and d[1] is None for d in crate.deps):
                    continue
                attributes = {'optional': table != 'dev-dependencies' and rng.random() < 0.35,
                              'defaults': rng.random() < 0.75, 'features': []}
                target = rng.choice(TARGETS) if rng.random() < 0.25 else None
                crate.deps.append((table, target, key, other, attributes))
        if rng.random() < 0.1 and crate.index + 1 < len(crates):  # a cycle through dev-dependencies
            other = crates[crate.index + 1]
            crate.deps.append(('dev-dependencies', None, other.name, other, {'optional': False, 'defaults': True, 'features': []}))


def make_features(rng, crates):
    for crate in crates:
        values = list(crate.optional_keys())
        dep_values = []
        for table, _, key, other, attributes in crate.deps:
            if table == 'dev-dependencies' and not rng.random() < 0.2:
                continue
            for feature in list(other.features)[:2]:
                dep_values.append(f'{key}/{feature}')
                if attributes.get('optional') and all(d[4].get('optional') for d in crate.deps if d[2] == key):
                    dep_values.append(f'{key}?/{feature}')
        use_dep = rng.random() < 0.5
        names = [f'f{i}' for i in range(rng.randrange(4))]
        for name in names:
            pool = dep_values + [n for n in names if n != name]
            pool += [f'dep:{v}' for v in values] if use_dep else [v for v in values]
            crate.features[name] = sorted(set(rng.choices(pool, k=rng.randrange(3)))) if pool else []
        if not use_dep:
            pass
        if names and rng.random() < 0.6:
            crate.features['default'] = [rng.choice(names)]
        for table, _, _, other, attributes in crate.deps:
            if other.features and rng.random() < 0.5:
                attributes['features'] = [rng.choice([f for f in other.features])]


def profile_text(rng):
    out = []
    for name in rng.sample(['dev', 'release'], rng.choice([0, 1, 2])):
        lines = [f'{k} = {rng.choice(v)}' for k, v in PROFILE_KEYS + ROOT_KEYS if rng.random() < 0.25]
        out.append(f'[profile.{name}]\n' + '\n'.join(lines))
        if rng.random() < 0.4:
            lines = [f'{k} = {rng.choice(v)}' for k, v in PROFILE_KEYS if rng.random() < 0.3]
            out.append(f'[profile.{name}.build-override]\n' + '\n'.join(lines))
        if rng.random() < 0.4:
            lines = [f'{k} = {rng.choice(v)}' for k, v in PROFILE_KEYS if rng.random() < 0.3]
            out.append(f'[profile.{name}.package.{rng.choice(["a0", "b-lib0", chr(34) + "*" + chr(34)])}]\n' + '\n'.join(lines))
    if rng.random() < 0.2:
        out.append('[profile.lean]\ninherits = "release"\nopt-level = "s"')
    return '\n'.join(out)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as handle:
        handle.write(text)


def manifest(rng, crate):
    out = [f'[package]\nname = "{crate.name}"\nversion = "{crate.version}"\nedition = "{crate.edition}"']
    if crate.links:
        out[0] += f'\nlinks = "{crate.links}"'
    if crate.proc_macro:
        out.append('[lib]\nproc-macro = true')
    elif rng.random() < 0.25:
        types = rng.choice(['["cdylib", "rlib"]', '["lib"]', '["staticlib", "rlib", "cdylib"]', '["rlib"]', '["dylib"]'])
        out.append(f'[lib]\ncrate-type = {types}')
        if rng.random() < 0.4:
            out[-1] += f'\nname = "other{crate.index}"'
    groups = {}
    for table, target, key, other, attributes in crate.deps:
        head = f"[target.'{target}'.{table}]" if target else f'[{table}]'
        value = [f'path = "../{other.name}"']
        if key != other.name:
            value.append(f'package = "{other.name}"')
        if attributes.get('optional'):
            value.append('optional = true')
        if not attributes['defaults']:
            value.append('default-features = false')
        if attributes['features']:
            value.append('features = [' + ', '.join(f'"{f}"' for f in attributes['features']) + ']')
        groups.setdefault(head, []).append(f'{key} = {{ {", ".join(value)} }}')
    for head, lines in groups.items():
        out.append(head + '\n' + '\n'.join(dict((l.split(' =')[0], l) for l in lines).values()))
    if crate.features:
        out.append('[features]\n' + '\n'.join(f'{k} = [{", ".join(chr(34) + x + chr(34) for x in v)}]'
                                              for k, v in crate.features.items()))
    return out


def targets(rng, crate, base):
    extra = []
    write(f'{base}/src/lib.rs', '')
    if crate.build:
        write(f'{base}/build.rs', 'fn main() {}')
    if crate.proc_macro:
        return extra
    if rng.random() < 0.4:
        write(f'{base}/src/main.rs', 'fn main() {}')
    if rng.random() < 0.3:
        write(f'{base}/src/bin/tool{crate.index}.rs', 'fn main() {}')
    if rng.random() < 0.2:
        write(f'{base}/src/bin/deep{crate.index}/main.rs', 'fn main() {}')
    if rng.random() < 0.25:
        write(f'{base}/src/extra.rs', 'fn main() {}')
        text = f'[[bin]]\nname = "extra{crate.index}"\npath = "src/extra.rs"'
        if crate.all_features() and rng.random() < 0.6:
            text += f'\nrequired-features = ["{rng.choice(crate.all_features())}"]'
        extra.append(text)
    if rng.random() < 0.3:
        write(f'{base}/examples/ex{crate.index}.rs', 'fn main() {}')
    return extra


def generate(seed, base):
    rng = random.Random(seed)
    count = 2 + min(10, seed // 40) if seed % 3 else 2 + rng.randrange(4)
    crates = [Crate(rng, i, count) for i in range(count)]
    make_dependencies(rng, crates)
    make_features(rng, crates)
    resolver = rng.choice(['', 'resolver = "1"', 'resolver = "2"', 'resolver = "2"', 'resolver = "3"'])
    members = ', '.join(f'"{c.name}"' for c in crates)
    root = f'[workspace]\nmembers = [{members}]\n{resolver}\n{profile_text(rng)}\n'
    if rng.random() < 0.2:
        root = root.replace('members = [', f'default-members = ["{rng.choice(crates).name}"]\nmembers = [')
    write(f'{base}/Cargo.toml', root)
    for crate in crates:
        extra = targets(rng, crate, f'{base}/{crate.name}')
        write(f'{base}/{crate.name}/Cargo.toml', '\n\n'.join(manifest(rng, crate) + extra) + '\n')
    return crates, rng


def selections(rng, crates, count):
    for _ in range(count):
        args = []
        for crate in rng.sample(crates, rng.choice([0, 0, 1, 1, 2])):
            args += ['-p', crate.name]
        if not args and rng.random() < 0.4:
            args.append('--workspace')
        if rng.random() < 0.4:
            pool = [f for c in crates for f in c.all_features()]
            pool += [f'{c.name}/{f}' for c in crates for f in c.all_features()]
            if pool:
                args += ['--features', ','.join(rng.sample(pool, min(len(pool), rng.choice([1, 1, 2]))))]
        if rng.random() < 0.15:
            args.append('--all-features')
        if rng.random() < 0.2:
            args.append('--no-default-features')
        if rng.random() < 0.5:
            args.append('--release')
        if rng.random() < 0.3:
            args += ['--target', 'x86_64-unknown-linux-gnu']
        if rng.random() < 0.15:
            args.append(rng.choice(['--lib', '--bins']))
        if rng.random() < 0.1:
            args += ['--example', f'ex{rng.choice(crates).index}']
        yield args


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--tool', required=True)
    parser.add_argument('--seeds', default='0:60')
    parser.add_argument('--selections', type=int, default=4)
    parser.add_argument('--keep', default='')
    parser.add_argument('--stop-after', type=int, default=3)
    options = parser.parse_args()
    first, last = (int(x) for x in options.seeds.split(':'))
    cfg_file = unit_graph.host_cfgs()
    counts, bad = {}, 0
    for seed in range(first, last):
        base = tempfile.mkdtemp(prefix='cermet-random-')
        crates, rng = generate(seed, base)
        lock = subprocess.run(['cargo', 'generate-lockfile', '--offline'], cwd=base, capture_output=True, text=True)
        if lock.returncode != 0:
            counts['invalid'] = counts.get('invalid', 0) + 1
            shutil.rmtree(base)
            continue
        for args in selections(rng, crates, options.selections):
            verdict, lines = unit_graph.judge(options.tool, base, args, cfg_file)
            counts[verdict] = counts.get(verdict, 0) + 1
            if verdict in ('equal', 'both-fail'):
                continue
            bad += 1
            print(f'seed {seed} args {args} in {base}\n{verdict}: ' + '\n'.join(lines), flush=True)
        if bad >= options.stop_after:
            break
        if not bad or not options.keep:
            shutil.rmtree(base, ignore_errors=True)
    print(f'{counts.get("equal", 0) + counts.get("both-fail", 0)} passed, {bad} failed  {counts}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
