#!/bin/sh
# tests/contract/pages.sh: the build, README.md and fmtconv.1 list the plugins that have a folder, and no others; likewise models.
# SPDX-License-Identifier: Apache-2.0
cd "${srcdir:-.}" || exit 99
failed=0
for page in README.md doc/fmtconv.1; do
  if ! sh plugins/list.sh --show $page | diff -u $page -; then
    echo "FAIL: the list of plugins in $page is out of date: run plugins/list.sh --pages"
    failed=1
  fi
done
for page in README.md doc/fmtconv-models.7; do
  if ! sh models/list.sh --show $page | diff -u $page -; then
    echo "FAIL: the list of models in $page is out of date: run models/list.sh --pages"
    failed=1
  fi
done
for model in models/*.yaml; do
  if ! grep -q "$model" models/local.mk; then
    echo "FAIL: models/local.mk lacks $model"
    failed=1
  fi
done
if ! ls -- plugins/*/local.mk | sed 's/^/include /' | LC_ALL=C sort | diff - plugins/plugins.mk | grep '^[<>] include'; then
  exit $failed
fi
echo "FAIL: the folders of plugins/ are not those of plugins/plugins.mk: run ./bootstrap"
exit 1
