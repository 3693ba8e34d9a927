"""A small package that is Rust, Cython, C and Python at once."""
# SPDX-License-Identifier: MIT

__version__ = "0.1.0"
