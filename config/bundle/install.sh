#!/usr/bin/env bash
# Install the store box from this folder: no compiler, no internet. Run as root, again after a failure.
#   ./install.sh [ROOT]          default /opt/daka
set -euo pipefail
cd "$(dirname "$0")"
root=${1:-/opt/daka}
sha256sum --quiet --check SHA256SUMS || { echo "a file of the bundle is damaged: copy it again" >&2; exit 1; }
wheel=$(echo daka-*-py3-none-any.whl)
version=${wheel#daka-}
name=${version%-py3-none-any.whl}-$(sha256sum "$wheel" | cut -c1-8)
folder=$root/versions/$name
rm -rf "$folder"
mkdir -p "$root/versions"
extras=agent,certificates
options=(--without-pip)
if ! ls cryptography-*.whl >/dev/null 2>&1; then
  extras=agent # Debian's own stands in for the one library without a wheel for this machine
  options+=(--system-site-packages)
  python3 -c 'import cryptography' 2>/dev/null || echo "for certificates: apt-get install python3-cryptography" >&2
fi
python3 -m venv "${options[@]}" "$folder"
python3 "$(echo pip-*.whl)/pip" --python "$folder/bin/python" install --quiet --disable-pip-version-check \
  --no-index --find-links . "./$wheel[$extras]"
ln -sfn "versions/$name" "$root/.current.new"
mv -T "$root/.current.new" "$root/current"
[ "$root" != /opt/daka ] || ln -sf "$root/current/bin/daka-agent" /usr/local/bin/daka-agent
echo "installed $name in $folder"
echo "next: daka-agent init, then daka-agent service install"
