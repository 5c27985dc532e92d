/* core/api/map.h: runs rules on a model that is not written, and checks the sizes of model files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_MAP_H
#define FCI_API_MAP_H

#include "core/rules/file.h"
#include <fmtconv/rules.h>
#include <stdbool.h>

/* Applies rules, or their reverse, and returns the new model. NULL: an error was recorded. */
const fmtconv_model *fci_map_run (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_model *in,
                                  bool reverse);

/* Checks the sizes of `test` of a model file, without its models. Returns 0 or the code of an error, which has the place of
 * the entry. */
int fci_map_check_test (fmtconv_ctx *ctx, const fci_rules_file *file);

#endif
