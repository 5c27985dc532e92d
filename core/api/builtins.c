/* core/api/builtins.c: the built-in plugins, which need the conversion itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/builtins.h"
#include "core/spec/input.h"

const fmtconv_plugin *const fci_builtins[] = { &fci_spec_find_plugin, NULL };
