/* core/convert/convert.h: the order of a conversion: from two paths and a chain to published files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CONVERT_H
#define FCI_CONVERT_CONVERT_H

#include "core/convert/links.h"
#include "core/exec/exec.h"
#include "core/model/model.h"
#include <fmtconv/fmtconv.h>

/* One input, and what becomes of it alone. */
typedef struct fci_input_part
{
  fmtconv_job_component job; /* name NULL: the only input */
  fmtconv_input *input;
  fci_link reader;
  fci_links chain;            /* of a component */
  const fmtconv_model *read;  /* what the reader made */
  const fmtconv_model *model; /* what the chain made of it */
} fci_input_part;

/* Of one output.  Several that are made together have the inputs of the first, which has the plan of all, too. */
typedef struct fci_conversion
{
  fmtconv_ctx *ctx;
  fmtconv_job job;
  double started; /* seconds of a monotonic clock */
  fci_input_part *part;
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

/* All of the chains that the job leaves open, from headers where need be; what is at the outputs is not looked at. */
int fci_convert_chains (fci_conversion *c, size_t n);

/* The model that the job's inputs and transforms make; it needs neither a writer nor an output.  NULL: an error. */
const fmtconv_model *fci_convert_model (fci_conversion *c);

/* The conversions of a job, one an output; *n: how many.  NULL: an error. */
fci_conversion *fci_conversions (fmtconv_ctx *ctx, const fmtconv_job *job, size_t *n);

/* Makes n conversions of one job, from what the job says to published files.  Returns 0, or the code of an error. */
int fci_convert (fci_conversion *c, size_t n);

#endif
