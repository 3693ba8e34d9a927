//! `doubled!(n)` is twice the literal n, computed while the crate is compiled.
// SPDX-License-Identifier: MIT
use proc_macro::TokenStream;

#[proc_macro]
pub fn doubled(input: TokenStream) -> TokenStream {
    match input.to_string().parse::<i64>() {
        Ok(number) => (number * 2).to_string().parse().expect("a number is Rust"),
        Err(_) => "compile_error!(\"doubled! takes one integer\")".parse().expect("a call is Rust"),
    }
}
