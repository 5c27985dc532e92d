/* core/spec/outputs.c: converts a list under "write" to the outputs of a job.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/spec/outputs.h"
#include "core/spec/parts.h"
#include "core/spec/schema.h"
#include "core/spec/step.h"
#include "core/spec/variables.h"
#include <string.h>

enum
{
  MAX_OUTPUTS = 64
};

/* Returns {WRITER: {…}, transform: …} without its transforms, which go to *transform. Returns NULL on
 * error. */
static const fci_yaml *
split (fci_pipeline *p, const fci_yaml *node, const fci_yaml **transform)
{
  *transform = node->kind == FCI_YAML_MAP ? fci_yaml_find (node, "transform") : NULL;
  if (!*transform)
    return node;
  fci_yaml *alone = fci_new (p->ctx, fci_yaml);
  fci_yaml **end = alone ? &alone->first : NULL;
  if (!alone)
    return NULL;
  *alone = *node;
  alone->n = 0;
  for (const fci_yaml *member = node->first; member; member = member->next)
    {
      if (member == *transform)
        continue;
      if (!(*end = fci_new (p->ctx, fci_yaml)))
        return NULL;
      **end = *member;
      end = &(*end)->next;
      alone->n++;
    }
  *end = NULL;
  if (alone->n)
    return alone;
  fci_spec_fail (p, node->at,
                 "an output with transforms also needs a writer: {WRITER: {path: …}, transform: […]}");
  return NULL;
}

/* Converts one output. Sets *absent if the output is left out because that variable has no value. */
static int
resolve_output (fci_pipeline *p, const fci_yaml *node, fmtconv_job_output *output, fci_variable **absent)
{
  const fci_yaml *transform, *write = split (p, node, &transform);
  fci_link_text writer;
  if (!write || fci_spec_step (p, write, FCI_WRITER, &writer))
    return p->ctx->failed;
  output->writer = writer.text;
  output->output = writer.path.text;
  *absent = writer.path.absent;
  return transform ? fci_spec_transforms (p, transform, &output->transforms, &output->n_transforms) : 0;
}

int
fci_spec_outputs (fci_pipeline *p, const fci_yaml *list)
{
  fmtconv_job_output *outputs = fmtconv_ctx_alloc (p->ctx, list->n + 1, sizeof *outputs);
  size_t n = 0, number = 1;
  if (list->n > MAX_OUTPUTS)
    return fci_spec_fail (p, list->at, "more than %d outputs", (int) MAX_OUTPUTS);
  for (const fci_yaml *node = outputs ? list->first : NULL; node; node = node->next, number++)
    {
      fci_variable *absent = NULL;
      outputs[n] = (fmtconv_job_output){ .struct_size = sizeof *outputs };
      if (resolve_output (p, node, &outputs[n], &absent))
        return p->ctx->failed;
      if (absent)
        fci_spec_leave_out (p, absent, fmtconv_ctx_printf (p->ctx, "output %zu", number));
      else
        n++;
    }
  fci_variables_note_absent (p);
  if (!n && !p->ctx->failed)
    return fci_spec_fail (p, list->at,
                          list->n ? "all outputs were left out"
                                  : "'write' is an empty list: nothing would be written");
  p->job->outputs = outputs;
  p->job->n_outputs = n;
  return p->ctx->failed;
}
