"""Disbursements: what is to be paid for approved plans."""
