use std::ffi::CStr;

fn main() {
    unsafe {
        println!("{}", CStr::from_ptr(libz_sys::zlibVersion()).to_bytes().len() > 3);
        println!("{}", CStr::from_ptr(curl_sys::curl_version()).to_string_lossy().starts_with("libcurl/"));
        println!("{}", libgit2_sys::git_libgit2_init() > 0);
        println!("{}", libssh2_sys::libssh2_init(0));
        println!("{}", aws_lc_sys::awslc_api_version_num() > 0);
    }
}
