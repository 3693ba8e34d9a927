# The Price class for other Cython modules.
# SPDX-License-Identifier: MIT
from hybrid.ffi cimport core


cdef class Price:
    cdef core.Price value


cdef Price wrap(core.Price value)
