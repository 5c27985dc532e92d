/* core/spec/parts.c: converts the components of a spec to the parts of a job.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/bundle.h"
#include "core/model/model.h"
#include "core/source/input.h"
#include "core/spec/expand.h"
#include "core/spec/parts.h"
#include "core/spec/schema.h"
#include "core/spec/step.h"
#include "core/spec/variables.h"
#include <string.h>

enum
{
  MAX_COMPONENTS = 64
};

void
fci_spec_leave_out (const fci_pipeline *p, fci_variable *absent, const char *name)
{
  const char *list = absent->left_out;
  absent->left_out = list ? fmtconv_ctx_printf (p->ctx, "%s, %s", list, name) : name;
}

/* Names of files to copy. */
typedef struct names
{
  const char **name;
  size_t n;
  size_t capacity;
} names;

static int
add_name (const fci_pipeline *p, names *list, const char *name)
{
  for (size_t i = 0; i < list->n; i++)
    if (!strcmp (list->name[i], name))
      return 0;
  if (list->n == list->capacity)
    {
      size_t capacity = list->capacity ? 2 * list->capacity : 16;
      const char **more = fmtconv_ctx_alloc (p->ctx, capacity, sizeof *more);
      if (!more)
        return p->ctx->failed;
      if (list->n)
        memcpy (more, list->name, list->n * sizeof *more);
      list->name = more;
      list->capacity = capacity;
    }
  list->name[list->n++] = name;
  return 0;
}

static bool
is_plain (const char *name)
{
  return *name && strcmp (name, ".") && strcmp (name, "..") && !strchr (name, '/');
}

/* Adds one entry of 'files': an existing name, or all names that match a pattern. */
static int
add_file (fci_pipeline *p, fmtconv_input *folder, const fci_yaml *node, names *list)
{
  if (fci_spec_kind (p, node, FCI_YAML_TEXT, "the name of a file"))
    return p->ctx->failed;
  fci_expanded name = fci_expand (p, node);
  if (!name.text)
    return p->ctx->failed;
  if (!is_plain (name.text))
    return fci_spec_fail (p, node->at,
                          "'%s' is not a plain file name: only files directly in the folder are copied",
                          name.text);
  if (!strpbrk (name.text, "*?"))
    {
      if (!fmtconv_input_has (folder, name.text) && !p->ctx->failed)
        return fci_spec_fail (p, node->at, "there is no file '%s' in %s", name.text,
                              fmtconv_input_path (folder));
      return add_name (p, list, name.text);
    }
  const char *entry;
  for (size_t i = 0; (entry = fmtconv_input_entry (folder, i)); i++)
    if (fmtconv_glob_match (name.text, entry) && add_name (p, list, entry))
      break;
  return p->ctx->failed;
}

static int
add_files (fci_pipeline *p, const fci_yaml *files, fmtconv_job_component *part)
{
  names list = { 0 };
  fmtconv_input *folder = fci_input_user (p->ctx, part->input);
  if (!folder || fci_spec_kind (p, files, FCI_YAML_LIST, "'files'"))
    return p->ctx->failed;
  if (!fmtconv_input_is_folder (folder))
    return fci_spec_fail (p, files->key_at, "%s is not a folder: remove 'files'", part->input);
  for (const fci_yaml *node = files->first; node; node = node->next)
    if (add_file (p, folder, node, &list))
      return p->ctx->failed;
  if (!list.n)
    return fci_spec_fail (p, files->at, "'files' matches no file of %s", part->input);
  part->files = list.name;
  part->n_files = list.n;
  return 0;
}

/* copy: {from: path, files: [name, …]} */
static int
copy_part (fci_pipeline *p, const fci_yaml *node, fmtconv_job_component *part, fci_expanded *path)
{
  static const char *const keys[] = { "from", "files" };
  if (fci_spec_kind (p, node, FCI_YAML_MAP, "'copy'") || fci_spec_keys (p, node, "'copy'", keys, 2))
    return p->ctx->failed;
  const fci_yaml *from = fci_yaml_find (node, "from"), *files = fci_yaml_find (node, "files");
  if (!from)
    return fci_spec_fail (p, node->at, "'copy' needs a folder: {from: …}");
  *path = fci_expand_path (p, from);
  part->input = path->text;
  part->copy = 1;
  return files && path->text ? add_files (p, files, part) : p->ctx->failed;
}

static int
read_part (fci_pipeline *p, const fci_yaml *node, fmtconv_job_component *part, fci_expanded *path)
{
  const fci_yaml *transform = fci_yaml_find (node, "transform");
  fci_link_text reader;
  if (fci_spec_step (p, fci_yaml_find (node, "read"), FCI_READER, &reader))
    return p->ctx->failed;
  *path = reader.path;
  part->input = reader.path.text;
  part->reader = reader.text;
  return transform ? fci_spec_transforms (p, transform, &part->transforms, &part->n_transforms) : 0;
}

/* Converts one component. Sets *absent if the component is left out because that variable has no value. */
static int
resolve_part (fci_pipeline *p, const fci_yaml *node, fmtconv_job_component *part, fci_variable **absent)
{
  static const char *const keys[] = { "read", "transform", "copy" };
  fci_expanded path = { 0 };
  if (!fci_component_name_ok (node->key))
    return fci_spec_fail (
        p, node->key_at,
        "'%s' is not a valid component name: use at most 64 letters, digits, '_', '-' and '.'", node->key);
  if (fci_spec_kind (p, node, FCI_YAML_MAP, fmtconv_ctx_printf (p->ctx, "the component '%s'", node->key))
      || fci_spec_keys (p, node, "a component", keys, sizeof keys / sizeof *keys))
    return p->ctx->failed;
  const fci_yaml *read = fci_yaml_find (node, "read"), *copy = fci_yaml_find (node, "copy"),
                 *transform = fci_yaml_find (node, "transform");
  part->name = node->key;
  if (!read == !copy)
    return fci_spec_fail (p, node->key_at, "the component '%s' needs either 'read' or 'copy'", node->key);
  if (copy && transform)
    return fci_spec_fail (p, transform->key_at,
                          "a copied component cannot be transformed: use 'read' instead of 'copy'");
  if (copy ? copy_part (p, copy, part, &path) : read_part (p, node, part, &path))
    return p->ctx->failed;
  *absent = path.absent;
  return 0;
}

int
fci_spec_parts (fci_pipeline *p, const fci_yaml *components)
{
  if (fci_spec_kind (p, components, FCI_YAML_MAP, "'components'"))
    return p->ctx->failed;
  if (components->n > MAX_COMPONENTS)
    return fci_spec_fail (p, components->at, "more than %d components", (int) MAX_COMPONENTS);
  fmtconv_job_component *parts = fmtconv_ctx_alloc (p->ctx, components->n + 1, sizeof *parts);
  size_t n = 0;
  for (const fci_yaml *node = parts ? components->first : NULL; node; node = node->next)
    {
      fci_variable *absent = NULL;
      parts[n] = (fmtconv_job_component){ .struct_size = sizeof *parts };
      if (resolve_part (p, node, &parts[n], &absent))
        return p->ctx->failed;
      if (absent)
        fci_spec_leave_out (p, absent, node->key);
      else
        n++;
    }
  fci_variables_note_absent (p);
  if (!n && !p->ctx->failed)
    return fci_spec_fail (p, components->at, "no component is left to convert");
  p->job->parts = parts;
  p->job->n_parts = n;
  return p->ctx->failed;
}
