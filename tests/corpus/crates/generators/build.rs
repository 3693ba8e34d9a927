use std::{env, path::PathBuf};

fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    bindgen::builder().header("native/shape.h").generate().unwrap().write_to_file(out.join("shape.rs")).unwrap();
    prost_build::compile_protos(&["native/note.proto"], &["native"]).unwrap();
    cxx_build::bridge("src/main.rs").file("native/add.cc").include("native").std("c++14").compile("judged-cxx");
    for file in ["native/shape.h", "native/note.proto", "native/add.cc", "native/add.h", "src/main.rs"] {
        println!("cargo:rerun-if-changed={file}");
    }
}
