/* core/convert/attempt.h: runs a step on a file that is examined, with its errors and warnings as defects of the file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_ATTEMPT_H
#define FCI_CONVERT_ATTEMPT_H

#include "core/base/ctx.h"
#include "core/exec/check/defect.h"

typedef struct fci_attempt
{
  fci_try saved;
  fci_defects *defects;
  const char *file;   /* of errors that do not name one */
  bool is_recognized; /* what its format allows, but is not supported, is a defect too */
} fci_attempt;

/* Begins a step; must not begin after an error. */
void fci_attempt_begin (fci_attempt *attempt, fci_defects *defects, const char *file);

/* Ends it.  An error about the content of a file becomes a defect; any other, such as a failed read, an unknown format or a
 * wrong parameter, is reported, and its code is returned.  Returns 0 otherwise. */
int fci_attempt_end (fci_attempt *attempt);

#endif
