/* core/rules/rules.h: applying rules to a model, forwards, in reverse, or only to see whether they fit.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_RULES_H
#define FCI_RULES_RULES_H

#include <fmtconv/rules.h>
#include <stdbool.h>

typedef struct fci_recognition
{
  size_t claimed;    /* tensors that rules other than drops take */
  uint64_t bytes;    /* of those */
  size_t missing;    /* required ones that are not there */
  size_t unknown;    /* tensors that the rules would refuse; none, and none missing: recognized */
  const char *first; /* name of the first claimed tensor */
  const bool *takes; /* by number of the tensor: claimed?  NULL: none is */
} fci_recognition;

/* Run the rules silently.  0, or the code of an error that is not about the model (E_NOMEM). */
int fci_rules_recognize (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out);

/* The same in reverse: the model is what the rules make. */
int fci_rules_recognize_reverse (const fmtconv_rules *rules, const fmtconv_model *model,
                                 fci_recognition *out);

/* Is the table well-formed?  0, or E_INTERNAL with the rule's number and what is wrong.  Run when a
 * plugin is loaded. */
int fci_rules_check (fmtconv_ctx *ctx, const fmtconv_rules *rules);

/* Why the rules do not run in reverse: the rule, and what it does.  NULL: they do, or an error. */
const char *fci_rules_one_way (fmtconv_ctx *ctx, const fmtconv_rules *rules);

#endif
