//! Fixed-point prices: the arithmetic in Rust, `ffi` is the door for C and Cython.
// SPDX-License-Identifier: MIT
pub mod ffi;
pub mod price;

pub use price::{ParsePriceError, Price, Side};

/// The name of a type, closed with a NUL so that C can read it.
pub trait TypeName {
    const NAME: &'static str;
}

/// The version of the C interface, fixed by build.rs.
pub const ABI: &str = env!("HYBRID_CORE_ABI");
