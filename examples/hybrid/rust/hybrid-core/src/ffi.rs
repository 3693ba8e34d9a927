//! The C interface of the prices. cbindgen reads this file.
// SPDX-License-Identifier: MIT
use std::ffi::{c_char, CStr};

use crate::{
    price::{Price, Side},
    TypeName,
};

/// A price from a floating-point value, rounded to `precision` decimals.
#[no_mangle]
pub extern "C" fn price_new(value: f64, precision: u8) -> Price {
    Price::new(value, precision)
}

/// The nearest floating-point value.
#[no_mangle]
pub extern "C" fn price_to_f64(price: Price) -> f64 {
    price.to_f64()
}

/// The exact sum, in the finer of the two precisions.
#[no_mangle]
pub extern "C" fn price_add(left: Price, right: Price) -> Price {
    left + right
}

/// A positive amount for a buy, a negative one for a sell.
#[no_mangle]
pub extern "C" fn price_signed(price: Price, side: Side) -> Price {
    match side {
        Side::Buy => price,
        Side::Sell => Price { raw: -price.raw, ..price },
    }
}

/// Reads a NUL-terminated decimal. Returns 0, or the number of the error and leaves `out` alone.
///
/// # Safety
/// `text` is a NUL-terminated string, `out` may be written.
#[no_mangle]
pub unsafe extern "C" fn price_parse(text: *const c_char, out: *mut Price) -> i32 {
    let bytes = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    match bytes.parse::<Price>() {
        Ok(price) => {
            unsafe { out.write(price) };
            0
        }
        Err(problem) => problem.code(),
    }
}

/// Writes the decimal text with a closing NUL, at most `size` bytes; returns its full length.
///
/// # Safety
/// `out` has room for `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn price_format(price: Price, out: *mut c_char, size: usize) -> usize {
    let text = price.to_string();
    if size > 0 {
        let count = text.len().min(size - 1);
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr().cast::<c_char>(), out, count);
            out.add(count).write(0);
        }
    }
    text.len()
}

/// The name of the price type, static and NUL-terminated.
#[no_mangle]
pub extern "C" fn price_type_name() -> *const c_char {
    Price::NAME.as_ptr().cast::<c_char>()
}

/// The name of the side type, static and NUL-terminated.
#[no_mangle]
pub extern "C" fn side_type_name() -> *const c_char {
    Side::NAME.as_ptr().cast::<c_char>()
}

/// The version of this interface.
#[no_mangle]
pub extern "C" fn hybrid_core_abi() -> i32 {
    crate::ABI.parse().unwrap_or(-1)
}
