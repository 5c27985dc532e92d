/* plugins/merge/merge.h: what the files of the transform merge share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_H
#define MERGE_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

enum
{
  MERGE_MAX_FILES = 7 /* a tensor's sum has at most 16 operands, and a difference needs two for a file */
};

enum merge_method
{
  MERGE_AUTO,
  MERGE_APPEND,
  MERGE_LINEAR,
  MERGE_SLERP,
  MERGE_ADD_DIFFERENCE
};

enum merge_missing
{
  MERGE_MISSING_ERROR,
  MERGE_MISSING_KEEP
};

struct merge_params
{
  fmtconv_inputs file;
  fmtconv_pairs weight; /* one for each file */
  int method;           /* enum merge_method */
  double base_weight;
  int normalize; /* -1: not given */
  fmtconv_input *minus;
  fmtconv_pairs rule;
  int missing; /* enum merge_missing */
  const char *reader;
  const char *prefix;
};

/* Weights of the files for the tensors that match. */
struct merge_rule
{
  const char *glob;
  double weight[MERGE_MAX_FILES];
};

/* A model that is added, or the one that is subtracted. */
struct merge_file
{
  const char *path;
  const fmtconv_model *model;
};

/* The state of a sum. */
struct merge
{
  fmtconv_ctx *ctx;
  const struct merge_params *params;
  const fmtconv_model *in;
  fmtconv_model *out;
  int method;
  size_t n;                                    /* files that are added */
  size_t n_all;                                /* `n`, or one more for the file that is subtracted */
  struct merge_file file[MERGE_MAX_FILES + 1]; /* n_all */
  double weight[MERGE_MAX_FILES];              /* n */
  struct merge_rule *rules;                    /* params->rule.n */
};

/* Returns the method: that of the parameters, or the one that they imply. */
int merge_method_of (const struct merge_params *p);

/* Adds the tensors of all files to those of the input.  Returns 0 or a code. */
int merge_append (fmtconv_ctx *ctx, const struct merge_params *p, const fmtconv_model *in,
                  fmtconv_model *out);

/* Replaces tensors of the input by sums with those of the files.  Returns 0 or a code. */
int merge_sum (fmtconv_ctx *ctx, const struct merge_params *p, const fmtconv_model *in, fmtconv_model *out);

/* Parses and checks weights and rules.  Returns 0 or a code. */
int merge_read_weights (struct merge *m);

/* Returns the weights of the files for a tensor. */
const double *merge_weights_of (const struct merge *m, const fmtconv_tensor *t);

/* Returns the weight of the input for these weights of the files. */
double merge_base_weight (const struct merge *m, const double *weights);

/* Returns the sum of these weights of the files and that of the input, added in f32 as mergekit does. */
float merge_total (const struct merge *m, const double *weights);

/* Reads a file to *to; refuses one that holds several components.  Returns 0 or a code. */
int merge_read_file (fmtconv_ctx *ctx, const struct merge_params *p, fmtconv_input *in,
                     struct merge_file *to);

/* Returns the tensor of file number i for a tensor of the input: of the same name, or of the name of a
 * tensor that the latter is tied to.  NULL: it has none. */
const fmtconv_tensor *merge_counterpart (const struct merge *m, size_t i, const fmtconv_tensor *t);

/* Returns the tensor of the input with the name of a tensor of a file, or NULL. */
const fmtconv_tensor *merge_target (const struct merge *m, const fmtconv_tensor *t);

/* Returns 1 if a tensor of file number i, whose name is not in the input, is tied to one whose name is. */
int merge_is_other_name (const struct merge *m, size_t i, const fmtconv_tensor *t);

/* Returns 1 if a tensor of the input has a counterpart in every file. */
int merge_is_complete (const struct merge *m, const fmtconv_tensor *t);

/* Checks that the files fit the input: names, data types, shapes.  Returns 0 or a code. */
int merge_check (const struct merge *m);

#endif
