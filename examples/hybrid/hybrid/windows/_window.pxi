# A ring of the last values, included by every window module.
# SPDX-License-Identifier: MIT
from libc.stdlib cimport free, malloc


cdef class Window:
    """The last `size` values, oldest first."""

    cdef double* values
    cdef readonly size_t size
    cdef readonly size_t count

    def __cinit__(self, size_t size):
        if size == 0:
            raise ValueError("a window needs room for one value")
        self.values = <double*>malloc(size * sizeof(double))
        if self.values == NULL:
            raise MemoryError()
        self.size = size
        self.count = 0

    def __dealloc__(self):
        free(self.values)

    cpdef void push(self, double value):
        """Appends a value; a full window forgets its oldest."""
        cdef size_t i
        if self.count == self.size:
            for i in range(1, self.size):
                self.values[i - 1] = self.values[i]
            self.count -= 1
        self.values[self.count] = value
        self.count += 1
