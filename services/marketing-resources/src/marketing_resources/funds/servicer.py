"""Answers FundService."""

from typing import Any

from chassis.pagination import page_of
from chassis.server import Call
from journeyman.marketing.v1 import funds_pb2 as pb
from sqlalchemy import Row

from marketing_resources.funds import store


class FundServicer:
    contract = pb.DESCRIPTOR.services_by_name["FundService"]

    def get_fund(self, request: pb.GetFundRequest, call: Call) -> pb.Fund:
        return _rendered(store.read(call.connection, request.fund_id))

    def list_funds(self, request: pb.ListFundsRequest, call: Call) -> pb.ListFundsResponse:
        page = page_of(request, keys=1)
        rows = store.read_page(call.connection, page)
        shown, token = page.cut(rows, lambda row: (row.code,))
        return pb.ListFundsResponse(funds=map(_rendered, shown), next_page_token=token)

    def create_fund(self, request: pb.CreateFundRequest, call: Call) -> pb.Fund:
        given = request.fund
        row = store.add(call.connection, given.code, given.funder, given.fee_kind, call.now)
        call.changed(f"funds/{row.id}")
        return _rendered(row)


def _rendered(row: Row[Any]) -> pb.Fund:
    fund = pb.Fund(id=row.id, code=row.code, funder=row.funder, fee_kind=row.fee_kind)
    fund.create_time.FromDatetime(row.created_at)
    return fund
