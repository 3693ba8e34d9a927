"""Calls into both modules and prints what ran."""
# SPDX-License-Identifier: MIT
from model._count import clamped
from model.clamp import clamp

assert clamp(1000) == 200 and clamp(-5) == -5
assert clamped([1, 1000, -1000]) == 2
print("model.clamp and model._count ran")
