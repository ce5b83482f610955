"""`python -m visit serve | background | migrate | ops`."""

import sys

from chassis.service import main

from visit.app import DEFINITION

raise SystemExit(main(DEFINITION, sys.argv[1:]))
