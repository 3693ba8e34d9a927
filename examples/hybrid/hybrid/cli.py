"""Calls into every module of the package and prints what ran."""
# SPDX-License-Identifier: MIT
import platform
from typing import Callable, List, Tuple


def _prices() -> str:
    from hybrid.prices import Price, abi, total
    from hybrid.orders import Order

    orders = [Order("ACME", Price("10.25")), Order("ACME", Price("10.5"), sell=True)]
    assert str(total(orders)) == "-0.25", total(orders)
    return f"{Price('1.50') + Price('0.255')!r}, interface {abi()}, total of two orders {total(orders)}"


def _orders() -> str:
    from hybrid.orders import Order, side_type
    from hybrid.prices import Price

    order = Order("BOLT", Price("0.125"), sell=True)
    assert str(order.signed_price()) == "-0.125", order
    return f"{order!r}, {side_type()} {order.signed_price()}"


def _windows() -> str:
    from hybrid.instruments import load
    from hybrid.prices import Price
    from hybrid.windows.mean import Mean, mean_price

    mean = Mean(3)
    for value in (1.0, 2.0, 3.0, 4.0):
        mean.push(value)
    assert mean.value() == 3.0, mean.value()
    prices = [Price(text) for text in load()["ACME"]["prices"]]
    assert str(mean_price(prices)) == "10.62", mean_price(prices)
    return f"mean {mean.value()}, weighted {mean.weighted():.4f}, mean price {mean_price(prices)}"


def _fast() -> str:
    from hybrid._fast import sum_prices

    assert sum_prices([0.1] * 10, 2) == 1.0, sum_prices([0.1] * 10, 2)
    return f"ten times 0.1 is {sum_prices([0.1] * 10, 2)}"


def _rust() -> str:
    from hybrid._rust import Ticker, abi, sum_texts

    ticker = Ticker(10.0, 2)
    ticker.tick(0.25)
    assert sum_texts(["1.5", "2.25"]) == "3.75", sum_texts(["1.5", "2.25"])
    return f"interface {abi}, sum {sum_texts(['1.5', '2.25'])}, ticker at {ticker.tick(-0.5)}"


def _data() -> str:
    from hybrid.instruments import load

    return ", ".join(sorted(load()))


_PARTS: List[Tuple[str, str, Callable[[], str]]] = [
    ("hybrid.prices", "Cython + Rust", _prices),
    ("hybrid.orders", "Cython + Rust", _orders),
    ("hybrid.windows.mean", "Cython + Rust", _windows),
    ("hybrid._fast", "C + Rust", _fast),
    ("hybrid._rust", "Rust (PyO3)", _rust),
    ("hybrid.instruments", "Python + data", _data),
]


def main() -> int:
    """Runs every part; a wrong result is an AssertionError."""
    print(f"hybrid on {platform.python_implementation()} {platform.python_version()}")
    for name, kind, part in _PARTS:
        print(f"{name:20} {kind:14} {part()}")
    print(f"{len(_PARTS)} parts ran")
    return 0
