/* core/rules/rules.h: applies rules to a model, forward, in reverse, or only to test whether they fit.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_RULES_H
#define FCI_RULES_RULES_H

#include "core/rules/part.h"
#include <fmtconv/rules.h>
#include <stdbool.h>

typedef struct fci_recognition
{
  bool fits;         /* the table can be used with this model, which meets its conditions */
  size_t claimed;    /* tensors taken by rules other than drops */
  uint64_t bytes;    /* bytes of claimed tensors */
  size_t missing;    /* required tensors that are absent */
  size_t unknown;    /* tensors that the rules would refuse; 0 unknown and 0 missing: recognized */
  const char *first; /* name of the first claimed tensor */
  const bool *takes; /* by number of the tensor: claimed; NULL: none, or the model is not recognized */
  const char *why; /* why the rules cannot be used with this model; NULL: they can, or memory is exhausted */
} fci_recognition;

/* Runs the rules silently. Returns 0, or the code of an error that does not concern the model (E_NOMEM). */
int fci_rules_recognize (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out);

/* Runs the rules silently in reverse: the model is an output of the rules. */
int fci_rules_recognize_reverse (const fmtconv_rules *rules, const fmtconv_model *model,
                                 fci_recognition *out);

/* Gives the tensors the names of the first side, whichever side they have, without a prefix, and the attributes of a
 * file for ComfyUI. Problems are reported as those of the side that fits better. */
void fci_rules_for_comfy (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out);

/* The attribute that says how ComfyUI-GGUF stores the model, from the key of a model file: `f32` and `plain`, lists of
 * globs, and `rows`, a truth value. */
#define FCI_COMFY "comfy"

/* Returns the attributes that the rules give to what they make of the model, which need not be frozen. NULL: there are none, or
 * the rules do not fit. */
fmtconv_attr *fci_rules_attributes (const fmtconv_rules *rules, const fmtconv_model *model);

/* Warns of keys of a GGUF file `in` that the configuration of `out` does not hold: the rules made `out` of `in` in reverse, and do
 * not make the same keys of `out`. */
void fci_rules_check_back (const fmtconv_rules *rules, const fmtconv_model *in, const fmtconv_model *out);

/* Apply the table itself, and recognize a model by it, without its components. */
void fci_rules_run (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out, bool reverse);
int fci_rules_recognize_one (const fmtconv_rules *rules, const fmtconv_model *model, bool reverse,
                             fci_recognition *out);

/* Checks that the table is well-formed. Returns 0, or E_INTERNAL with the rule's number and the fault.
 * Runs when a plugin is loaded. */
int fci_rules_check (fmtconv_ctx *ctx, const fmtconv_rules *rules);

/* What is wrong with a table that was read from a file. */
typedef struct fci_rules_fault
{
  const char *what;      /* NULL: nothing */
  unsigned rule;         /* from 1; 0: it is not in a rule */
  fci_table_part part;   /* of the table, if it is not in a rule */
  unsigned number;       /* of the let or the condition, from 0 */
  const char *attribute; /* key of the attribute, or of the entry of config */
} fci_rules_fault;

/* Finds the fault of a table without recording it. Returns 0, or the code of another error (E_NOMEM). */
int fci_rules_find_fault (fmtconv_ctx *ctx, const fmtconv_rules *rules, fci_rules_fault *out);

/* Returns why the rules cannot run in reverse: the rule and the fault. NULL: they can, or an error. */
const char *fci_rules_one_way (fmtconv_ctx *ctx, const fmtconv_rules *rules);

#endif
