//! `#[derive(TypeName)]` gives a type its own name as a constant, ready to be handed to C.
// SPDX-License-Identifier: MIT
use proc_macro::{TokenStream, TokenTree};

/// Implements `TypeName` for the struct or enum it stands on. Generic types are refused.
#[proc_macro_derive(TypeName)]
pub fn derive_type_name(item: TokenStream) -> TokenStream {
    match name_of(item) {
        Ok(name) => {
            format!("impl crate::TypeName for {name} {{ const NAME: &'static str = \"{name}\\0\"; }}")
        }
        Err(problem) => format!("compile_error!(\"{problem}\");"),
    }
    .parse()
    .expect("the derive writes Rust")
}

fn name_of(item: TokenStream) -> Result<String, &'static str> {
    let mut tokens = item.into_iter();
    let is_keyword = |token: &TokenTree| {
        matches!(token, TokenTree::Ident(word) if matches!(word.to_string().as_str(), "struct" | "enum"))
    };
    tokens
        .find(is_keyword)
        .ok_or("TypeName needs a struct or an enum")?;
    let name = match tokens.next() {
        Some(TokenTree::Ident(name)) => name.to_string(),
        _ => return Err("TypeName found no name"),
    };
    match tokens.next() {
        Some(TokenTree::Punct(sign)) if sign.as_char() == '<' => {
            Err("TypeName does not support generic types")
        }
        _ => Ok(name),
    }
}
