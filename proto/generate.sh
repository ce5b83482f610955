#!/bin/sh
# Writes the Python of the contracts: google-protobuf messages and gRPC stubs into proto/src, and protobuf-py messages
# for the gateway's JSON codec into gateway/src/gateway/wire, with the comments for its OpenAPI document beside them.
set -eu
cd "$(dirname "$0")"
bin=../.venv/bin
wire=../gateway/src/gateway/wire
PATH="$PWD/$bin:$PATH"
rm -rf src/journeyman src/buf "$wire"
mkdir -p src "$wire"
ours=$(find journeyman -name '*.proto' | LC_ALL=C sort)
protoc() { "$bin/python" -m grpc_tools.protoc -I . "$@"; }
# shellcheck disable=SC2086 # a list of files
protoc --python_out=src --mypy_out=quiet:src --grpc_python_out=src --mypy_grpc_out=quiet:src $ours
protoc --python_out=src --mypy_out=quiet:src buf/validate/validate.proto
find src -name '*_pb2_grpc.py*' -print | while read -r file; do
  grep -q '^class .*Stub' "$file" || rm "$file"
done
# shellcheck disable=SC2086 # a list of files
protoc --py_out="$wire" $ours buf/validate/validate.proto google/api/*.proto google/type/*.proto google/rpc/*.proto
# shellcheck disable=SC2086 # a list of files
protoc --include_source_info --descriptor_set_out=/dev/stdout $ours google/type/*.proto |
  "$bin/python" comments.py >../gateway/src/gateway/comments.json
touch src/journeyman/py.typed src/buf/py.typed
