"""`python -m reporting serve | background | migrate | ops`."""

import sys

from chassis.service import main

from reporting.app import DEFINITION

raise SystemExit(main(DEFINITION, sys.argv[1:]))
