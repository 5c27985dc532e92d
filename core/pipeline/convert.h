/* core/pipeline/convert.h: one conversion while it is being made.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_H
#define FCI_CONVERT_H

#include "core/exec/exec.h"
#include "core/pipeline/pipeline.h"

/* One element of the chain. */
typedef struct fci_link
{
  const fmtconv_plugin *plugin; /* NULL: not known yet */
  const char *params;           /* as typed, "" if none */
} fci_link;

typedef struct fci_conversion
{
  fmtconv_ctx *ctx;
  fmtconv_job job;
  double started; /* seconds of a monotonic clock */
  fmtconv_input *input;
  const char *output; /* its path, without slashes at the end */
  const char *target; /* last component of the output */
  bool to_folder;     /* the output is a folder */
  fci_link reader;
  fci_link writer;
  fci_link *transforms;
  size_t n_transforms;
  bool no_transforms;           /* "none" was typed, or nothing was recognised */
  bool detected;                /* something was chosen that was not given */
  const fmtconv_model **stages; /* what was read, then one a transform */
  const fmtconv_layout *layout;
  fci_plan *plan;
  fci_outcome outcome;
  double plan_seconds;
} fci_conversion;

/* Settle what the job names: reader, transforms, dtype, writer; parameters are checked. */
int fci_chain_given (fci_conversion *c);

/* Is the output a file or a folder, and where?  After the writer is settled. */
int fci_output_settle (fci_conversion *c);

/* The output's path as writers are detected by: with a '/' behind it if there is such a folder, unless the
 * name is one of a file: that must be a mistake. */
const char *fci_output_hint (fci_conversion *c);

/* An empty layout for the output.  NULL: an error. */
fmtconv_layout *fci_output_layout (const fci_conversion *c);

/* Settle the reader, and the transforms by what was read, where the job does not. */
int fci_chain_reader (fci_conversion *c);
int fci_chain_transforms (fci_conversion *c);

/* All of the chain that the job leaves open, from headers where need be; what is at the output is not looked at. */
int fci_convert_chain (fci_conversion *c);

/* The transform that nobody needs to name, by what was read: one kind alone, or the one of the highest precedence.
 * NULL: none, or an error; what else is recognised is named with the commands that convert it. */
const fmtconv_plugin *fci_chain_choose (const fci_conversion *c);

/* The output does not lie inside an input folder: E_OUTPUT otherwise. */
int fci_check_not_inside (fci_conversion *c);

/* "fmtconv -r sat -t cogvideox-lora -w safetensors", then the paths, as one could type them. */
const char *fci_chain_text (const fci_conversion *c);

/* One word of a command line, quoted if a shell needs that. */
const char *fci_shell_word (fmtconv_ctx *ctx, const char *word);

/* A path as an operand, so that it is not taken for an option. */
const char *fci_shell_path (fmtconv_ctx *ctx, const char *path);

double fci_clock (void);

#endif
