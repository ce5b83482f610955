"""`python -m reporting serve | background | migrate | ops`; `ops rebuild` makes the read models anew."""

import sys

from chassis.database import Database
from chassis.service import main

from reporting.app import DEFINITION
from reporting.freshness.rebuild import rebuild
from reporting.settings import ReportingSettings

if sys.argv[1:] == ["ops", "rebuild"]:
    settings = ReportingSettings()  # type: ignore[call-arg] # filled from the environment
    rebuild(Database(settings.database_url.get_secret_value(), "reporting-rebuild"))
    sys.exit()
sys.exit(main(DEFINITION, sys.argv[1:]))
