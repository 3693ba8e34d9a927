//! `hybrid._rust`: the same prices, straight from Rust to Python.
// SPDX-License-Identifier: MIT
use hybrid_core::Price;
use pyo3::{exceptions::PyValueError, prelude::*};

/// Adds decimal texts exactly.
#[pyfunction]
fn sum_texts(texts: Vec<String>) -> PyResult<String> {
    let mut sum = Price { raw: 0, precision: 0 };
    for text in &texts {
        let price: Price = text
            .parse()
            .map_err(|problem: hybrid_core::ParsePriceError| PyValueError::new_err(problem.to_string()))?;
        sum = sum + price;
    }
    Ok(sum.to_string())
}

/// A price counter that lives in Rust.
#[pyclass]
struct Ticker {
    last: Price,
    ticks: u64,
}

#[pymethods]
impl Ticker {
    #[new]
    fn new(start: f64, precision: u8) -> Self {
        Self { last: Price::new(start, precision), ticks: 0 }
    }

    fn tick(&mut self, change: f64) -> String {
        self.last = self.last + Price::new(change, self.last.precision);
        self.ticks += 1;
        self.last.to_string()
    }

    #[getter]
    fn ticks(&self) -> u64 {
        self.ticks
    }
}

#[pymodule]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("abi", hybrid_core::ABI)?;
    module.add_function(wrap_pyfunction!(sum_texts, module)?)?;
    module.add_class::<Ticker>()
}
