/* core/convert/convert.h: the order of a conversion: from two paths and a chain to published files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CONVERT_H
#define FCI_CONVERT_CONVERT_H

#include "core/convert/links.h"
#include "core/exec/check/defect.h"
#include "core/exec/exec.h"
#include "core/model/model.h"
#include <fmtconv/fmtconv.h>

/* One input and its own chain. */
typedef struct fci_input_part
{
  fmtconv_job_component job; /* name NULL: the only input */
  fmtconv_input *input;
  fci_link reader;
  fci_links chain;            /* transforms of a component */
  const fmtconv_model *read;  /* result of the reader */
  const fmtconv_model *model; /* result of the chain */
} fci_input_part;

/* The conversion to one output. Several outputs of a job share the inputs and the plan of the first. */
typedef struct fci_conversion
{
  fmtconv_ctx *ctx;
  fmtconv_job job;
  double started; /* seconds of a monotonic clock */
  fci_input_part *part;
  size_t n_parts;     /* >= 1 */
  const char *output; /* path without trailing slashes */
  const char *target; /* last component of the output */
  const char *folder; /* parent folder of the output; the output itself if it is an existing folder */
  bool to_folder;     /* the output is a folder */
  fci_link writer;
  fci_links chain;            /* transforms of the single input or of the bundle, then those of the output */
  size_t n_common;            /* number of links before those of the output and --dtype */
  fci_links own;              /* transforms of the output only, until they are appended to the chain */
  fci_link cast;              /* the transform of --dtype; plugin NULL: not given */
  const fmtconv_model *model; /* result of the chain so far */
  fci_defects *
      defects; /* outputs exist and are compared, and how they differ is added here; NULL: they are written */
  bool only_model;    /* the job is a spec that is an input: no writer, no output */
  bool detected;      /* a plugin was detected */
  bool is_for_writer; /* a transform was chosen for this writer, which wants others around it */
  const fmtconv_layout *layout;
  fci_plan *plan;
  fci_outcome outcome;
  double plan_seconds;
} fci_conversion;

/* Resolves the complete chains of n conversions, reading headers if necessary. Ignores existing outputs.
 * Returns 0 or an error code. */
int fci_convert_chains (fci_conversion *c, size_t n);

/* Returns the model that the job's inputs and transforms produce, without a writer or an output. Returns
 * NULL on error. */
const fmtconv_model *fci_convert_model (fci_conversion *c);

/* Returns the *n conversions of a job, one per output. Returns NULL on error. */
fci_conversion *fci_conversions (fmtconv_ctx *ctx, const fmtconv_job *job, size_t *n);

/* Runs n conversions of one job, up to the published files, or to the comparison with existing ones. Returns 0 or an error
 * code. */
int fci_convert (fci_conversion *c, size_t n);

#endif
