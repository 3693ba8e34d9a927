# Means over a moving window; the sums are made in Rust.
# SPDX-License-Identifier: MIT
from hybrid.ffi cimport core, stats
from hybrid.prices cimport Price, wrap

include "_window.pxi"


cdef class Mean(Window):
    """The mean of the last `size` values."""

    def value(self):
        return stats.stats_mean(self.values, self.count)

    def weighted(self):
        """The newest value weighs most."""
        return stats.stats_weighted_mean(self.values, self.count)


def mean_price(list prices not None):
    """The mean of prices, in the finest precision of all."""
    cdef size_t count = len(prices)
    cdef core.Price* raw = <core.Price*>malloc((count + 1) * sizeof(core.Price))
    cdef size_t i
    if raw == NULL:
        raise MemoryError()
    try:
        for i in range(count):
            raw[i] = (<Price?>prices[i]).value
        return wrap(stats.stats_mean_price(raw, count))
    finally:
        free(raw)
