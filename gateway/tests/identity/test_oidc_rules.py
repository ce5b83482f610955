"""Who a provider's person is here."""

import pytest
from gateway.identity.oidc.rules import NobodyHere, SubjectUnusable, account_name, subject_of


def test_a_person_of_the_provider_is_known_by_name_in_lower_case():
    assert account_name({"preferred_username": "Shanghai.Rep1"}, "preferred_username") == "shanghai.rep1"
    verified = {"email": "Rep1@Example.com", "email_verified": True}
    assert account_name(verified, "email") == "rep1@example.com"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": ""},
        {"email": ["rep1@example.com"]},
        {"email": "rep1@example.com"},
        {"email": "rep1@example.com", "email_verified": "true"},
    ],
)
def test_an_address_that_the_provider_has_not_verified_names_nobody(claims):
    with pytest.raises(NobodyHere):
        account_name(claims, "email")


@pytest.mark.parametrize("name", ["\N{KELVIN SIGN}ate", "kate\0", "\N{FULLWIDTH LATIN SMALL LETTER K}ate"])
def test_a_name_that_only_looks_or_becomes_like_another_names_nobody(name):
    with pytest.raises(NobodyHere):
        account_name({"preferred_username": name}, "preferred_username")


@pytest.mark.parametrize("subject", ["", "a\0", "\ud800", "x" * 256, 17, None])
def test_an_id_that_no_database_keeps_is_refused(subject):
    with pytest.raises(SubjectUnusable):
        subject_of({"sub": subject})


def test_an_id_of_any_letters_is_kept():
    assert subject_of({"sub": "auth0|王丽 " + "x" * 246}) == "auth0|王丽 " + "x" * 246
