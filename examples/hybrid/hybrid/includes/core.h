#ifndef HYBRID_CORE_H
#define HYBRID_CORE_H

/* Written by hybrid-core/build.rs with cbindgen. Do not edit. */

#include <stddef.h>
#include <stdint.h>

/**
 * More digits would not fit beside a useful integer part in 63 bits.
 */
#define MAX_PRECISION 9

typedef enum Side {
  Buy = 1,
  Sell = 2,
} Side;

typedef struct Price {
  int64_t raw;
  uint8_t precision;
} Price;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * A price from a floating-point value, rounded to `precision` decimals.
 */
struct Price price_new(double value, uint8_t precision);

/**
 * The nearest floating-point value.
 */
double price_to_f64(struct Price price);

/**
 * The exact sum, in the finer of the two precisions.
 */
struct Price price_add(struct Price left, struct Price right);

/**
 * A positive amount for a buy, a negative one for a sell.
 */
struct Price price_signed(struct Price price, enum Side side);

/**
 * Reads a NUL-terminated decimal. Returns 0, or the number of the error and leaves `out` alone.
 *
 * # Safety
 * `text` is a NUL-terminated string, `out` may be written.
 */
int32_t price_parse(const char *text, struct Price *out);

/**
 * Writes the decimal text with a closing NUL, at most `size` bytes; returns its full length.
 *
 * # Safety
 * `out` has room for `size` bytes.
 */
size_t price_format(struct Price price, char *out, size_t size);

/**
 * The name of the price type, static and NUL-terminated.
 */
const char *price_type_name(void);

/**
 * The name of the side type, static and NUL-terminated.
 */
const char *side_type_name(void);

/**
 * The version of this interface.
 */
int32_t hybrid_core_abi(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HYBRID_CORE_H */
