# Clamps numbers through the Rust library.
# SPDX-License-Identifier: MIT
from libc.stdint cimport int64_t

cdef extern from "model_limits.h":
    const int64_t MODEL_LIMIT
    int64_t model_clamp(int64_t value)


def clamp(int64_t value):
    """The value, kept within twice the limit."""
    return model_clamp(value)


def limit():
    """The limit that the build script wrote into the header."""
    return MODEL_LIMIT
