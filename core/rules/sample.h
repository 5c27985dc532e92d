/* core/rules/sample.h: the names and shapes of a small model that rules describe, for tests of the rules.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_SAMPLE_H
#define FCI_RULES_SAMPLE_H

#include "core/rules/table.h"

/* A tensor of the small model. */
typedef struct fci_sample_tensor
{
  const char *name;
  fci_tensor_dims dims;
  bool is_required; /* without it the model is incomplete */
} fci_sample_tensor;

typedef struct fci_sample
{
  fci_sample_tensor *tensor;
  size_t n;
  const char **absent; /* names that `without` left out */
  size_t n_absent;
} fci_sample;

/* Lists what the rules take, except drops, if shape variables have the values and numbers the counts in `sizes`, an object:
 * {"h": 64, "i": 2}.  `without`, globs, names absent tensors.  empty: a model without tensors, with the attributes that
 * config() reads.  A '?' and a rule without shape have 24.  Returns 0 or the code of the recorded error: a name that is not
 * a variable or number, or one without a value; the list lives as long as the context. */
int fci_rules_sample (const fmtconv_model *empty, const fmtconv_rules *rules, const fmtconv_attr *sizes,
                      const char *without, fci_sample *out);

#endif
