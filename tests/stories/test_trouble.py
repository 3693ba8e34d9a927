"""Crates that misbehave: scripts that hang, flood or leave a process behind, macros and compilers that panic, long chains.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Dict, List

import pytest

import story
from test_rust_workspace import RustProject, rust  # noqa: F401 (a fixture)


def program(name: str, script: str = "", main: str = "fn main() {}\n") -> Dict[str, str]:
    files = {"Cargo.toml": f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n',
             "Cargo.lock": f'version = 4\n\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n', "src/main.rs": main}
    return {**files, "build.rs": script} if script else files


def stamp() -> str:
    """Seconds to sleep that nobody else sleeps: the processes are found by it."""
    return f"600.{os.getpid()}{time.monotonic_ns()}"


def none_left(mark: str) -> bool:
    left = story.wait_until_none(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return not left


def on_a_terminal(project: RustProject, until: bytes, seconds: float = 60) -> "tuple[int, bytes]":
    """Ctrl-C once `until` was shown; the exit code and all that was shown."""
    ours, theirs = os.openpty()
    environment = {**project.command_environment(), "TERM": "xterm"}
    environment.pop("CI", None)
    process = subprocess.Popen([story.program(), "build", *project.arguments()], cwd=project.folder, env=environment,
                               stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown, end, stopped = b"", time.monotonic() + seconds, False
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the terminal's other end was closed
                break
            if not piece:
                break
            shown += piece
        if not stopped and until in shown:
            process.send_signal(signal.SIGINT)
            stopped = True
    os.close(ours)
    if process.poll() is None and not stopped:
        story.kill_group(process)
    return process.wait(timeout=10), shown


# --- build scripts ----------------------------------------------------------------------------------------------------


def test_a_script_that_hangs_is_named_and_ctrl_c_ends_it(rust):
    mark = stamp()
    project = rust(program("slow", f'fn main() {{ std::process::Command::new("sleep").arg("{mark}").status().unwrap(); }}\n'))
    code, shown = on_a_terminal(project, b"run build script of slow v0.1.0")
    assert code == 130, shown.decode()
    assert b"error: interrupted" in shown
    assert none_left(mark)


DAEMON = """\
use std::process::{Command, Stdio};

fn main() {
    // One in the script's group, with its pipes, and one that left both.
    Command::new("sleep").arg("MARK").spawn().unwrap();
    let mut apart = Command::new("setsid");
    apart.args(["--fork", "sleep", "MARK"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(apart.status().unwrap().success());
    // setsid returns before its child has left the group, with which it would be ended unseen.
    std::thread::sleep(std::time::Duration::from_millis(500));
    println!("cargo::rustc-cfg=made");
}
"""


def test_a_daemon_neither_holds_the_build_nor_outlives_it(rust):
    mark = stamp()
    project = rust(program("daemon", DAEMON.replace("MARK", mark), '#[cfg(made)]\nfn main() { println!("made"); }\n'))
    built = project.build()
    assert built.seconds < 60
    assert none_left(mark)
    assert f"run build script of daemon v0.1.0 left a process behind, which was ended with the build: sleep {mark}" in built.err
    assert project.run("target/debug/daemon") == "made\n"


FLOOD = """\
use std::io::Write;

fn main() {
    let mut out = std::io::stdout().lock();
    writeln!(out, "cargo::rustc-cfg=first").unwrap();
    let line = [b'x'; 4095];
    for _ in 0..30_000 {
        out.write_all(&line).unwrap();
        out.write_all(b"\\n").unwrap();
    }
    out.write_all(&line).unwrap(); // cargo: in the middle of a line is no directive
    writeln!(out, "cargo::rustc-cfg=never").unwrap();
    writeln!(out, "  cargo::rustc-cfg=last").unwrap();
}
"""


def test_a_script_may_print_as_much_as_it_wants(rust):
    """120 MB on stdout: what it says among them counts, as with cargo, and little of the rest is kept."""
    main = 'fn main() { println!("{} {} {}", cfg!(first), cfg!(never), cfg!(last)); }\n'
    project = rust(program("flood", FLOOD, main))
    process = project.start()
    shown, _ = process.communicate(timeout=300)
    assert process.returncode == 0, shown.decode()
    assert project.run("target/debug/flood") == "true false true\n"
    kept = [path.read_bytes() for path in (project.cache / "blobs").rglob("*") if path.is_file()]
    floods = [len(data) for data in kept if data.startswith(b"cargo::rustc-cfg=first")]
    assert len(floods) == 1 and floods[0] < 2_000_000


def test_a_script_that_fails_after_a_flood_shows_some_of_it(rust):
    project = rust(program("flood", FLOOD.replace('    writeln!(out, "  cargo', '    panic!("too much");\n    writeln!(out, "  cargo')))
    failed = project.build(check=False)
    assert failed.code == 1
    assert "too much" in failed.err
    assert len(failed.err) < 3_000_000


OUTSIDE = """\
use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("own.txt"), "own").unwrap();
    let _ = fs::create_dir("made");
    let _ = fs::rename(Path::new(&out).join("own.txt"), "src/own.txt");
    fs::write("made.txt", "made").unwrap();
}
"""


def test_a_script_that_writes_elsewhere_is_told_where(rust):
    project = rust(program("outside", OUTSIDE))
    before = project.files()
    failed = project.build(check=False)
    assert failed.code == 1, "the kernel here can neither mount nor limit what a process writes"
    assert "run build script of outside v0.1.0 failed" in failed.err
    assert "hint: it was not let write made, src/own.txt, made.txt: a build script writes below OUT_DIR" in failed.err
    assert project.files() == before


# --- compilers and macros ---------------------------------------------------------------------------------------------


def test_a_macro_that_panics_is_said_where_it_is_used(rust):
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["macros", "user"]\nresolver = "2"\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "macros"\nversion = "0.1.0"\n\n'
                      '[[package]]\nname = "user"\nversion = "0.1.0"\ndependencies = ["macros"]\n',
        "macros/Cargo.toml": '[package]\nname = "macros"\nversion = "0.1.0"\nedition = "2021"\n[lib]\nproc-macro = true\n',
        "macros/src/lib.rs": "use proc_macro::TokenStream;\n\n#[proc_macro]\npub fn broken(_: TokenStream) -> TokenStream {\n"
                             '    panic!("the macro says no")\n}\n',
        "user/Cargo.toml": '[package]\nname = "user"\nversion = "0.1.0"\nedition = "2021"\n'
                           '[dependencies]\nmacros = { path = "../macros" }\n',
        "user/src/lib.rs": "macros::broken!();\n",
    }
    project = rust(files)
    failed = project.build(check=False)
    assert failed.code == 1
    assert "proc macro panicked" in failed.err and "the macro says no" in failed.err
    assert "user/src/lib.rs:1:1" in failed.err
    assert "could not compile `user` (lib) due to 1 previous error" in failed.err
    project.edit("macros/src/lib.rs", 'panic!("the macro says no")', "TokenStream::new()")
    project.build()


def test_a_failure_of_rustc_itself_is_kept_and_shown(rust):
    """The first error is made one of the compiler's own; rustc writes its report beside the sources with cargo."""
    project = rust(program("ice", main='fn main() {\n    let x: u32 = "a";\n}\n'))
    before = project.files()
    failed = project.build(check=False, RUSTC_BOOTSTRAP="1", RUSTFLAGS="-Z treat-err-as-bug=1")
    assert failed.code == 1
    assert "the compiler unexpectedly panicked" in failed.err and "query stack during panic" in failed.err
    named = re.findall(r"attach the file at `(.*/reports/rustc-ice-[^`]+\.txt)`", failed.err)
    assert len(named) == 1, failed.err
    assert "treat-err-as-bug" in Path(named[0]).read_text()
    assert project.files() == before
    project.edit("src/main.rs", '"a"', "1")
    project.build(RUSTC_BOOTSTRAP="1", RUSTFLAGS="-Z treat-err-as-bug=1")


# --- long chains ------------------------------------------------------------------------------------------------------


def chain(length: int) -> Dict[str, str]:
    """c0 is a program, and each needs the next."""
    names = [f"c{at}" for at in range(length)]
    files = {"Cargo.toml": '[workspace]\nmembers = ["c*"]\nresolver = "2"\n[profile.dev]\ndebug = 0\n', "Cargo.lock": "version = 4\n"}
    locked: List[str] = []
    for at, name in enumerate(names):
        needs = at + 1 < length
        dependency = f'[dependencies]\nc{at + 1} = {{ path = "../c{at + 1}" }}\n' if needs else ""
        files[f"{name}/Cargo.toml"] = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{dependency}'
        value = f"c{at + 1}::value() + 1" if needs else "1"
        if at == 0:
            files[f"{name}/src/main.rs"] = f'fn main() {{\n    println!("{{}}", {value});\n}}\n'
        else:
            files[f"{name}/src/lib.rs"] = f"pub fn value() -> u32 {{\n    {value}\n}}\n"
        locked.append(f'\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n' + (f'dependencies = [\n "c{at + 1}",\n]\n' if needs else ""))
    files["Cargo.lock"] += "".join(sorted(locked))
    return files


def test_a_chain_of_a_thousand_crates_is_planned(rust):
    project = rust(chain(1000))
    begin = time.monotonic()
    graph = project.cermet("internal", "unit-graph", "--manifest-path", str(project.path("Cargo.toml")))
    assert time.monotonic() - begin < 20
    assert graph.out.count('"pkg_id"') == 1000


# Compiles nothing: depth is what counts, and the real one needs minutes. It answers probes by asking the real one.
COMPILER = """\
#!/bin/bash
case " $* " in
*" --crate-name c"*) ;;
*) exec REAL "$@" ;;
esac
while [ $# -gt 0 ]; do
    case $1 in
    --crate-name) name=$2 ;;
    --out-dir) out=$2 ;;
    --crate-type) kind=$2 ;;
    extra-filename=*) extra=${1#extra-filename=} ;;
    *.rs) source=$1 ;;
    esac
    shift
done
at=$out/$name$extra
[ "$kind" = bin ] || at=$out/lib$name$extra
echo "$out/$name$extra.d: $source" > "$out/$name$extra.d"
if [ "$kind" = bin ]; then
    printf '#!/bin/sh\\necho linked\\n' > "$at" && chmod +x "$at"
else
    cat "$source" > "$at.rmeta"
    printf '{"$message_type":"artifact","artifact":"%s","emit":"metadata"}\\n' "$at.rmeta" >&2
    cat "$source" > "$at.rlib"
fi
"""


@pytest.mark.long
def test_a_chain_of_a_thousand_crates_is_built(rust, folder):
    real = subprocess.run(["rustc", "--print=sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    compiler = folder / "rustc"
    compiler.write_text(COMPILER.replace("REAL", f"{real}/bin/rustc"))
    compiler.chmod(0o755)
    project = rust(chain(1000))
    assert len(project.build(RUSTC=str(compiler)).ran) == 1000
    assert project.run("target/debug/c0") == "linked\n"
    assert project.build(RUSTC=str(compiler)).ran == set()
    # The libraries of this compiler are their sources: one changes, and is read by all that stand on it.
    project.edit("c500/src/lib.rs", "+ 1", "+ 2")
    assert project.build(RUSTC=str(compiler)).ran == {f"c{at}" for at in range(501)}


def test_the_stack_that_rustc_asks_for(rust, folder):
    """`RUST_MIN_STACK` is what rustc advises when it overflows, as it does at the end of a chain of some hundred crates."""
    wrapper = folder / "wrapper"
    wrapper.write_text('#!/bin/sh\ncase " $* " in *" --crate-name one "*) echo "stack of $RUST_MIN_STACK" >&2 ;; esac\nexec "$@"\n')
    wrapper.chmod(0o755)
    project = rust(program("one"))
    assert "stack of 16777216" in project.build(RUSTC_WRAPPER=str(wrapper), RUST_MIN_STACK="16777216").err
    assert not project.build(RUSTC_WRAPPER=str(wrapper)).ran, "it changes no bytes"
