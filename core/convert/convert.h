/* core/convert/convert.h: one conversion while it is being made.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CONVERT_H
#define FCI_CONVERT_CONVERT_H

#include "core/convert/pipeline.h"
#include "core/exec/exec.h"

/* Transforms in order. */
typedef struct fci_links
{
  fci_link *link;
  size_t n;
  bool none; /* "none" was typed, or nothing was recognized */
} fci_links;

/* One input, and what becomes of it alone. */
typedef struct fci_part
{
  fmtconv_job_component job; /* name NULL: the only input */
  fmtconv_input *input;
  fci_link reader;
  fci_links chain;            /* of a component */
  const fmtconv_model *read;  /* what the reader made */
  const fmtconv_model *model; /* what the chain made of it */
} fci_part;

/* Of one output.  Several that are made together have the inputs of the first, which has the plan of all, too. */
typedef struct fci_conversion
{
  fmtconv_ctx *ctx;
  fmtconv_job job;
  double started; /* seconds of a monotonic clock */
  fci_part *part;
  size_t n_parts;     /* >= 1 */
  const char *output; /* its path, without slashes at the end */
  const char *target; /* last component of the output */
  const char *folder; /* the one it lies in; itself, if it is a folder that is there */
  bool to_folder;     /* the output is a folder */
  fci_link writer;
  fci_links chain;            /* of the only input, or of the bundle of all; then those of the output */
  size_t n_common;            /* links of the chain before those of the output, and --dtype */
  fci_links own;              /* of the output alone, until they are put behind the chain */
  fci_link cast;              /* what --dtype is short for; without a plugin: no dtype is given */
  const fmtconv_model *model; /* what the chain made, so far */
  bool only_model;            /* of a spec that is an input: there is neither a writer nor an output */
  bool detected;              /* something was chosen that was not given */
  const fmtconv_layout *layout;
  fci_plan *plan;
  fci_outcome outcome;
  double plan_seconds;
} fci_conversion;

/* "NAME:key=value" to a reader and its parameters; texts of transforms to links.  0 or a code. */
int fci_reader_parse (fmtconv_ctx *ctx, const char *text, fci_link *out);
int fci_links_parse (fmtconv_ctx *ctx, const char *const *texts, size_t n, fci_links *out);

/* Settle what the job names: readers and transforms of the parts; then transforms, dtype, writer.  Parameters are
 * checked. */
int fci_parts_given (fci_conversion *c);
int fci_chain_given (fci_conversion *c);

/* Is the output a file or a folder, and where?  After the writer is settled. */
int fci_output_settle (fci_conversion *c);

/* The output's path as writers are detected by: with a '/' behind it if there is such a folder, unless the
 * name is one of a file: that must be a mistake. */
const char *fci_output_hint (fci_conversion *c);

/* An empty layout for the output.  NULL: an error. */
fmtconv_layout *fci_output_layout (const fci_conversion *c);

/* Settle a part's reader, where the job does not. */
int fci_chain_reader (fci_conversion *c, fci_part *part);

/* All of the chains that the job leaves open, from headers where need be; what is at the outputs is not looked at. */
int fci_convert_chains (fci_conversion *c, size_t n);

/* Layouts, plan, execution: from n conversions whose models are made to published files. */
int fci_carry_out (fci_conversion *c, size_t n);

/* The model that the job's inputs and transforms make; it needs neither a writer nor an output.  NULL: an error. */
const fmtconv_model *fci_convert_model (fci_conversion *c);

/* Settle the transforms that the job does not name: of a component, by what was read; of the only input, by the
 * same; of a bundle, the joins of what its components were made by.  Then the dtype. */
int fci_chain_part (fci_conversion *c, fci_part *part);
int fci_chain_whole (fci_conversion *c);

/* The same for an output beside the first one, whose chain is whole: what both have in common is not chosen again, and
 * does not run again where it has run. */
int fci_chain_beside (fci_conversion *c, const fci_conversion *first);

/* The conversions of a job, one an output; *n: how many.  NULL: an error. */
fci_conversion *fci_conversions (fmtconv_ctx *ctx, const fmtconv_job *job, size_t *n);

/* Makes n conversions of one job, from what the job says to published files.  Returns 0, or the code of an error. */
int fci_convert (fci_conversion *c, size_t n);

/* Room for one more transform at the end.  NULL: out of memory. */
fci_link *fci_links_add (fmtconv_ctx *ctx, fci_links *links);

/* The transforms that nobody needs to name, by what was read: one kind alone, or the one of the highest precedence;
 * several, each a component, where the output can hold them.  What else is recognized is named with the commands
 * that convert it.  0, or the code of an error; links->none: there are none. */
int fci_chain_choose (fci_conversion *c, const fmtconv_model *model, fci_links *links);

/* The same for a component of that name. */
int fci_chain_choose_component (fci_conversion *c, const fmtconv_model *model, const char *name,
                                fci_links *links);

/* The joins of bundles whose components these transforms made, behind the other links. */
int fci_chain_joins (fci_conversion *c, const fci_links *makers, fci_links *links);

/* How many of the first n transforms of both are the same, parameters included. */
size_t fci_links_alike (const fci_links *a, const fci_links *b, size_t n);

/* Run transforms on *model, one by one, but those that ran already. */
int fci_links_run (fmtconv_ctx *ctx, const fci_links *links, const fmtconv_model **model);

/* The output does not lie inside an input folder: E_OUTPUT otherwise. */
int fci_check_not_inside (fci_conversion *c);

/* "fmtconv -r sat -t cogvideox-lora -w safetensors", then the paths, as one could type them; of one part, and of a
 * chain that has no output, without writer and output.  NULL: it cannot be typed (or out of memory). */
const char *fci_chain_command (const fci_conversion *c);
const char *fci_part_command (const fci_conversion *c, const fci_part *part);

/* One word of a command line, quoted if a shell needs that. */
const char *fci_shell_word (fmtconv_ctx *ctx, const char *word);

/* A path as an operand, so that it is not taken for an option. */
const char *fci_shell_path (fmtconv_ctx *ctx, const char *path);

#endif
