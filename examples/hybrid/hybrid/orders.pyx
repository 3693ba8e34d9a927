# Order: a side and a price for an instrument.
# SPDX-License-Identifier: MIT
from hybrid.ffi cimport core
from hybrid.prices cimport Price, wrap


cdef class Order:
    """Buy or sell one unit of `name` at `price`."""

    def __init__(self, str name not None, Price price not None, bint sell=False):
        self.name = name
        self.price = price
        self.side = core.Sell if sell else core.Buy

    @property
    def is_sell(self):
        return self.side == core.Sell

    def signed_price(self):
        """The price, negative for a sell."""
        return wrap(core.price_signed(self.price.value, self.side))

    def __repr__(self):
        return f"Order({self.name!r}, {self.price!r}, sell={self.is_sell})"


def side_type():
    """The name that the Rust derive gave the type of a side."""
    return (<bytes>core.side_type_name()).decode()
