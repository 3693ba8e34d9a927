//! A price as an integer count of 10^-precision.
// SPDX-License-Identifier: MIT
use std::{fmt, str::FromStr};

use hybrid_macros::TypeName;
use thiserror::Error;

/// More digits would not fit beside a useful integer part in 63 bits.
pub const MAX_PRECISION: u8 = 9;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TypeName)]
pub struct Price {
    pub raw: i64,
    pub precision: u8,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TypeName)]
pub enum Side {
    Buy = 1,
    Sell = 2,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum ParsePriceError {
    #[error("a price needs digits")]
    Empty,
    #[error("{0:?} is not a digit")]
    NotADigit(char),
    #[error("a price has at most {MAX_PRECISION} decimals")]
    TooPrecise,
    #[error("the price is too large")]
    TooLarge,
}

impl ParsePriceError {
    /// The number C sees; 0 means success there.
    pub fn code(&self) -> i32 {
        match self {
            Self::Empty => 1,
            Self::NotADigit(_) => 2,
            Self::TooPrecise => 3,
            Self::TooLarge => 4,
        }
    }
}

impl Price {
    pub fn new(value: f64, precision: u8) -> Self {
        let precision = precision.min(MAX_PRECISION);
        let raw = (value * 10f64.powi(i32::from(precision))).round() as i64;
        Self { raw, precision }
    }

    pub fn to_f64(self) -> f64 {
        self.raw as f64 / 10f64.powi(i32::from(self.precision))
    }

    /// The same price with more decimals; fewer would lose digits, so they are not taken away.
    pub fn widen(self, precision: u8) -> Self {
        let precision = precision.clamp(self.precision, MAX_PRECISION);
        let factor = 10i64.pow(u32::from(precision - self.precision));
        Self { raw: self.raw.saturating_mul(factor), precision }
    }
}

impl std::ops::Add for Price {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let precision = self.precision.max(other.precision);
        let raw = self.widen(precision).raw.saturating_add(other.widen(precision).raw);
        Self { raw, precision }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10u64.pow(u32::from(self.precision));
        let size = self.raw.unsigned_abs();
        let sign = if self.raw < 0 { "-" } else { "" };
        if self.precision == 0 {
            return write!(out, "{sign}{size}");
        }
        let width = usize::from(self.precision);
        write!(out, "{sign}{}.{:0width$}", size / scale, size % scale)
    }
}

impl FromStr for Price {
    type Err = ParsePriceError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && part.is_empty() {
            return Err(ParsePriceError::Empty);
        }
        let precision = u8::try_from(part.len())
            .ok()
            .filter(|&decimals| decimals <= MAX_PRECISION)
            .ok_or(ParsePriceError::TooPrecise)?;
        let mut raw: i64 = 0;
        for sign in whole.chars().chain(part.chars()) {
            let digit = sign.to_digit(10).ok_or(ParsePriceError::NotADigit(sign))?;
            raw = raw
                .checked_mul(10)
                .and_then(|sum| sum.checked_add(i64::from(digit)))
                .ok_or(ParsePriceError::TooLarge)?;
        }
        Ok(Self { raw: raw * sign, precision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parsed() {
        for text in ["0", "1.50", "-0.05", "123456.000001"] {
            assert_eq!(text.parse::<Price>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn adds_over_different_precisions() {
        let sum = "1.5".parse::<Price>().unwrap() + "0.25".parse::<Price>().unwrap();
        assert_eq!(sum.to_string(), "1.75");
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!("".parse::<Price>(), Err(ParsePriceError::Empty));
        assert_eq!("1x".parse::<Price>(), Err(ParsePriceError::NotADigit('x')));
        assert_eq!("0.0000000001".parse::<Price>(), Err(ParsePriceError::TooPrecise));
        assert_eq!("99999999999999999999".parse::<Price>(), Err(ParsePriceError::TooLarge));
    }
}
