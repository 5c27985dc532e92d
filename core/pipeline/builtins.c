/* core/pipeline/builtins.c: the plugins that the library itself holds, because they need the pipeline.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pipeline/spec-input.h"
#include "core/plugin/registry.h"

const fmtconv_plugin *const fci_builtins[] = { &fci_spec_plugin, NULL };
