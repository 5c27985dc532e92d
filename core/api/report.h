/* core/api/report.h: results as attribute trees, and the small steps that build them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_REPORT_H
#define FCI_API_REPORT_H

#include "core/convert/convert.h"
#include "core/convert/detect.h"
#include "core/model/lineage.h"

/* The report of fmtconv_convert.  NULL: an error. */
fmtconv_attr *fci_report (const fci_conversion *c);

/* The same where there are n > 1 outputs. */
fmtconv_attr *fci_report_outputs (const fci_conversion *c, size_t n);

/* "inputs" and "transforms" (report-chain.c): the files that are read, and what the parts' own transforms and those of
 * specs that are inputs made of them; then what the transforms of the whole did. */
void fci_add_inputs (fmtconv_attr *list, const fci_conversion *c);
void fci_add_part_transforms (fmtconv_attr *list, const fci_conversion *c);
void fci_add_own_transforms (fmtconv_attr *list, const fci_conversion *c);

/* Bytes of all models of n conversions with one set of inputs. */
uint64_t fci_chains_memory (const fci_conversion *c, size_t n);

/* The new empty array `key` (referenced) of an object that has none of that name; the new empty object at the
 * end of an array. */
fmtconv_attr *fci_add_array (fmtconv_attr *object, const char *key);
fmtconv_attr *fci_add_object (fmtconv_attr *array);

/* A count or a number of bytes. */
void fci_add_count (fmtconv_attr *object, const char *key, uint64_t n);

/* A figure: null where it is NaN or infinite, which JSON cannot say. */
void fci_add_number (fmtconv_attr *object, const char *key, double v);

/* Text that may not be UTF-8 (a path): escaped where it is not. */
void fci_add_text (fmtconv_attr *object, const char *key, const char *text);

/* A copy of a value for people and JSON: of an array of a file that has more than 64 items only its type, their
 * number and the first ones; NaN and infinity as strings. */
void fci_add_shown (fmtconv_attr *object, const char *key, fmtconv_attr *value);

/* "skipped": what the reader of `model` left in the file. */
void fci_add_skipped (fmtconv_attr *object, const fmtconv_model *model);

/* "parts": every kind that is recognized, with its command (one a complete claim), then what is left behind, by
 * reason.  stages: what was read; what the first transform makes of it, or NULL. */
void fci_add_parts (fmtconv_attr *object, const fci_claims *claims, const fmtconv_model *const *stages,
                    const char *const *commands);

/* "parts" of a bundle: its components, with the classes they name. */
void fci_add_components (fmtconv_attr *object, const fmtconv_model *bundle);

/* "stats" of a model's tensors into `result`, and into the objects of `list` (NULL: none), one a tensor in the order
 * of the leaves.  Reads all data. */
int fci_add_stats (fmtconv_attr *result, fmtconv_attr *list, const fmtconv_model *model);

/* name, dtype, shape, bytes of a view into an object. */
void fci_add_tensor (fmtconv_attr *object, const char *name, fmtconv_view *view);

/* The report's "tensors": where each one is, and what it was made of. */
void fci_add_tensors (fmtconv_attr *object, const fmtconv_layout *layout, const fci_account *account);

/* What becomes of the elements of a view: "copy", "gather", "compare, scale 0.5, round f16". */
const char *fci_view_how (fmtconv_view *view);

#endif
