"""Names, their readings and their grams: what is part of a name finds it."""

import pytest
from chassis.search.grams import grams_of, is_exact, query_grams
from chassis.search.names import key, read
from hypothesis import given
from hypothesis import strategies as st

HAN = st.text("上海重庆国际饭店长乐路银行中山东一的〇𠮷", min_size=1, max_size=12)
MIXED = st.text("上海饭店路KfcéЯ7&(）　 あ한·𠮷", min_size=1, max_size=12).filter(str.strip)


def found(query, name):
    """Tell whether the database's two steps, the grams and the recheck, find the name."""
    wanted, reading = key(query), read(name)
    if not set(query_grams(wanted)) <= set(grams_of(reading)):
        return False
    return is_exact(wanted) or wanted in reading.text


@given(st.data(), st.one_of(HAN, MIXED))
def test_every_part_of_a_name_finds_it(data, name):
    whole = key(name)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    assert found(whole[start:end], name)


@given(st.data(), HAN)
def test_every_part_of_the_initials_finds_the_name(data, name):
    initials = read(name).initials
    start = data.draw(st.integers(0, len(initials) - 1))
    assert found(initials[start : data.draw(st.integers(start + 1, len(initials)))], name)


@given(st.data(), HAN)
def test_pinyin_from_the_beginning_of_a_syllable_finds_the_name(data, name):
    reading = read(name)
    start = data.draw(st.sampled_from(reading.starts))
    assert found(reading.pinyin[start : data.draw(st.integers(start + 1, len(reading.pinyin)))], name)


@given(st.data(), HAN)
def test_three_letters_of_pinyin_find_the_name_wherever_they_stand(data, name):
    pinyin = read(name).pinyin
    start = data.draw(st.integers(0, max(0, len(pinyin) - 3)))
    assert len(pinyin[start : start + 3]) < 3 or found(pinyin[start : start + 3], name)


@given(MIXED, MIXED)
def test_only_names_with_the_query_in_one_reading_are_found(query, name):
    reading = read(name)
    assert not found(query, name) or any(
        key(query) in part for part in (reading.key, reading.pinyin, reading.initials)
    )


@given(MIXED)
def test_the_grams_of_a_name_are_each_there_once(name):
    grams = grams_of(read(name))
    assert grams == sorted(set(grams))
    assert all(1 <= len(gram) <= 3 for gram in grams)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ＫＦＣ", "kfc肯德基"),
        ("kfc", "ＫＦＣ（南京路店）"),
        ("(南京路", "ＫＦＣ（南京路店）"),
        ("blue bottle", "Blue  Bottle 咖啡"),
        ("straße", "STRASSE"),
        ("chongqing", "重庆火锅"),
        ("yinhang", "中国银行"),
        ("zgyh", "中国银行"),
        ("ZhongGuo", "中国银行"),
        ("7天", "７天酒店"),
        ("7tjd", "７天酒店"),
    ],
)
def test_width_case_blanks_and_words_of_several_readings(query, name):
    assert found(query, name)


@pytest.mark.parametrize(
    ("query", "name"), [("海上", "上海"), ("上店", "上海饭店"), ("shf", "上海大饭店"), ("ai", "上海")]
)
def test_what_is_not_part_of_a_name_does_not_find_it(query, name):
    assert not found(query, name)


def test_nothing_is_found_across_two_readings():
    assert not found("京beij", "北京")


def test_a_name_without_chinese_has_no_pinyin():
    assert read("Blue Bottle").text == "bluebottle"
