/* core/plugin/index-file.c: reads one file of the index of known plugins, as strict YAML.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/plugin/index-file.h"
#include "core/plugin/index-role.h"
#include "core/plugin/index-value.h"
#include "core/plugin/search.h"
#include "core/source/input.h"
#include <string.h>

static int
take_writer (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  static const char *const keys[] = { "suffixes", "folder" };
  fmtconv_writer *writer = fci_new (file->ctx, fmtconv_writer);
  const fci_yaml *folder = fci_yaml_find (map, "folder");
  bool is_folder = false;
  if (!writer || fci_yaml_keys (file, map, "a writer", keys, sizeof keys / sizeof *keys)
      || fci_index_text (file, map, "suffixes", &writer->suffixes)
      || (folder && fci_yaml_bool (file, folder, &is_folder)))
    return file->ctx->failed;
  writer->is_folder = is_folder;
  out->plugin.writer = writer;
  return 0;
}

/* Reads a transport, of which the index says no more. */
static int
take_transport (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  out->plugin.transport = fci_new (file->ctx, fmtconv_transport);
  return out->plugin.transport ? fci_yaml_keys (file, map, "a transport", NULL, 0) : file->ctx->failed;
}

/* Reads the roles, each a map under its own key. */
static int
take_roles (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  static const struct
  {
    const char *key;
    int (*take) (const fci_yaml_file *, const fci_yaml *, fci_index_entry *);
  } roles[] = { { "reader", fci_index_reader },
                { "transform", fci_index_transform },
                { "writer", take_writer },
                { "codec", fci_index_codec },
                { "transport", take_transport } };
  bool any = false;
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
    {
      const fci_yaml *role = fci_yaml_find (map, roles[i].key);
      if (role && (fci_yaml_is (file, role, FCI_YAML_MAP, roles[i].key) || roles[i].take (file, role, out)))
        return file->ctx->failed;
      any = any || role;
    }
  return any ? 0
             : fci_yaml_fail (file, map->at,
                              "a plugin needs a role: 'reader', 'transform', 'writer' or 'transport' ({} "
                              "says no more), or "
                              "'codec'");
}

static int
take_name (const fci_yaml_file *file, const fci_yaml *map, const char **out)
{
  const fci_yaml *node = fci_yaml_find (map, "name");
  if (!node)
    return fci_yaml_fail (file, map->at, "a plugin needs 'name', its file's name without .so");
  if (fci_index_text (file, map, "name", out))
    return file->ctx->failed;
  return fci_plugin_name_ok (*out, strlen (*out))
             ? 0
             : fci_yaml_fail (
                 file, node->at,
                 "'%s' is not a plugin name: a lower-case letter, then at most 63 of a-z, 0-9 and "
                 "'-'",
                 *out);
}

static int
take_plugin (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  static const char *const keys[] = { "name",      "description", "package", "reader",
                                      "transform", "writer",      "codec",   "transport" };
  *out = (fci_index_entry){ .file = file->path, .line = map->at.line, .plugin = { .abi = FMTCONV_ABI } };
  out->plugin.struct_size = sizeof out->plugin;
  out->plugin.summary = "";
  if (fci_yaml_is (file, map, FCI_YAML_MAP, "a plugin")
      || fci_yaml_keys (file, map, "a plugin", keys, sizeof keys / sizeof *keys)
      || take_name (file, map, &out->plugin.name)
      || fci_index_text (file, map, "description", &out->plugin.summary)
      || fci_index_text (file, map, "package", &out->package))
    return file->ctx->failed;
  return take_roles (file, map, out);
}

fci_index_entry *
fci_index_read (fmtconv_ctx *ctx, const fci_file *found, size_t *n)
{
  static const char *const keys[] = { "fmtconv-index", "plugins" };
  const fci_yaml_file file = { .ctx = ctx, .path = found->path };
  fmtconv_input *in = fci_file_open (ctx, found);
  const fci_yaml *root = in ? fci_yaml_strict (fmtconv_input_open (in), found->path) : NULL;
  const char *version = NULL;
  if (!root || fci_yaml_is (&file, root, FCI_YAML_MAP, "an index of plugins")
      || fci_yaml_keys (&file, root, "an index of plugins", keys, sizeof keys / sizeof *keys)
      || fci_index_text (&file, root, "fmtconv-index", &version))
    return NULL;
  const fci_yaml *list = fci_yaml_find (root, "plugins");
  if (!version || strcmp (version, "1") != 0)
    fci_yaml_fail (&file, root->at, "an index of plugins must begin with 'fmtconv-index: 1'");
  else if (!list)
    fci_yaml_fail (&file, root->at, "the key 'plugins' is missing");
  if (ctx->failed || fci_yaml_is (&file, list, FCI_YAML_LIST, "plugins"))
    return NULL;
  fci_index_entry *entries = fmtconv_ctx_alloc (ctx, list->n + 1, sizeof *entries);
  *n = 0;
  for (const fci_yaml *node = list->first; entries && node; node = node->next)
    if (take_plugin (&file, node, &entries[(*n)++]))
      return NULL;
  return entries;
}
