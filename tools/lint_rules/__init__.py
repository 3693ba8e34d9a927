"""The rules of tools/lint, one file per subject."""
# SPDX-License-Identifier: MIT
