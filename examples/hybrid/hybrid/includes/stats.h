#ifndef HYBRID_STATS_H
#define HYBRID_STATS_H

/* Written by hybrid-stats/build.rs with cbindgen. Do not edit. */

#include <stddef.h>
#include <stdint.h>
#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The mean of `len` values, 0 for none.
 *
 * # Safety
 * `values` points to `len` values.
 */
double stats_mean(const double *values, size_t len);

/**
 * The mean in which the newest (last) value weighs most; older than the table of weights counts nothing.
 *
 * # Safety
 * `values` points to `len` values.
 */
double stats_weighted_mean(const double *values,
                           size_t len);

/**
 * The mean price in the finest precision of all; a zero price for none.
 *
 * # Safety
 * `prices` points to `len` prices.
 */
Price stats_mean_price(const Price *prices, size_t len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HYBRID_STATS_H */
