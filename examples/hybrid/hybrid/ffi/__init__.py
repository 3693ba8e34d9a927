"""Cython declarations of the Rust libraries, written by their build scripts."""
# SPDX-License-Identifier: MIT
