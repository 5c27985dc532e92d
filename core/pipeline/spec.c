/* core/pipeline/spec.c: fmtconv_spec: from a YAML file and what the command line adds to a job.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/spec.h"

/* A path that the whole job needs has a value. */
static int
need (const fci_pipeline *p, const fci_yaml *node, const fci_expanded *path)
{
  if (!p->ctx->failed && path->absent)
    return fci_fail_file (p->ctx, FMTCONV_E_USAGE, fci_yaml_place (p->ctx, p->path, node->key_at), NULL,
                          "this needs a value: add -D %s=VALUE", path->absent->name);
  return p->ctx->failed;
}

static int
settle_read (fci_pipeline *p, const fci_yaml *read)
{
  fci_link_text reader;
  if (fci_spec_step (p, read, FCI_READER, &reader) || need (p, read, &reader.path))
    return p->ctx->failed;
  p->job->input = reader.path.text;
  p->job->reader = reader.text;
  return 0;
}

static int
settle_write (fci_pipeline *p, const fci_yaml *write)
{
  fci_link_text writer;
  if (fci_spec_step (p, write, FCI_WRITER, &writer) || need (p, write, &writer.path))
    return p->ctx->failed;
  p->job->output = writer.path.text;
  p->job->writer = writer.text;
  return 0;
}

/* read or components, then transform, then write. */
static int
settle (fci_pipeline *p)
{
  const fci_yaml *read = fci_yaml_find (p->root, "read"), *parts = fci_yaml_find (p->root, "components"),
                 *transform = fci_yaml_find (p->root, "transform"), *write = fci_yaml_find (p->root, "write");
  if (!read && !parts)
    return fci_spec_fail (p, p->root->at,
                          "the spec does not say what to read: 'read' or 'components' is missing");
  if (read && parts)
    return fci_spec_fail (p, parts->key_at, "a spec has either 'read' or 'components', not both");
  if (!write)
    return fci_spec_fail (p, p->root->at, "the spec does not say what to write: 'write' is missing");
  if (read ? settle_read (p, read) : fci_spec_parts (p, parts))
    return p->ctx->failed;
  if (transform && fci_spec_transforms (p, transform, &p->job->transforms, &p->job->n_transforms))
    return p->ctx->failed;
  return settle_write (p, write);
}

fmtconv_job *
fmtconv_spec (fmtconv_ctx *ctx, const char *spec, const fmtconv_variable *variables, size_t n,
              const char *input, const char *output)
{
  if (!ctx || !spec || ctx->failed)
    return NULL;
  fci_pipeline p = { .ctx = ctx, .job = fci_new (ctx, fmtconv_job) };
  const char *path = p.job ? fci_spec_path (ctx, spec) : NULL;
  if (!path || fci_spec_open (&p, path) || fci_variables_check (&p)
      || fci_variables_give (&p, variables, n, input, output) || settle (&p))
    return NULL;
  p.job->struct_size = sizeof *p.job;
  return p.job;
}
