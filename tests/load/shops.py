"""A hundred thousand customers that a seed decides, and words that people would look for among them."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

COUNT = 100_000
CHANNELS = ("dealer", "supermarket", "convenience_store", "restaurant", "wholesaler")
_DISTRICTS = ("黄浦", "徐汇", "长宁", "静安", "普陀", "虹口", "杨浦", "闵行", "宝山", "嘉定", "浦东", "松江")
_OWNERS = "张王李陈刘杨赵黄周吴徐孙马朱胡郭何林高罗"
_SIGNS = "福源聚香永和顺发鑫隆万家锦江东方吉祥和平康乐四季天元宝华新兴恒泰瑞丰德昌百利金桥"
_TRADES = ("面馆", "便利店", "超市", "烟酒行", "茶餐厅", "小吃店", "水果店", "食品商行", "批发部", "生活馆")
_ROADS = (
    "人民路",
    "中山路",
    "解放路",
    "长江路",
    "和平路",
    "淮海路",
    "延安路",
    "张杨路",
    "世纪大道",
    "南京路",
)

_BRANCHES = 0.7

Shop = dict[str, Any]


def shops(count: int = COUNT) -> Iterator[Shop]:
    chance = random.Random("customers")
    for number in range(count):
        yield shop(chance, number)


def shop(chance: random.Random, number: int) -> Shop:
    """Return a shop with a name as shops have them, ten characters or so: most are a branch of a road."""
    district = chance.randrange(len(_DISTRICTS))
    road, owner = chance.choice(_ROADS), chance.choice(_OWNERS)
    name = "".join(chance.sample(_SIGNS, 2)) + chance.choice(_TRADES)
    return {
        "name": f"{name}({road}店)" if chance.random() < _BRANCHES else owner + name,
        "code": f"C{number:07}",
        "channel_type": chance.choice(CHANNELS),
        "category": "食品饮料",
        "contact_name": f"{owner}经理",
        "phone": f"138{chance.randrange(10**8):08}",
        "address": f"上海市{_DISTRICTS[district]}区{road}{chance.randrange(1, 2000)}号",
        "division_code": f"3101{district + 1:02}",
        "latitude": round(31.0 + chance.random() / 2, 6),
        "longitude": round(121.2 + chance.random() / 2, 6),
    }


def words(names: Sequence[str], count: int = 60) -> list[str]:
    """Return parts of names, two to five characters long."""
    chance = random.Random("words")
    found = []
    while len(found) < count:
        name = chance.choice(names)
        length = min(chance.randrange(2, 6), len(name))
        start = chance.randrange(len(name) - length + 1)
        found.append(name[start : start + length])
    return found
