#!/usr/bin/env bash
# Build what a box needs to be installed and updated without compiler and without internet:
#   build.sh PYTHON OUT ARCH [PYTHON_VERSION ...]     e.g. build.sh .venv/bin/python dist x86_64 311 313
# The result, OUT/daka-box-ARCH.tar.gz, holds wheels, install.sh and their checksums.
set -euo pipefail
python=$1 out=$2 arch=$3
shift 3
[ $# -gt 0 ] || set -- 311 313 # Debian 12 and 13

extras=agent,certificates
case $arch in
  x86_64 | aarch64) tags=(manylinux_2_17 manylinux2014 manylinux_2_28 manylinux_2_34) ;;
  armv7) # cffi has no wheel there: Debian's python3-cryptography stands in, see install.sh
    tags=(manylinux2014 manylinux_2_17 manylinux_2_31) extras=agent ;;
  *) echo "unknown architecture $arch: x86_64, aarch64 or armv7" >&2; exit 2 ;;
esac
machine=$arch
[ "$arch" != armv7 ] || machine=armv7l

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
wheels=$out/daka-box-$arch
rm -rf "$wheels"
mkdir -p "$wheels"

"$python" -m pip wheel --quiet --no-deps --wheel-dir "$wheels" "$top"
"$python" -m pip wheel --quiet --no-deps --use-pep517 --wheel-dir "$wheels" pyzk # comes as source; pure Python
"$python" -m pip download --quiet --no-deps --only-binary :all: --dest "$wheels" pip
platforms=()
for tag in "${tags[@]}"; do platforms+=(--platform "${tag}_$machine"); done
for version in "$@"; do
  "$python" -m pip download --quiet --only-binary :all: --implementation cp \
    --python-version "$version" --abi "cp$version" --abi abi3 --abi none \
    "${platforms[@]}" --platform any \
    --find-links "$wheels" --dest "$wheels" "$(echo "$wheels"/daka-*.whl)[$extras]"
done
cp "$here/install.sh" "$wheels/"
(cd "$wheels" && sha256sum -- *.whl install.sh > SHA256SUMS)
tar -C "$out" -czf "$out/daka-box-$arch.tar.gz" "daka-box-$arch"
echo "$out/daka-box-$arch.tar.gz: $(ls "$wheels"/*.whl | wc -l) wheels, $(du -h "$out/daka-box-$arch.tar.gz" | cut -f1)"
