/* core/spec/spec.c: fmtconv_job_from_spec: converts a YAML file and command-line values to a job.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/structs.h"
#include "core/source/input.h"
#include "core/spec/find.h"
#include "core/spec/open.h"
#include "core/spec/outputs.h"
#include "core/spec/parts.h"
#include "core/spec/schema.h"
#include "core/spec/spec.h"
#include "core/spec/step.h"
#include "core/spec/variables.h"

/* Fails if a path that the job needs has no value. Returns 0 or an error code. */
static int
need (const fci_pipeline *p, const fci_yaml *node, const fci_expanded *path)
{
  if (!p->ctx->failed && path->absent)
    return fci_fail_file (p->ctx, FMTCONV_E_USAGE, fci_yaml_location (p->ctx, p->path, node->key_at), NULL,
                          "a value is missing: add %s", fci_variable_option (p, path->absent));
  return p->ctx->failed;
}

static int
resolve_read (fci_pipeline *p, const fci_yaml *read)
{
  fci_link_text reader;
  if (fci_spec_step (p, read, FCI_READER, &reader) || need (p, read, &reader.path))
    return p->ctx->failed;
  p->job->input = reader.path.text;
  p->job->reader = reader.text;
  return 0;
}

static int
resolve_write (fci_pipeline *p, const fci_yaml *write)
{
  fci_link_text writer;
  if (write->kind == FCI_YAML_LIST)
    return fci_spec_outputs (p, write);
  if (fci_spec_step (p, write, FCI_WRITER, &writer) || need (p, write, &writer.path))
    return p->ctx->failed;
  p->job->output = writer.path.text;
  p->job->writer = writer.text;
  return 0;
}

/* Resolves read or components, then transform, then write. */
int
fci_spec_resolve (fci_pipeline *p)
{
  const fci_yaml *read = fci_yaml_find (p->root, "read"), *parts = fci_yaml_find (p->root, "components"),
                 *transform = fci_yaml_find (p->root, "transform"), *write = fci_yaml_find (p->root, "write");
  if (!read && !parts)
    return fci_spec_fail (p, p->root->at, "the spec has no input: add 'read' or 'components'");
  if (read && parts)
    return fci_spec_fail (p, parts->key_at, "a spec has either 'read' or 'components', not both");
  if (!write && !p->is_input)
    return fci_spec_fail (p, p->root->at, "the spec has no output: add 'write'");
  if (read ? resolve_read (p, read) : fci_spec_parts (p, parts))
    return p->ctx->failed;
  if (transform && fci_spec_transforms (p, transform, &p->job->transforms, &p->job->n_transforms))
    return p->ctx->failed;
  return p->is_input ? 0 : resolve_write (p, write);
}

/* Sets the variables of the command line. Their relative paths start at the working folder. */
static int
give (fci_pipeline *p, const fmtconv_spec_variable *given, size_t n, const char *input, const char *output)
{
  bool only_output = input && !output && !p->variables[FCI_V_INPUT].used && p->variables[FCI_V_OUTPUT].used;
  fci_variables_give_path (p, FCI_V_INPUT, only_output ? NULL : input, "", (fci_owner){ 0 });
  fci_variables_give_path (p, FCI_V_OUTPUT, only_output ? input : output, "", (fci_owner){ 0 });
  given = fci_structs_take (p->ctx, FCI_STRUCT (fmtconv_spec_variable), "the array of variables", given, n);
  for (size_t i = 0; given && i < n; i++)
    if (fci_variables_give (p, given[i].name, given[i].value, "", (fci_owner){ 0 }))
      return p->ctx->failed;
  return fci_variables_resolve (p);
}

fmtconv_job *
fmtconv_job_from_spec (fmtconv_ctx *ctx, const char *spec, const fmtconv_spec_variable *variables, size_t n,
                       const char *input, const char *output)
{
  if (fci_call_begin (ctx, spec, "a spec is required"))
    return NULL;
  fci_pipeline p = { .ctx = ctx, .job = fci_new (ctx, fmtconv_job) };
  fmtconv_input *file = p.job ? fci_spec_find (ctx, spec) : NULL;
  if (!file || fci_spec_open (&p, file) || fci_variables_check (&p) || give (&p, variables, n, input, output)
      || fci_spec_resolve (&p))
    return NULL;
  p.job->struct_size = sizeof *p.job;
  return p.job;
}
