//! Writes the C header of this crate beside the modules that include it, and passes the limit on to the crate.
// SPDX-License-Identifier: MIT
use std::{env, fs, io};

const LIMIT: i64 = 100;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=MODEL_LIMIT={LIMIT}");
    let bits = env::var("CARGO_CFG_TARGET_POINTER_WIDTH").unwrap_or_default();
    let header = format!(
        "/* Written by model-core/build.rs. Do not edit. */\n\
         #ifndef MODEL_LIMITS_H\n\
         #define MODEL_LIMITS_H\n\n\
         #include <stdint.h>\n\n\
         #define MODEL_LIMIT {LIMIT}\n\
         #define MODEL_POINTER_BITS {bits}\n\n\
         int64_t model_clamp(int64_t value);\n\n\
         #endif\n"
    );
    // A build script runs in its package's directory, so this names no absolute path.
    fs::write("../../model/model_limits.h", header)
}
