"""`python -m customer serve | background | migrate | ops`."""

import sys

from chassis.service import main

from customer.app import DEFINITION

raise SystemExit(main(DEFINITION, sys.argv[1:]))
