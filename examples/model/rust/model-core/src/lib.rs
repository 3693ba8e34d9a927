//! One function for C: clamps a value to twice the limit that the build script fixed.
// SPDX-License-Identifier: MIT

/// Two, by way of a macro of our own.
pub const FACTOR: i64 = model_macros::doubled!(1);

/// The value, kept within FACTOR times the limit.
#[no_mangle]
pub extern "C" fn model_clamp(value: i64) -> i64 {
    let limit: i64 = env!("MODEL_LIMIT").parse().unwrap_or(0) * FACTOR;
    value.clamp(-limit, limit)
}
