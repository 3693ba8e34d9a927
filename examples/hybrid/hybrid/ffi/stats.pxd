# Written by hybrid-stats/build.rs with cbindgen. Do not edit.

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, intptr_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
cdef extern from *:
  ctypedef bint bool
  ctypedef struct va_list
from hybrid.ffi.core cimport Price

cdef extern from "stats.h":

  # The mean of `len` values, 0 for none.
  #
  # # Safety
  # `values` points to `len` values.
  double stats_mean(const double *values, size_t len);

  # The mean in which the newest (last) value weighs most; older than the table of weights counts nothing.
  #
  # # Safety
  # `values` points to `len` values.
  double stats_weighted_mean(const double *values,
                             size_t len);

  # The mean price in the finest precision of all; a zero price for none.
  #
  # # Safety
  # `prices` points to `len` prices.
  Price stats_mean_price(const Price *prices, size_t len);
