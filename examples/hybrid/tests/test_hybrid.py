"""Every native part of the package does its work."""
# SPDX-License-Identifier: MIT
import subprocess
import sys

import pytest


def test_price_arithmetic_is_exact():
    from hybrid.prices import Price

    assert str(Price("0.1") + Price("0.2")) == "0.3"
    assert Price("1.50") == Price("1.5")
    assert Price("-0.05").precision == 2


@pytest.mark.parametrize("text", ["", "x", "1.0000000001", "99999999999999999999"])
def test_price_refuses_bad_text(text):
    from hybrid.prices import Price

    with pytest.raises(ValueError):
        Price(text)


def test_orders_have_sides():
    from hybrid.orders import Order
    from hybrid.prices import Price, total

    buy, sell = Order("A", Price("2.5")), Order("A", Price("1.25"), sell=True)
    assert not buy.is_sell and sell.is_sell
    assert str(total([buy, sell])) == "1.25"


def test_window_forgets():
    from hybrid.windows.mean import Mean

    mean = Mean(2)
    for value in (1, 2, 4):
        mean.push(value)
    assert mean.value() == 3.0
    assert mean.weighted() > mean.value()


def test_mean_price_refuses_other_things():
    from hybrid.windows.mean import mean_price

    with pytest.raises(TypeError):
        mean_price([1.0])


def test_c_module():
    from hybrid._fast import sum_prices

    assert sum_prices([0.1, 0.2], 1) == 0.3
    with pytest.raises(ValueError):
        sum_prices([], 10)
    with pytest.raises(TypeError):
        sum_prices(["x"], 1)


def test_pyo3_module():
    from hybrid._rust import Ticker, sum_texts

    assert sum_texts([]) == "0"
    with pytest.raises(ValueError, match="not a digit"):
        sum_texts(["1,5"])
    ticker = Ticker(1.0, 2)
    assert ticker.tick(0.5) == "1.50" and ticker.ticks == 1


def test_modules_import_in_either_order():
    for first, second in (("orders", "prices"), ("prices", "orders")):
        code = f"import hybrid.{first}, hybrid.{second}"
        subprocess.run([sys.executable, "-c", code], check=True)


def test_command():
    done = subprocess.run([sys.executable, "-m", "hybrid"], check=True, capture_output=True, text=True)
    assert done.stdout.endswith("6 parts ran\n")
