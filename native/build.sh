#!/bin/sh
# Builds the addon with the C compiler ($CC, or cc). npm runs this script after an install. The install must not fail if there
# is no compiler: then the script prints one line and exits with 0, and everything except --tun works.
set -u
cd "$(dirname "$0")" || exit 0

cannot() {
  rm -f build/mosaic.node
  echo "mosaic: native addon not built: $1; --tun will not work, everything else will"
  exit 0
}

# Finds the headers of the Node.js in node_modules, or else of the Node.js that runs npm.
find_headers() {
  node=$(readlink -f "${npm_node_execpath:-$(command -v node)}" 2>/dev/null) || node=
  for include in ../node_modules/node-linux-*/include/node "${node%/bin/*}/include/node"; do
    [ -f "$include/node_api.h" ] && [ -f "$include/uv.h" ] && headers=$include && return
  done
  return 1
}

[ "$(uname -s)" = Linux ] || cannot "it is for Linux only"
cc=${CC:-cc}
command -v "${cc%% *}" >/dev/null 2>&1 || cannot "no C compiler (${cc%% *})"
find_headers || cannot "no Node headers (node_api.h, uv.h)"

mkdir -p build || cannot "cannot write to native/build"
# The addon parses packets from the network, so the compiler checks buffers and the linker makes its tables read-only.
harden="-D_FORTIFY_SOURCE=3 -fstack-protector-strong -Wl,-z,relro,-z,now,-z,noexecstack"
# The addon is replaced and never overwritten, because a running process has it mapped. $cc may contain arguments.
new=build/mosaic.node.$$
trap 'rm -f "$new"' EXIT
# shellcheck disable=SC2086
$cc -std=gnu11 -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden -DNAPI_VERSION=8 $harden -I"$headers" -o "$new" ./*.c ||
  cannot "the C compiler failed"
mv -f "$new" build/mosaic.node
