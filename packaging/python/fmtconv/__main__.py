"""python -m fmtconv: the program of this package, as it is."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
from typing import NoReturn

from ._lib import PROGRAM


def main() -> NoReturn:
    """Becomes the program, so that signals, streams and the exit status are its own."""
    if not PROGRAM.exists():
        sys.exit(f"fmtconv: {PROGRAM} is missing: install the package again")
    sys.stdout.flush()
    os.execv(PROGRAM, ["fmtconv", *sys.argv[1:]])


if __name__ == "__main__":
    main()
