"""`python -m hybrid` is the console script."""
# SPDX-License-Identifier: MIT
from hybrid.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
