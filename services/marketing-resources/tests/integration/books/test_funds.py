import grpc
import pytest
from journeyman.marketing.v1 import funds_pb2 as pb


def create(caller, **fields):
    values = {"code": "HQ-PROMOTION", "funder": "总部", "fee_kind": "促销费"} | fields
    return caller.funds.CreateFund(pb.CreateFundRequest(fund=pb.Fund(**values)))


def codes(caller, **fields):
    answer = caller.funds.ListFunds(pb.ListFundsRequest(**fields))
    return [fund.code for fund in answer.funds], answer.next_page_token


@pytest.mark.rule("R039")
def test_the_funds_of_both_funders_and_their_four_fees_can_be_kept_R039(books):
    fees = [
        ("HQ-EXHIBITION", "总部", "广告展览费"),
        ("HQ-PROMOTION", "总部", "促销费"),
        ("GD-ACTIVITY", "广东分公司", "促销活动费"),
        ("GD-MARKETING", "广东分公司", "市场推广费"),
    ]
    with books.calling("funds.*") as caller:
        for code, funder, fee_kind in fees:
            create(caller, code=code, funder=funder, fee_kind=fee_kind)
        listed = caller.funds.ListFunds(pb.ListFundsRequest()).funds
    assert [(fund.code, fund.funder, fund.fee_kind) for fund in listed] == sorted(fees)


def test_a_fund_is_returned_as_it_was_created(books):
    with books.calling("funds.*") as caller:
        created = create(caller)
        assert caller.funds.GetFund(pb.GetFundRequest(fund_id=created.id)) == created
    assert created.create_time.ToJsonString() == "2026-03-02T01:00:00Z"


def test_a_code_stands_for_one_fund(books, refused):
    with books.calling("funds.*") as caller:
        create(caller)
        with refused() as refusal:
            create(caller, fee_kind="广告展览费")
    assert (refusal.status, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "FUND_EXISTS")


def test_a_fund_that_does_not_exist_is_not_found(books, refused):
    with books.calling("funds.*") as caller, refused() as refusal:
        caller.funds.GetFund(pb.GetFundRequest(fund_id="00000000-0000-7000-8000-0000000000ff"))
    assert refusal.status is grpc.StatusCode.NOT_FOUND


def test_funds_are_listed_page_by_page_in_the_order_of_their_codes(books):
    with books.calling("funds.*") as caller:
        for code in ("C", "A", "D", "B"):
            create(caller, code=code)
        first, token = codes(caller, page_size=3)
        rest, end = codes(caller, page_size=3, page_token=token)
    assert (first, rest, end) == (["A", "B", "C"], ["D"], "")
