"""Answers for imports of accounts."""

from datetime import UTC, datetime

from chassis.access.people import demand_person
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.imports.errors import naming_columns
from chassis.imports.rules import UploadIncomplete
from chassis.jobs import enqueue
from chassis.server import Call
from chassis.uploads.links import LINK_LIFE
from chassis.uploads.tables import CSV, TableFiles
from journeyman.identity.v1 import users_pb2

from chassis import operations
from gateway.identity.user_imports import rules, store
from gateway.identity.user_imports.plan import Plan

KIND = "users.import"


class UserImports:
    """The import methods of UserService."""

    def __init__(self, service: str, files: TableFiles) -> None:
        self._service = service
        self._files = files

    def begin_user_import_upload(
        self, request: users_pb2.BeginUserImportUploadRequest, call: Call
    ) -> users_pb2.UserImportUpload:
        demand_person(call.caller)
        upload_id = new_id()
        object_key = f"user-imports/{upload_id}"
        expires = datetime.now(UTC).replace(microsecond=0) + LINK_LIFE
        values = {"subject": call.caller.subject, "object_key": object_key, "expires_at": expires}
        store.add_upload(call.connection, {"id": upload_id, **values})
        call.changed(f"userImportUploads/{upload_id}")
        kind = request.content_type or CSV
        link = self._files.upload_link(object_key, request.size_bytes, kind, expires)
        upload = users_pb2.UserImportUpload(upload_id=upload_id, upload_url=link)
        upload.expire_time.FromDatetime(expires)
        return upload

    def import_users(
        self, request: users_pb2.ImportUsersRequest, call: Call
    ) -> users_pb2.ImportUsersResponse:
        demand_person(call.caller)
        mappings = _mappings(request)
        object_key = self._uploaded(request.upload_id, call)
        operation_id = operations.create(call.connection, KIND, call.caller.subject, call.now)
        plan = Plan(
            operation_id=operation_id,
            importer_id=call.caller.subject,
            object_key=object_key,
            mappings=mappings,
            dry_run=request.dry_run,
            language=call.language,
        )
        enqueue(call.connection, KIND, plan.payload())
        public_id = operations.operation_id(self._service, operation_id)
        call.changed(f"operations/{public_id}")
        return users_pb2.ImportUsersResponse(operation_id=public_id)

    def _uploaded(self, upload_id: str, call: Call) -> str:
        object_key = store.object_key_of(call.connection, upload_id, call.caller.subject)
        if object_key is None:
            raise NotFound("upload")
        if self._files.store.stat(object_key) is None:
            raise UploadIncomplete
        return object_key


def _mappings(request: users_pb2.ImportUsersRequest) -> tuple[rules.ColumnMapping, ...]:
    mappings = tuple(rules.ColumnMapping(given.column.strip(), given.field) for given in request.columns)
    with naming_columns():
        if mappings:
            rules.demand_mapping(mappings)
    return mappings
