"""The judge's parts: entries, compiler commands, wheels and test results."""
# SPDX-License-Identifier: MIT
