//! Writes the C header and the Cython declarations of this crate into the Python package.
// SPDX-License-Identifier: MIT
use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=cbindgen_c.toml");
    println!("cargo:rerun-if-changed=cbindgen_cython.toml");
    println!("cargo:rerun-if-changed=src");

    let crate_dir = env::var("CARGO_MANIFEST_DIR")?;
    let package = Path::new(&crate_dir).join("../../hybrid");
    generate(&crate_dir, "cbindgen_c.toml", &package.join("includes/core.h"))?;
    let pxd = package.join("ffi/core.pxd");
    generate(&crate_dir, "cbindgen_cython.toml", &pxd)?;

    // cbindgen writes enums that only Cython sees; Python needs the names too.
    let text = fs::read_to_string(&pxd)?;
    let open = text.replace("  ctypedef enum ", "  cpdef enum ");
    if open != text {
        fs::write(&pxd, open)?;
    }
    println!("cargo:rustc-env=HYBRID_CORE_ABI=1");
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
