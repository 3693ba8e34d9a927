"""Moving windows over prices."""
# SPDX-License-Identifier: MIT
