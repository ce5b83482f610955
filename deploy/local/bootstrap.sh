#!/bin/sh
# Makes .venv from the lock, on a machine with Python and nothing else; does nothing while the lock is unchanged.
# The ways, best first: uv on PATH; uv installed by pip into .venv; pip alone from the hashed requirements.lock, which
# names no host and so works through a mirror.
set -eu
cd "$(dirname "$0")/../.."
export UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1
# Ten processes start at once: compiling what they import doubles their start, and where PYTHONDONTWRITEBYTECODE is set
# they would do it each time.
export UV_COMPILE_BYTECODE=1
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONPATH

say() { printf 'journeyman: %s\n' "$*" >&2; }

made_from() { printf '%s %s\n' "$(pwd -P)" "$(cksum <uv.lock)"; }

is_current() { [ -x .venv/bin/python ] && [ "$(cat .venv/made-from 2>/dev/null)" = "$(made_from)" ]; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for candidate in python3 python3.11 python3.12 python3.13 python3.14; do
    if new_enough "$candidate"; then command -v "$candidate"; return; fi
  done
  say "Python 3.11 or later is missing; python3 here is: $(python3 --version 2>&1 | head -n 1)"
  return 1
}

trust_the_hosts_roots() {
  for roots in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -s "$roots" ]; then export UV_SYSTEM_CERTS=1; fi
  done
}

sync_with() { "$1" sync --frozen --inexact --python "$python"; }

has_uv() { command -v uv >/dev/null || [ -x .venv/bin/uv ]; }

need_venv_module() {
  if "$python" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
  version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  say "the venv module of $version is missing: install the package $version-venv, or uv"
  exit 1
}

install_uv() {
  sed -n '/^uv==/,/[^\\]$/p' requirements.lock >.venv/uv.txt
  .venv/bin/python -m pip install --quiet --require-hashes -r .venv/uv.txt
}

install_with_pip() {
  .venv/bin/python -m pip install --require-hashes -r requirements.lock
  site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  for source in proto/src chassis/src directory/src gateway/src services/*/src deploy/local/src; do
    printf '%s/%s\n' "$(pwd -P)" "$source"
  done >"$site/journeyman.pth"
}

install() {
  if command -v uv >/dev/null && sync_with uv; then return; fi
  if [ -x .venv/bin/uv ] && sync_with .venv/bin/uv; then return; fi
  need_venv_module
  say "no uv that works on PATH; installing one into .venv"
  "$python" -m venv --clear .venv
  if install_uv && sync_with .venv/bin/uv; then return; fi
  say "uv cannot install the packages here; pip does it from requirements.lock"
  install_with_pip
}

if is_current; then exit 0; fi
python=$(find_python)
has_uv || need_venv_module
trust_the_hosts_roots
say "making the environment from the lock (.venv, $("$python" --version))"
install
made_from >.venv/made-from
