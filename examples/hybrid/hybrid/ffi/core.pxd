# Written by hybrid-core/build.rs with cbindgen. Do not edit.

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, intptr_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
cdef extern from *:
  ctypedef bint bool
  ctypedef struct va_list

cdef extern from "core.h":

  # More digits would not fit beside a useful integer part in 63 bits.
  const uint8_t MAX_PRECISION # = 9

  cpdef enum Side:
    Buy # = 1,
    Sell # = 2,

  ctypedef struct Price:
    int64_t raw;
    uint8_t precision;

  # A price from a floating-point value, rounded to `precision` decimals.
  Price price_new(double value, uint8_t precision);

  # The nearest floating-point value.
  double price_to_f64(Price price);

  # The exact sum, in the finer of the two precisions.
  Price price_add(Price left, Price right);

  # A positive amount for a buy, a negative one for a sell.
  Price price_signed(Price price, Side side);

  # Reads a NUL-terminated decimal. Returns 0, or the number of the error and leaves `out` alone.
  #
  # # Safety
  # `text` is a NUL-terminated string, `out` may be written.
  int32_t price_parse(const char *text, Price *out);

  # Writes the decimal text with a closing NUL, at most `size` bytes; returns its full length.
  #
  # # Safety
  # `out` has room for `size` bytes.
  size_t price_format(Price price, char *out, size_t size);

  # The name of the price type, static and NUL-terminated.
  const char *price_type_name();

  # The name of the side type, static and NUL-terminated.
  const char *side_type_name();

  # The version of this interface.
  int32_t hybrid_core_abi();
