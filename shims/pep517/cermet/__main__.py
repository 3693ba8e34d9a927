"""`python -m cermet` is the program cermet."""
# SPDX-License-Identifier: MIT
import subprocess
import sys

from cermet import find_program


def main() -> int:
    try:
        return subprocess.call([find_program(), *sys.argv[1:]])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
