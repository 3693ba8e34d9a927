//! Writes the C header and the Cython declarations, and a table of weights into OUT_DIR.
// SPDX-License-Identifier: MIT
use std::{env, error::Error, fmt::Write, fs, path::Path};

const WEIGHTS: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=cbindgen_c.toml");
    println!("cargo:rerun-if-changed=cbindgen_cython.toml");
    println!("cargo:rerun-if-changed=src");

    let crate_dir = env::var("CARGO_MANIFEST_DIR")?;
    let package = Path::new(&crate_dir).join("../../hybrid");
    generate(&crate_dir, "cbindgen_c.toml", &package.join("includes/stats.h"))?;
    generate(&crate_dir, "cbindgen_cython.toml", &package.join("ffi/stats.pxd"))?;

    let mut table = format!("pub const WEIGHTS: [f64; {WEIGHTS}] = [");
    for age in 0..WEIGHTS {
        write!(table, "{:?}, ", 1.0 / (1u32 << age) as f64)?;
    }
    table.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("weights.rs"), table)?;
    Ok(())
}

fn generate(crate_dir: &str, config: &str, output: &Path) -> Result<(), Box<dyn Error>> {
    let config = cbindgen::Config::from_file(Path::new(crate_dir).join(config))?;
    cbindgen::Builder::new()
        .with_crate(crate_dir)
        .with_config(config)
        .generate()?
        .write_to_file(output);
    Ok(())
}
