"""The smallest project with every kind of edge."""
# SPDX-License-Identifier: MIT
