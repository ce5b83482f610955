"""Answers LedgerService."""

from chassis.pagination import page_of
from chassis.sealing import state as state_of
from chassis.server import Call
from journeyman.marketing.v1 import ledger_pb2 as pb

from marketing_resources.ledger import messages, store, verification
from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.proof import Cursor


class LedgerServicer:
    contract = pb.DESCRIPTOR.services_by_name["LedgerService"]

    def list_ledger_entries(
        self, request: pb.ListLedgerEntriesRequest, call: Call
    ) -> pb.ListLedgerEntriesResponse:
        page = page_of(request, keys=1)
        rows = store.read_page(call.connection, request, page, call.scope)
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListLedgerEntriesResponse(ledger_entries=map(messages.render, shown), next_page_token=token)

    def verify_ledger(self, request: pb.VerifyLedgerRequest, call: Call) -> pb.VerifyLedgerResponse:
        page = page_of(request, default=verification.DEFAULT_SIZE, largest=verification.LARGEST_SIZE, keys=1)
        key = page.key(Cursor.parse)
        stretch = verification.prove(call.connection, key[0] if key else Cursor(), page.size)
        state = state_of(call.connection, LEDGER)
        response = pb.VerifyLedgerResponse(
            entry_count=stretch.entry_count,
            findings=map(messages.render_finding, stretch.findings),
            unsealed_count=state.unsealed_count,
            head_position=state.head_position,
        )
        if stretch.following:
            response.next_page_token = page.token((str(stretch.following),))
        return response
