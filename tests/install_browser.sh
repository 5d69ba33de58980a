#!/bin/sh
# Debian's chromium and Chinese glyphs for the tests that look at real screens. Where they cannot
# be installed those tests skip and say so; on a build server (CI=true) that is a failure.
set -u

missing() {
    { command -v chromium || command -v chromium-browser; } >/dev/null 2>&1 || echo chromium
    ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || echo fonts-noto-cjk
}

give_up() {
    echo "install_browser: $1; the tests with a real browser will be skipped" >&2
    [ "${CI:-}" = "true" ] && exit 1
    exit 0
}

packages=$(missing)
[ -z "$packages" ] && exit 0
command -v apt-get >/dev/null 2>&1 || give_up "no apt-get here to install $(echo $packages)"
root=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || give_up "no right to install $(echo $packages)"
    root="sudo -n"
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends $packages >/dev/null ||
    give_up "apt-get could not install $(echo $packages)"
[ -z "$(missing | grep chromium)" ] || give_up "chromium is still missing after its installation"
