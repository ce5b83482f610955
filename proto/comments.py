# ruff: noqa: INP001 - a script that generate.sh runs, no module of a package
"""Prints the comments of a FileDescriptorSet (standard input) as JSON: text by full name.

The generated Python carries none, and the gateway's OpenAPI document shows them.
"""

import json
import sys
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message


def comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        text = "\n".join(line.removeprefix(" ") for line in location.leading_comments.rstrip().split("\n"))
        if text and location.path and len(location.path) % 2 == 0:
            yield full_name(file, location.path), text


def full_name(file: FileDescriptorProto, path: Sequence[int]) -> str:
    """The name of the element at a path of field numbers and indexes, as source_code_info writes them."""
    element: Message = file
    names = [file.package]
    for number, index in zip(path[::2], path[1::2], strict=True):
        element = getattr(element, element.DESCRIPTOR.fields_by_number[number].name)[index]
        names.append(getattr(element, "name", ""))
    return ".".join(names)


def main() -> None:
    found: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(sys.stdin.buffer.read()).file:
        found |= comments(file)
    json.dump(dict(sorted(found.items())), sys.stdout, ensure_ascii=False, indent=0)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
