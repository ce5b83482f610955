import pytest
from journeyman.identity.v1 import org_units_pb2

Unit = org_units_pb2.OrgUnit


@pytest.mark.rule("R158")
def test_ten_sections_work_for_eight_companies_R158(identity, tree, refused):
    companies = [f"公司{number}" for number in range(1, 9)]
    group = identity.unit_id("hq-group")
    for number in range(1, 10):  # the demo has one already
        given = Unit(
            code=f"section-{number}",
            display_name=f"板块{number}",
            parent_id=group,
            kind=Unit.KIND_SECTION,
            company=companies[number % 8],
        )
        tree.units.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest(org_unit=given))
    first = Unit(id=identity.unit_id("consumer-goods"), company=companies[0])
    tree.units.UpdateOrgUnit(org_units_pb2.UpdateOrgUnitRequest(org_unit=first))
    tree.create("harbour", "section-3", Unit.KIND_REGION)
    tree.create("dock", "harbour")
    listed = tree.units.ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_size=200)).org_units
    sections = {unit.id: unit for unit in listed if unit.kind == Unit.KIND_SECTION}
    assert len(sections) == 10
    assert {section.company for section in sections.values()} == set(companies)
    by_code = {unit.code: unit for unit in listed}
    assert {unit.section_id for unit in sections.values()} == set(sections)
    assert by_code["dock"].section_id == by_code["section-3"].id
    assert by_code["hq-finance"].section_id == ""
    with refused() as refusal:
        tree.create("inner", "dock", Unit.KIND_SECTION)
    assert refusal.reason == "SECTION_INSIDE_SECTION"


@pytest.mark.rule("R239")
def test_the_tree_has_the_levels_that_it_is_given_R239(identity, tree):
    company = tree.create("property", "hq-group", Unit.KIND_COMPANY)
    tree.create("pudong-office", "property")
    tree.create("gate-house", "pudong-office")
    office = tree.unit("pudong-office")
    assert (company.parent_id, office.parent_id) == (identity.unit_id("hq-group"), company.id)
    assert tree.unit("gate-house").parent_id == office.id


@pytest.mark.rule("R164")
def test_a_province_sees_itself_and_the_group_sees_every_province_R164(tree):
    """Two levels: group and province, of which each has its data to itself."""
    for province in ("zhejiang", "jiangsu"):
        tree.create(province, "hq-group", Unit.KIND_COMPANY)
    tree.appoint(tree.hire("zj", "zhejiang"), "section_head", "zhejiang")
    assert tree.seen_by("zj") == ["zhejiang"]
    assert {"zhejiang", "jiangsu"} <= set(tree.seen_by("auditor"))
