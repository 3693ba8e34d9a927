use pyo3::prelude::*;

fn main() -> PyResult<()> {
    Python::attach(|py| {
        let answer: i64 = py.eval(c"6 * 7", None, None)?.extract()?;
        println!("{answer} {}", indoc::indoc! {"
            indented"});
        Ok(())
    })
}
