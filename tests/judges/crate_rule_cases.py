"""Cases of crate_rules.py: for each crate a tiny program on it, the ways to build it, and what the library itself has to say.

SPDX-License-Identifier: MIT
A case is data: what it depends on, its source, what the machine must have. Of a way: the files of rules/ that make it, the
line that the program prints, and the libraries that the linker must have bound to it, or must not.
"""
from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Callable, Dict, Tuple, Union

Said = Union[str, Callable[[], str]]


def pkg_config(module: str) -> str:
    return subprocess.run(["pkg-config", "--modversion", module], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@dataclass
class Way:
    rules: Tuple[str, ...]             # files below rules/, without their ending
    said: Said                         # the program's line begins so
    linked: Tuple[str, ...] = ()       # NEEDED entries begin so
    unlinked: Tuple[str, ...] = ()
    overrides: str = ""                # beside the rules
    version: str = ""                  # of the crate, where not the case's
    files: Dict[str, str] = field(default_factory=dict)


@dataclass
class Case:
    version: str
    code: str                          # of main(), which prints one line
    ways: Dict[str, Way]
    needs: Tuple[Tuple[str, str], ...] = ()       # "pc:MODULE", "program:NAME" or "file:PATH", and the Debian package
    features: str = ""                 # TOML of [features] of the probe: what Cargo.lock has to know
    dependency: str = ""               # more of the dependency's table
    manifest: str = ""                 # more of the manifest
    files: Dict[str, str] = field(default_factory=dict)   # beside and in place of the usual ones
    library_path: str = ""             # what the program is run with: NAME==VERSION of a distribution, / a directory in it
    module: bool = False               # a module of Python, with a function said()


def c_text(call: str) -> str:
    return f'    println!("{{}}", unsafe {{ std::ffi::CStr::from_ptr({call}) }}.to_str().unwrap());\n'


PYO3 = '''
use pyo3::prelude::*;
#[pyfunction]
fn said() -> String {
    let known = [(9, cfg!(Py_3_9)), (10, cfg!(Py_3_10)), (11, cfg!(Py_3_11)), (12, cfg!(Py_3_12)), (13, cfg!(Py_3_13)), (14, cfg!(Py_3_14))];
    format!("3.{}", known.iter().filter(|one| one.1).map(|one| one.0).max().unwrap())
}
#[pymodule]
fn probe(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(said, module)?)
}
'''
CBINDGEN = '''fn main() {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    cbindgen::Builder::new().with_crate(&root).with_language(cbindgen::Language::C).generate().unwrap()
        .write_to_file(WHERE);
}
'''
CBINDGEN_TABLES = '''[[rust-library]]
name = "core"
crates = ["probe"]
[[executable]]
name = "probe"
sources = ["main.c"]
uses = ["rust:core"]
[crates.probe]
'''
CC = (("program:cc", "gcc"), ("program:ar", "binutils"))
PKG_CONFIG = ("program:pkg-config", "pkg-config")
LIBCLANG = ("file:/usr/lib/llvm-*/lib/libclang.so*", "libclang-dev")

CASES: Dict[str, Case] = {
    "openssl-sys": Case(
        "0.9.118", '    openssl_sys::init();\n' + c_text("openssl_sys::OpenSSL_version(0)"),
        {"system": Way(("system/openssl",), lambda: "OpenSSL " + pkg_config("openssl"), ("libcrypto.so.3",)),
         "bundled": Way(("bundled/openssl",), "OpenSSL 3.6.3", (), ("libcrypto", "libssl"))},
        (*CC, PKG_CONFIG, ("pc:openssl", "libssl-dev"), ("program:perl", "perl"), ("program:make", "make")),
        features='vendored = ["openssl-sys/vendored"]\n'),
    "ring": Case(
        "0.17.14", '    let digest = ring::digest::digest(&ring::digest::SHA256, b"abc");\n'
                   '    println!("{}", digest.as_ref().iter().map(|b| format!("{b:02x}")).collect::<String>());\n',
        {"own": Way(("common/ring",), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")}, CC),
    "aws-lc-sys": Case(
        "0.47.0", c_text("aws_lc_sys::OpenSSL_version(0)"),
        {"cc": Way(("common/aws-lc",), "AWS-LC 5.12.0", (), ("libcrypto", "libssl")),
         "cmake": Way(("common/cmake",), "AWS-LC 5.12.0", (), ("libcrypto", "libssl"),
                      '[crates.aws-lc-sys]\nenv = { AWS_LC_SYS_USE_SYSTEM = "0", AWS_LC_SYS_CMAKE_BUILDER = "1" }\n')},
        (*CC, ("program:cmake", "cmake"), ("program:make", "make"), ("program:c++", "g++"))),
    "zstd-sys": Case(
        "2.1.3+zstd.1.5.7", c_text("zstd_sys::ZSTD_versionString()"),
        {"system": Way(("system/zstd",), lambda: pkg_config("libzstd"), ("libzstd.so.1",)),
         "bundled": Way(("bundled/zstd",), "1.5.7", (), ("libzstd",))},
        (*CC, PKG_CONFIG, ("pc:libzstd", "libzstd-dev"))),
    "bzip2-sys": Case(
        "0.1.13+1.0.8", c_text("BZ2_bzlibVersion()"),
        {"system": Way(("system/bzip2",), "1.0.8", ("libbz2.so.1",)),
         "bundled": Way(("bundled/bzip2",), "1.0.8", (), ("libbz2",))},
        (*CC, ("file:/usr/include/bzlib.h", "libbz2-dev")),
        files={"head.rs": 'use bzip2_sys as _;\nextern "C" { fn BZ2_bzlibVersion() -> *const std::ffi::c_char; }\n'}),
    "libsqlite3-sys": Case(
        "0.30.1", c_text("libsqlite3_sys::sqlite3_libversion()"),
        {"system": Way(("system/sqlite3",), lambda: pkg_config("sqlite3"), ("libsqlite3.so.0",)),
         "bundled": Way(("bundled/sqlite3",), "3.46.0", (), ("libsqlite3",)),
         "bundled 0.39.1": Way(("bundled/sqlite3",), "3.", (), ("libsqlite3",), version="0.39.1")},
        (*CC, PKG_CONFIG, ("pc:sqlite3", "libsqlite3-dev")), features='bundled = ["libsqlite3-sys/bundled"]\n'),
    "libz-sys": Case(
        "1.1.31", c_text("libz_sys::zlibVersion()"),
        {"system": Way(("system/zlib",), lambda: pkg_config("zlib"), ("libz.so.1",)),
         "bundled": Way(("bundled/zlib",), "1.3.", (), ("libz",))},
        (*CC, PKG_CONFIG, ("pc:zlib", "zlib1g-dev"))),
    "curl-sys": Case(
        "0.4.91+curl-8.22.0", c_text("curl_sys::curl_version()"),
        {"system": Way(("system/curl", "system/openssl", "system/zlib"), lambda: "libcurl/" + pkg_config("libcurl"), ("libcurl.so.4",)),
         "bundled": Way(("bundled/curl", "system/openssl", "system/zlib"), "libcurl/8.22.0", ("libssl.so.3",), ("libcurl",))},
        (*CC, PKG_CONFIG, ("pc:libcurl", "libcurl4-openssl-dev"), ("pc:openssl", "libssl-dev"), ("pc:zlib", "zlib1g-dev"))),
    "libgit2-sys": Case(
        "0.18.8+1.9.7",
        '    let (mut a, mut b, mut c) = (0, 0, 0);\n    unsafe { libgit2_sys::git_libgit2_init(); libgit2_sys::git_libgit2_version(&mut a, &mut b, &mut c) };\n'
        '    println!("{a}.{b}.{c}");\n',
        {"bundled": Way(("bundled/git2", "system/zlib"), "1.9.7", ("libz.so.1",), ("libgit2",)),
         "system": Way(("system/git2", "system/zlib"), lambda: pkg_config("libgit2"), ("libgit2.so.1",), version="0.14.2+1.5.1")},
        (*CC, PKG_CONFIG, ("pc:libgit2", "libgit2-dev"), ("pc:zlib", "zlib1g-dev"))),
    "tikv-jemalloc-sys": Case(
        "0.7.1",
        '    let mut version: *const std::ffi::c_char = std::ptr::null();\n    let mut size = std::mem::size_of_val(&version);\n'
        '    unsafe { tikv_jemalloc_sys::mallctl(c"version".as_ptr(), (&raw mut version).cast(), &mut size, std::ptr::null_mut(), 0) };\n'
        + c_text("version"),
        {"system": Way(("system/jemalloc",), lambda: pkg_config("jemalloc").split("_")[0], ("libjemalloc.so.2",)),
         "bundled": Way(("bundled/jemalloc",), "5.3.1", (), ("libjemalloc",))},
        (*CC, PKG_CONFIG, ("pc:jemalloc", "libjemalloc-dev"), ("program:make", "make"))),
    "onig_sys": Case(
        "69.9.3", c_text("onig_sys::onig_version()"),
        {"system": Way(("system/onig", "common/bindgen"), lambda: pkg_config("oniguruma"), ("libonig.so.5",)),
         "bundled": Way(("bundled/onig", "common/bindgen"), "6.9.", (), ("libonig",))},
        (*CC, PKG_CONFIG, ("pc:oniguruma", "libonig-dev"), LIBCLANG)),
    "prost-build": Case(
        "0.14.4",
        '    let tick = Tick { price: 7, venue: "here".into() };\n'
        '    println!("{} {:?}", env!("ASKED").rsplit("/").next().unwrap(), Tick::decode(&tick.encode_to_vec()[..]).unwrap());\n',
        {"protoc of the machine": Way(("common/prost",), 'protoc Tick { price: 7, venue: "here" }'),
         "protoc of the project": Way(("common/prost",), 'own-protoc Tick { price: 7, venue: "here" }',
                                      overrides='provide = { "tool:protoc" = "tool:own-protoc" }\n')},
        (("program:protoc", "protobuf-compiler"),),
        manifest='[dependencies]\nprost = "=0.14.4"\n[build-dependencies]\nprost-build = "=0.14.4"\n',
        files={"build.rs": 'fn main() {\n    prost_build::compile_protos(&["proto/tick.proto"], &["proto"]).unwrap();\n'
                           '    println!("cargo:rustc-env=ASKED={}", std::env::var("PROTOC").unwrap());\n}\n',
               "proto/tick.proto": 'syntax = "proto3";\npackage market;\nimport "google/protobuf/empty.proto";\n'
                                   'message Tick { int64 price = 1; string venue = 2; }\n',
               "head.rs": 'use prost::Message;\ninclude!(concat!(env!("OUT_DIR"), "/market.rs"));\n',
               # A program of the same graph in protoc's place: it hands over to the machine's.
               "protoc.c": '#include <unistd.h>\nint main(int c, char** v) { (void)c; return execv("/usr/bin/protoc", v); }\n',
               "more.toml": '[[executable]]\nname = "own-protoc"\nsources = ["protoc.c"]\n'}),
    "bindgen": Case(
        "0.73.2", '    println!("{} {}", DEPTH, std::mem::size_of::<shape>());\n',
        {"libclang": Way(("common/bindgen",), "12 24")}, (LIBCLANG,),
        manifest='[build-dependencies]\nbindgen = "=0.73.2"\n',
        files={"build.rs": 'fn main() {\n    let made = bindgen::Builder::default().header("shape.h")\n'
                           '        .parse_callbacks(Box::new(bindgen::CargoCallbacks::new())).generate().unwrap();\n'
                           '    made.write_to_file(format!("{}/shape.rs", std::env::var("OUT_DIR").unwrap())).unwrap();\n}\n',
               "shape.h": "#include <stdint.h>\n#define DEPTH 12\nstruct shape { int64_t a, b; char c; };\n",
               "head.rs": '#![allow(warnings)]\ninclude!(concat!(env!("OUT_DIR"), "/shape.rs"));\n'}),
    "ort-sys": Case(
        "2.0.0-rc.15", c_text("((*ort_sys::OrtGetApiBase()).GetVersionString)()"),
        {"declared download": Way(("common/ort",), "1.32.0", ("libonnxruntime.so.1",))},
        library_path="onnxruntime==1.32.0/onnxruntime/capi"),
    "pyo3": Case(
        "0.30.1", "", {"of the build": Way((), lambda: "3.{}".format(sys.version_info[1]), (), ("libpython",))},
        manifest='[lib]\ncrate-type = ["cdylib"]\n[dependencies]\npyo3 = "=0.30.1"\n[build-dependencies]\npyo3-build-config = "=0.30.1"\n',
        files={"build.rs": "fn main() { pyo3_build_config::use_pyo3_cfgs(); }\n", "src/lib.rs": PYO3,
               "cermet.toml": '[[rust-module]]\nname = "probe"\ncrate = "./"\n'}, module=True),
    "cbindgen": Case(
        "0.29.4", "",
        {"in the tree": Way((), "depth 12", files={
            "build.rs": CBINDGEN.replace("WHERE", 'format!("{root}/include/probe.h")'), "include/probe.h": "",
            "cermet.toml": CBINDGEN_TABLES + 'outputs = ["include/probe.h"]\n'}),
         "in OUT_DIR": Way((), "depth 12", files={
             "build.rs": CBINDGEN.replace("WHERE", 'format!("{}/include/probe.h", std::env::var("OUT_DIR").unwrap())'),
             "cermet.toml": CBINDGEN_TABLES + 'headers = ["include/*.h"]\n'})},
        CC,
        manifest='[build-dependencies]\ncbindgen = "=0.29.4"\n',
        files={"src/lib.rs": '#[no_mangle]\npub extern "C" fn depth(more: u32) -> u32 { 10 + more }\n',
               "main.c": '#include <stdio.h>\n#include "probe.h"\nint main(void) { uint32_t (*call)(uint32_t) = depth; '
                         'return printf("depth %u\\n", (unsigned)call(2)) < 0; }\n'}),
}
