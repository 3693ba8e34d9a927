# Price: the Rust price as a Python class.
# SPDX-License-Identifier: MIT
from hybrid.ffi cimport core
from hybrid.orders cimport Order

cdef dict _PROBLEMS = {
    1: "a price needs digits",
    2: "a price has digits and at most one point",
    3: "a price has too many decimals",
    4: "the price is too large",
}


cdef class Price:
    """A decimal price with a fixed number of decimals."""

    def __init__(self, str text):
        cdef bytes raw = text.encode()
        cdef int problem = core.price_parse(raw, &self.value)
        if problem != 0:
            raise ValueError(f"{_PROBLEMS[problem]}: {text!r}")

    @property
    def precision(self):
        return self.value.precision

    def __add__(self, Price other):
        return wrap(core.price_add(self.value, other.value))

    def __float__(self):
        return core.price_to_f64(self.value)

    def __eq__(self, other):
        if not isinstance(other, Price):
            return NotImplemented
        return float(self) == float(other)

    def __hash__(self):
        return hash(float(self))

    def __str__(self):
        cdef char text[64]
        cdef size_t size = core.price_format(self.value, text, sizeof(text))
        return text[:size].decode()

    def __repr__(self):
        return f"{type_name()}('{self}')"


cdef Price wrap(core.Price value):
    cdef Price price = Price.__new__(Price)
    price.value = value
    return price


def total(list orders not None):
    """The exact sum of the signed prices of `orders`."""
    cdef core.Price sum = core.price_new(0.0, 0)
    cdef Order order
    for order in orders:
        sum = core.price_add(sum, core.price_signed(order.price.value, order.side))
    return wrap(sum)


def type_name():
    """The name that the Rust derive gave the type."""
    return (<bytes>core.price_type_name()).decode()


def abi():
    """The version of the C interface."""
    return core.hybrid_core_abi()
