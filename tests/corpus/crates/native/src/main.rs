use std::ffi::CStr;

extern crate link_cplusplus;
extern crate secp256k1_sys_10;
extern crate secp256k1_sys_8;

fn main() {
    unsafe {
        println!("{}", CStr::from_ptr(libsqlite3_sys::sqlite3_libversion()).to_string_lossy().starts_with("3."));
        println!("{}", zstd_sys::ZSTD_versionNumber() > 10000);
        let mut stream: bzip2_sys::bz_stream = std::mem::zeroed();
        println!("{}", bzip2_sys::BZ2_bzCompressInit(&mut stream, 9, 0, 0));
        bzip2_sys::BZ2_bzCompressEnd(&mut stream);
        println!("{}", lzma_sys::lzma_version_number() > 50_000_000);
        let memory = tikv_jemalloc_sys::malloc(16);
        println!("{}", !memory.is_null());
        tikv_jemalloc_sys::free(memory);
        println!("{}", secp256k1_sys::secp256k1_context_preallocated_size(secp256k1_sys::SECP256K1_START_NONE) > 0);
    }
    println!("{}", blake3::hash(b"x").to_hex());
    println!("{} {}", stacker::grow(64 * 1024, || 7), psm::stack_pointer() as usize > 0);
}
