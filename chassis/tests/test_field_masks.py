import pytest
from chassis.field_masks import FieldMaskError, changed_fields
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

STRING, INT32, MESSAGE = (
    FieldDescriptorProto.TYPE_STRING,
    FieldDescriptorProto.TYPE_INT32,
    FieldDescriptorProto.TYPE_MESSAGE,
)
ONE, MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED


def field(
    name: str, number: int, kind: int, label: int = ONE, type_name: str | None = None
) -> FieldDescriptorProto:
    return FieldDescriptorProto(name=name, number=number, type=kind, label=label, type_name=type_name)


def shop_class() -> type[Message]:
    nickname = field("nickname", 4, STRING)
    nickname.proto3_optional, nickname.oneof_index = True, 0
    address = DescriptorProto(name="Address", field=[field("city", 1, STRING), field("street", 2, STRING)])
    shop = DescriptorProto(
        name="Shop",
        field=[
            field("id", 1, STRING),
            field("name", 2, STRING),
            field("floors", 3, INT32),
            nickname,
            field("tags", 5, STRING, MANY),
            field("address", 6, MESSAGE, type_name=".fields.Address"),
            field("branches", 7, MESSAGE, MANY, ".fields.Address"),
        ],
    )
    shop.oneof_decl.add(name="_nickname")
    pool = DescriptorPool()
    pool.Add(
        FileDescriptorProto(
            name="shop.proto", package="fields", syntax="proto3", message_type=[address, shop]
        )
    )
    return GetMessageClass(pool.FindMessageTypeByName("fields.Shop"))


Shop = shop_class()
MUTABLE = frozenset({"name", "floors", "nickname", "tags", "address.city", "address.street"})


def changed(*paths: str, **values) -> tuple[str, ...]:
    return changed_fields(FieldMask(paths=paths), Shop(**values), mutable=MUTABLE)


def test_a_masked_field_is_changed_set_or_not():
    assert changed("name", "floors", name="new") == ("floors", "name")


def test_an_empty_mask_changes_the_mutable_fields_that_are_set():
    assert changed(id="1", name="new", tags=["a"], address={"city": "上海"}) == (
        "address.city",
        "name",
        "tags",
    )


def test_an_empty_mask_sees_a_field_set_to_its_default_only_where_presence_is_kept():
    assert changed(name="", floors=0, nickname="") == ("nickname",)


def test_an_empty_mask_over_an_empty_message_changes_nothing():
    assert changed() == ()


def test_a_star_changes_every_mutable_field():
    assert changed("*") == tuple(sorted(MUTABLE))


def test_a_star_stands_alone():
    with pytest.raises(FieldMaskError) as refused:
        changed("*", "name")
    assert refused.value.field == "*"


def test_a_parent_stands_for_its_mutable_inner_fields():
    assert changed("address") == ("address.city", "address.street")
    assert changed("address", "address.city") == ("address.city", "address.street")


def test_a_message_that_is_mutable_as_a_whole_is_not_changed_in_part():
    whole = frozenset({"address"})
    assert changed_fields(FieldMask(paths=["address"]), Shop(), mutable=whole) == ("address",)
    assert changed_fields(FieldMask(), Shop(address={}), mutable=whole) == ("address",)
    with pytest.raises(FieldMaskError, match="cannot be updated"):
        changed_fields(FieldMask(paths=["address.city"]), Shop(), mutable=whole)


@pytest.mark.parametrize(
    "path",
    ["colour", "Name", "", ".", "name.first", "address.", "address.zip", "tags.0", "branches.city", "a.b.c"],
)
def test_an_unknown_path_is_refused_by_name(path: str):
    with pytest.raises(FieldMaskError) as refused:
        changed("name", path)
    assert (refused.value.field, refused.value.reason) == (path, "no such field")


def test_a_field_that_cannot_be_updated_is_refused_by_name():
    with pytest.raises(FieldMaskError) as refused:
        changed("name", "id")
    assert (refused.value.field, refused.value.reason) == ("id", "cannot be updated")


@given(paths=st.lists(st.sampled_from(sorted(MUTABLE)), min_size=1))
def test_mutable_paths_come_back_each_once(paths: list[str]):
    assert changed(*paths) == tuple(sorted(set(paths)))


@given(paths=st.lists(st.text(alphabet="*.adersct", max_size=12)))
def test_any_mask_names_mutable_fields_or_is_refused(paths: list[str]):
    try:
        named = changed(*paths)
    except FieldMaskError as error:
        refused = error.field
    else:
        assert set(named) <= MUTABLE
        return
    assert refused in paths
