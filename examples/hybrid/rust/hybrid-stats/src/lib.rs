//! Means over floating-point values and prices; the functions are the C interface.
// SPDX-License-Identifier: MIT
use hybrid_core::Price;

include!(concat!(env!("OUT_DIR"), "/weights.rs"));

/// The mean of `len` values, 0 for none.
///
/// # Safety
/// `values` points to `len` values.
#[no_mangle]
pub unsafe extern "C" fn stats_mean(values: *const f64, len: usize) -> f64 {
    if len == 0 {
        return 0.0;
    }
    mean(unsafe { std::slice::from_raw_parts(values, len) })
}

/// The mean in which the newest (last) value weighs most; older than the table of weights counts nothing.
///
/// # Safety
/// `values` points to `len` values.
#[no_mangle]
pub unsafe extern "C" fn stats_weighted_mean(values: *const f64, len: usize) -> f64 {
    if len == 0 {
        return 0.0;
    }
    weighted_mean(unsafe { std::slice::from_raw_parts(values, len) })
}

/// The mean price in the finest precision of all; a zero price for none.
///
/// # Safety
/// `prices` points to `len` prices.
#[no_mangle]
pub unsafe extern "C" fn stats_mean_price(prices: *const Price, len: usize) -> Price {
    if len == 0 {
        return Price { raw: 0, precision: 0 };
    }
    mean_price(unsafe { std::slice::from_raw_parts(prices, len) })
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn weighted_mean(values: &[f64]) -> f64 {
    let pairs = || values.iter().rev().zip(WEIGHTS);
    let total: f64 = pairs().map(|(_, weight)| weight).sum();
    pairs().map(|(value, weight)| value * weight).sum::<f64>() / total
}

pub fn mean_price(prices: &[Price]) -> Price {
    let zero = Price { raw: 0, precision: 0 };
    let sum = prices.iter().fold(zero, |sum, price| sum + *price);
    Price { raw: sum.raw / prices.len() as i64, ..sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_the_newest_most() {
        assert_eq!(mean(&[1.0, 2.0, 3.0]), 2.0);
        assert!(weighted_mean(&[1.0, 2.0, 3.0]) > 2.0);
    }

    #[test]
    fn keeps_the_finest_precision() {
        let prices = [Price::new(1.0, 1), Price::new(2.0, 2)];
        assert_eq!(mean_price(&prices).to_string(), "1.50");
    }
}
