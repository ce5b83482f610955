"""Finding things by part of a name: in Chinese, in pinyin or its initials, in Latin letters.

A service keeps names in `search_entries`, written in the transaction that writes the thing::

    entries.write(connection, "duties", row.id, row.name, row.code)

and serves SearchService from sources::

    class Duties:
        kind = "duties"
        permission = "duties.read"

        def find(self, call, scope, query, limit):
            duties = select(columns.id, columns.name).where(scope.clause(columns.unit_id, columns.owner_id))
            rows = entries.best(
                call.connection, duties, columns.id, kind="duties", query=query, limit=limit
            )
            return [Found(row.id, row.name) for row in rows]

`create_search_table()` in a migration makes the table.
"""

from chassis.search.names import Query
from chassis.search.servicer import Found, SearchServicer, SearchSource

__all__ = ["Found", "Query", "SearchServicer", "SearchSource"]
