/* core/exec/against.h: compares existing files with what a plan gives, and writes nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_AGAINST_H
#define FCI_EXEC_AGAINST_H

#include "core/exec/check/defect.h"
#include "core/exec/exec.h"

/* Evaluates the whole plan, and compares each byte with the files at the paths of its outputs: missing files, other sizes and
 * regions that differ are defects.  Returns 0 or a code: the comparison could not be made. */
int fci_execute_against (fmtconv_ctx *ctx, const fci_execution *execution, fci_defects *defects,
                         fci_outcome *outcome);

#endif
