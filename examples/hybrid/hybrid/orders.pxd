# The Order class for other Cython modules.
# SPDX-License-Identifier: MIT
from hybrid.ffi cimport core
from hybrid.prices cimport Price


cdef class Order:
    cdef readonly Price price
    cdef readonly str name
    cdef core.Side side
