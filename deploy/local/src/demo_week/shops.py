"""The shops of the demo: a file of rows, from real data or made from a seed, dealt to people by district."""

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADER = ("name", "address", "adname", "pname", "type", "lat", "lon")
# Districts of Shanghai with their division codes (GB/T 2260) and a place near their centre.
DISTRICTS = {
    "黄浦区": ("310101", 31.2315, 121.4846),
    "徐汇区": ("310104", 31.1883, 121.4365),
    "长宁区": ("310105", 31.2204, 121.4246),
    "静安区": ("310106", 31.2290, 121.4480),
    "普陀区": ("310107", 31.2495, 121.3976),
    "虹口区": ("310109", 31.2646, 121.5050),
    "杨浦区": ("310110", 31.2595, 121.5260),
    "闵行区": ("310112", 31.1128, 121.3817),
    "宝山区": ("310113", 31.4045, 121.4891),
    "嘉定区": ("310114", 31.3747, 121.2653),
    "浦东新区": ("310115", 31.2215, 121.5447),
    "金山区": ("310116", 30.7418, 121.3420),
    "松江区": ("310117", 31.0322, 121.2277),
    "青浦区": ("310118", 31.1497, 121.1242),
    "奉贤区": ("310120", 30.9179, 121.4741),
    "崇明区": ("310151", 31.6229, 121.3975),
}
_MADE_PER_DISTRICT = 15
_FAULTS = {"NAME_MISSING": 1, "POSITION_IMPOSSIBLE": 1, "VALUE_UNKNOWN": 1}
_OWNERS = ("张", "王", "李", "陈", "老", "新", "小", "阿")
_SIGNS = ("福源", "聚香", "永和", "顺发", "鑫隆", "万家", "锦江", "东方", "吉祥", "和平", "康乐", "四季")
_TRADES = ("面馆", "便利店", "超市", "烟酒行", "茶餐厅", "小吃店", "水果店", "食品商行")


@dataclass(frozen=True, slots=True)
class ShopFile:
    """A CSV file of shops as it is uploaded, how many rows it has, and why some of them must be refused."""

    content: bytes
    rows: int
    faults: Mapping[str, int]


def real_shops(folder: Path) -> ShopFile:
    content = (folder / "stores" / "shanghai_food.csv").read_bytes()
    rows = sum(1 for _ in csv.reader(io.StringIO(content.decode("utf-8-sig")))) - 1
    return ShopFile(content, rows, {})


def made_shops() -> ShopFile:
    """Returns shops that a seed decides, with the faults that real files have."""
    rows = [_made(district, number) for district in DISTRICTS for number in range(_MADE_PER_DISTRICT)]
    rows += _faults(rows[0])
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(rows)
    return ShopFile(text.getvalue().encode(), len(rows), _FAULTS)


def _made(district: str, number: int) -> tuple[str, ...]:
    chance = random.Random(f"{district}{number}")  # noqa: S311  shops are made alike each time, not kept secret
    _, latitude, longitude = DISTRICTS[district]
    name = chance.choice(_OWNERS) + chance.choice(_SIGNS) + chance.choice(_TRADES)
    place = (f"{c + chance.uniform(-0.01, 0.01):.6f}" for c in (latitude, longitude))
    return (name, f"{district[:2]}路{number + 1}号", district, "上海市", "餐饮服务", *place)


def _faults(shop: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Returns the rows of `_FAULTS`, and one that stands there twice."""
    _, address, district, *rest = shop
    return [
        ("", address, district, *rest),
        ("北极便利店", address, district, *rest[:2], "131.2", "121.4"),
        ("外滩小卖部", address, "外滩区", *rest),
        shop,
    ]


def dealt(people: Sequence[str]) -> dict[str, str]:
    """Returns who looks after each district: neighbours in the list stay together, everybody has as many."""
    each = len(DISTRICTS) // len(people)
    return {district: people[number // each] for number, district in enumerate(DISTRICTS)}
