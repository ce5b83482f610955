import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from visit.attendance.tables import metadata as attendance
from visit.customers.tables import metadata as customers
from visit.discipline.tables import metadata as discipline
from visit.photos.tables import metadata as photos
from visit.tracks.tables import metadata as tracks
from visit.violations.tables import metadata as violations
from visit.visit_plans.tables import metadata as visit_plans
from visit.visits.tables import metadata as visits
from visit.work_policies.tables import metadata as work_policies


@pytest.mark.parametrize(
    "metadata",
    [work_policies, attendance, tracks, violations, discipline, customers, visit_plans, visits, photos],
)
def test_tables_are_those_of_the_migrations(database, metadata):
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
        "include_object": lambda _object, _name, kind, _reflected, _to: (
            kind not in {"index", "unique_constraint", "foreign_key_constraint"}
        ),
    }
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
