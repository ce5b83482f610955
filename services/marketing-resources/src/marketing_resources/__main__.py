"""`python -m marketing_resources serve | background | migrate | ops`."""

import sys

from chassis.service import main

from marketing_resources.app import DEFINITION

raise SystemExit(main(DEFINITION, sys.argv[1:]))
