"""Answers for imports."""

from datetime import UTC, datetime

from chassis.errors import FieldProblem, InvalidFields, NotFound
from chassis.identifiers import new_id
from chassis.imports.errors import naming_columns
from chassis.imports.rules import UploadIncomplete
from chassis.jobs import enqueue
from chassis.server.call import Call
from chassis.uploads.links import LINK_LIFE
from chassis.uploads.tables import CSV, TableFiles
from journeyman.customer.v1 import customers_pb2

from chassis import operations
from customer.customers.ownership import Assigner, Organisation, assign
from customer.imports import rules, store
from customer.imports.plan import Plan

KIND = "customers.import"


class ImportsServicer:
    """The import methods of CustomerService."""

    def __init__(self, service: str, organisation: Organisation, files: TableFiles) -> None:
        self._service = service
        self._organisation = organisation
        self._files = files

    def begin_import_upload(
        self, request: customers_pb2.BeginImportUploadRequest, call: Call
    ) -> customers_pb2.ImportUpload:
        upload_id = new_id()
        object_key = f"imports/{upload_id}"
        expires = datetime.now(UTC).replace(microsecond=0) + LINK_LIFE
        store.add_upload(
            call.connection,
            upload_id,
            subject=call.caller.subject,
            object_key=object_key,
            size_bytes=request.size_bytes,
            expires_at=expires,
        )
        call.changed(f"importUploads/{upload_id}")
        kind = request.content_type or CSV
        link = self._files.upload_link(object_key, request.size_bytes, kind, expires)
        upload = customers_pb2.ImportUpload(upload_id=upload_id, upload_url=link)
        upload.expire_time.FromDatetime(expires)
        return upload

    def import_customers(
        self, request: customers_pb2.ImportCustomersRequest, call: Call
    ) -> customers_pb2.ImportCustomersResponse:
        mappings = _mappings(request)
        assigner = Assigner.of(call)
        self._demand_owner(request, mappings, assigner)
        object_key = self._uploaded(request.upload_id, call)
        operation_id = operations.create(call.connection, KIND, call.caller.subject, call.now)
        plan = Plan(
            operation_id=operation_id,
            object_key=object_key,
            mappings=mappings,
            datum=request.datum,
            owner_id=request.owner_id.lower(),
            assigner=assigner,
            language=call.language,
        )
        store.begin(call.connection, operation_id)
        enqueue(call.connection, KIND, plan.payload())
        public_id = operations.operation_id(self._service, operation_id)
        call.changed(f"operations/{public_id}")
        return customers_pb2.ImportCustomersResponse(operation_id=public_id)

    def _uploaded(self, upload_id: str, call: Call) -> str:
        object_key = store.object_key_of(call.connection, upload_id, call.caller.subject)
        if object_key is None:
            raise NotFound("upload")
        if self._files.store.stat(object_key) is None:
            raise UploadIncomplete
        return object_key

    def _demand_owner(
        self,
        request: customers_pb2.ImportCustomersRequest,
        mappings: tuple[rules.ColumnMapping, ...],
        assigner: Assigner,
    ) -> None:
        """Raise UnknownUser for an owner out of reach, InvalidFields when rows could have none at all."""
        if request.owner_id:
            assign(self._organisation, assigner, request.owner_id.lower(), "")
        elif not assigner.subject and not any(mapping.field == "owner_id" for mapping in mappings):
            raise InvalidFields(FieldProblem("ownerId", "OWNER_MISSING", "name an owner", "请指定负责人"))


def _mappings(request: customers_pb2.ImportCustomersRequest) -> tuple[rules.ColumnMapping, ...]:
    mappings = tuple(
        rules.ColumnMapping(given.column.strip(), given.field, dict(given.values))
        for given in request.columns
    )
    with naming_columns():
        rules.demand_mapping(mappings)
    return mappings
