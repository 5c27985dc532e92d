/* core/rules/shortlist.h: which patterns of a table can match names of one skeleton.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Found once for each skeleton, so that a name is compared with few patterns, and with none in a table of another model. */
#ifndef FCI_RULES_SHORTLIST_H
#define FCI_RULES_SHORTLIST_H

#include "core/rules/table.h"

/* The shortlists of a model's names. */
typedef struct fci_shortlists
{
  const uint16_t *of;       /* by number of the tensor: its skeleton; NULL: no shortlists */
  const char **skeleton;    /* each has the prefix exactly if its names have; NULL: it has numbers */
  const uint64_t *patterns; /* by skeleton: a bit for each pattern of the table */
  const bool *is_empty;     /* by skeleton */
  bool are_empty;           /* all: no pattern matches a name of the model */
  size_t n_words;           /* of 64 patterns */
} fci_shortlists;

/* Makes the shortlists for names after `prefix`, in the memory of the table.  Returns false if memory ran out. */
bool fci_shortlists_make (const fci_table *table, const fci_pattern *prefix, const fmtconv_model *model,
                          fci_shortlists *out);

/* Returns whether the pattern may match a name of that skeleton, after the prefix.  false: it matches none. */
bool fci_pattern_may_match (const fci_pattern *prefix, const fci_pattern *pattern, const char *skeleton);

#endif
