/* core/api/builtins.c: the built-in plugins: 'spec', which needs the conversion itself, and those that configure chose.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/builtins.h"
#include "core/spec/input.h"

/* The descriptors of plugins/NAME, where configure decided that they are built in. */
#define DECLARE(id) extern const fmtconv_plugin id##_LTX_fmtconv_plugin;
#define ADDRESS(id) &id##_LTX_fmtconv_plugin,

FCI_PLUGINS_INSIDE (DECLARE)

const fmtconv_plugin *const fci_builtins[] = { &fci_spec_find_plugin, FCI_PLUGINS_INSIDE (ADDRESS) NULL };
