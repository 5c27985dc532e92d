/* core/rules/file-model.c: reads what only a model file has: names, sides, and the attributes of the output.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/yaml-check.h"
#include "core/attr/yaml-scalar.h"
#include "core/base/ctx.h"
#include "core/base/strbuf.h"
#include "core/rules/file-parts.h"
#include "core/rules/keys.h"
#include <string.h>

static fmtconv_ctx *
ctx_of (const fci_reading *r)
{
  return r->file.ctx;
}

/* Returns the texts of a list, separated by `between`; NULL: an error was recorded. */
static const char *
joined (const fci_reading *r, const fci_yaml *list, const char *before, const char *between)
{
  fci_strbuf text = { .ctx = ctx_of (r) };
  if (fci_yaml_is (&r->file, list, FCI_YAML_LIST, list->key))
    return NULL;
  for (const fci_yaml *node = list->first; node; node = node->next)
    {
      if (fci_yaml_is (&r->file, node, FCI_YAML_TEXT, list->key))
        return NULL;
      if (strpbrk (node->text, "| "))
        {
          fci_yaml_fail (&r->file, node->at, "'%s' has a blank or '|'", node->text);
          return NULL;
        }
      fci_strbuf_add_all (&text, node == list->first ? "" : between, before, node->text, NULL);
    }
  return fmtconv_ctx_failed (ctx_of (r)) ? NULL : text.len ? fci_strbuf_text (&text) : "";
}

/* Reads `prefix`, a text or a list of texts. */
static int
take_prefix (const fci_reading *r, const fci_yaml *map)
{
  const fci_yaml *node = fci_yaml_find (map, "prefix");
  if (node && node->kind == FCI_YAML_LIST)
    r->table->prefix = joined (r, node, "", "|");
  else
    fci_take_text (r, map, "prefix", &r->table->prefix);
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Reads `partial`, the numbers that need not be complete. */
static int
take_partial (const fci_reading *r, const fci_yaml *map)
{
  const fci_yaml *node = fci_yaml_find (map, "partial");
  const char *names = node ? joined (r, node, "-", " ") : "";
  r->table->complete = names ? fmtconv_ctx_printf (ctx_of (r), "* %s", names) : NULL;
  r->table->dense = 1;
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Reads `sides`, the names of both. */
static int
take_sides (const fci_reading *r, const fci_yaml *map)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
  const fci_yaml *node = fci_yaml_find (map, "sides");
  if (!node)
    return fci_yaml_fail (&r->file, map->at, "the key 'sides' is missing: whose names the two sides have");
  if (!(r->table->sides = joined (r, node, "", "|")))
    return fmtconv_ctx_failed (ctx_of (r));
  for (const fci_yaml *side = node->first; side; side = side->next)
    if (!*side->text || side->text[strspn (side->text, letters)])
      return fci_yaml_fail (&r->file, side->at, "'%s' is not a name of a-z, 0-9 and '-'", side->text);
  if (node->n != 2 || !strcmp (node->first->text, node->last->text))
    return fci_yaml_fail (&r->file, node->at, "'sides' are two different names, of 'from' and of 'to'");
  return 0;
}

/* ---- Attributes */

fmtconv_attr *
fci_model_tree (const fci_reading *r, const fci_yaml *node)
{
  if (node->kind == FCI_YAML_TEXT)
    return node->is_quoted ? fci_attr_string (ctx_of (r), node->text, strlen (node->text))
                           : fci_yaml_scalar (ctx_of (r), node->text, strlen (node->text));
  if (node->kind == FCI_YAML_NULL)
    return fci_attr_new (ctx_of (r), FMTCONV_ATTR_NULL);
  const bool is_map = node->kind == FCI_YAML_MAP;
  fmtconv_attr *tree = fci_attr_new (ctx_of (r), is_map ? FMTCONV_ATTR_OBJECT : FMTCONV_ATTR_ARRAY);
  for (const fci_yaml *child = node->first; tree && child; child = child->next)
    fmtconv_attr_set (tree, is_map ? child->key : NULL, fci_model_tree (r, child));
  return tree;
}

/* Copies a key of the file that is an attribute, too. */
static int
take_attribute (const fci_reading *r, const fci_yaml *map, const char *key, fmtconv_attr *to)
{
  const char *text = NULL;
  if (!fci_take_text (r, map, key, &text) && text)
    fmtconv_attr_set_string (to, key, text);
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Adds config.json, which begins with the class as diffusers writes it. */
static int
take_config (const fci_reading *r, const fci_yaml *map, fmtconv_attr *to)
{
  const fci_yaml *node = fci_yaml_find (map, "config");
  const char *class = fmtconv_attr_get_string (to, "class", NULL);
  if (!node || fci_yaml_is (&r->file, node, FCI_YAML_MAP, "config"))
    return fmtconv_ctx_failed (ctx_of (r));
  fmtconv_attr *config = fmtconv_attr_make (to, "config");
  if (class && !strcmp (fmtconv_attr_get_string (to, "library", "diffusers"), "diffusers"))
    fmtconv_attr_set_string (config, "_class_name", class);
  fmtconv_attr_overlay (config, fci_model_tree (r, node));
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Adds whether --dtype leaves the model as it is. */
static int
take_keep (const fci_reading *r, const fci_yaml *map, fmtconv_attr *to)
{
  const fci_yaml *node = fci_yaml_find (map, "keep-dtype");
  bool is_kept = false;
  if (node && !fci_yaml_bool (&r->file, node, &is_kept) && is_kept)
    fmtconv_attr_set_bool (to, "keep-dtype", 1);
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Adds the keys of a GGUF file, which need the name of the architecture. */
static int
take_keys (const fci_reading *r, const fci_yaml *map, fmtconv_attr *to)
{
  const fci_yaml *node = fci_yaml_find (map, "gguf");
  if (!node || fci_yaml_is (&r->file, node, FCI_YAML_MAP, "gguf"))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!fci_yaml_find (map, "architecture"))
    return fci_yaml_fail (&r->file, node->key_at, "'gguf' needs 'architecture', with which its keys begin");
  for (const fci_yaml *key = node->first; key; key = key->next)
    if (*key->key == FCI_WHOLE && !strchr (key->key, '.'))
      return fci_yaml_fail (&r->file, key->key_at,
                            "'%s' is not a whole key of a GGUF file, such as /general.name", key->key);
  fmtconv_attr_set (to, "gguf", fci_model_tree (r, node));
  const fci_yaml *tensors = fci_yaml_find (map, "tensors");
  if (tensors && !fci_yaml_is (&r->file, tensors, FCI_YAML_MAP, "tensors"))
    fmtconv_attr_set (to, "tensors", fci_model_tree (r, tensors));
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Checks a list of globs. */
static int
check_globs (const fci_reading *r, const fci_yaml *map, const char *key)
{
  const fci_yaml *list = fci_yaml_find (map, key);
  if (list && fci_yaml_is (&r->file, list, FCI_YAML_LIST, key))
    return fmtconv_ctx_failed (ctx_of (r));
  for (const fci_yaml *glob = list ? list->first : NULL; glob; glob = glob->next)
    if (fci_yaml_is (&r->file, glob, FCI_YAML_TEXT, key))
      break;
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Adds how ComfyUI-GGUF stores the first side, whose files name the architecture. */
static int
take_comfy (const fci_reading *r, const fci_yaml *map, fmtconv_attr *to)
{
  static const char *const keys[] = { "architecture", "f32", "plain", "rows" };
  const char *architecture = NULL;
  const fci_yaml *node = fci_yaml_find (map, FCI_COMFY), *sides = fci_yaml_find (map, "sides");
  bool rows = false;
  if (!node)
    return 0;
  if (fci_yaml_is (&r->file, node, FCI_YAML_MAP, FCI_COMFY)
      || fci_yaml_keys (&r->file, node, FCI_COMFY, keys, sizeof keys / sizeof *keys)
      || check_globs (r, node, "f32") || check_globs (r, node, "plain")
      || fci_take_text (r, node, "architecture", &architecture))
    return fmtconv_ctx_failed (ctx_of (r));
  const fci_yaml *flag = fci_yaml_find (node, "rows");
  if (flag && fci_yaml_bool (&r->file, flag, &rows))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!architecture && !fci_yaml_find (map, "architecture"))
    return fci_yaml_fail (&r->file, node->key_at, "'comfy' needs 'architecture', which its files name");
  for (const fci_yaml *side = sides->first; side; side = side->next)
    if (!strcmp (side->text, "gguf"))
      return fci_yaml_fail (&r->file, side->at, "with 'comfy', 'gguf' is not the name of a side");
  fmtconv_attr *tree = fci_model_tree (r, node);
  fmtconv_attr_set_bool (tree, "rows", rows);
  fmtconv_attr_set (to, FCI_COMFY, tree);
  r->about->is_for_comfy = true;
  return fmtconv_ctx_failed (ctx_of (r));
}

static int
take_attributes (const fci_reading *r, const fci_yaml *map)
{
  static const char *const keys[] = { "title", "library", "class", "architecture", "note" };
  fmtconv_attr *all = fmtconv_attr_object (ctx_of (r));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (take_attribute (r, map, keys[i], all))
      return fmtconv_ctx_failed (ctx_of (r));
  if (take_config (r, map, all) || take_keys (r, map, all) || take_comfy (r, map, all)
      || take_keep (r, map, all) || fci_take_pipeline (r, map, all))
    return fmtconv_ctx_failed (ctx_of (r));
  r->table->attributes = all && all->first ? fmtconv_attr_json_text (all, 0) : NULL;
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Reads `test`, a list of maps. */
static int
take_test (const fci_reading *r, const fci_yaml *map)
{
  const fci_yaml *node = fci_yaml_find (map, "test");
  if (!node || fci_yaml_is (&r->file, node, FCI_YAML_LIST, "test"))
    return fmtconv_ctx_failed (ctx_of (r));
  for (const fci_yaml *sizes = node->first; sizes; sizes = sizes->next)
    if (fci_yaml_is (&r->file, sizes, FCI_YAML_MAP, "sizes in 'test'"))
      return fmtconv_ctx_failed (ctx_of (r));
  r->about->test = fci_model_tree (r, node);
  return fmtconv_ctx_failed (ctx_of (r));
}

int
fci_take_model (const fci_reading *r, const fci_yaml *map)
{
  fci_rules_file *about = r->about;
  static const char *const needed[] = { "name", "summary", "kind" };
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
    if (!fci_yaml_find (map, needed[i]))
      return fci_yaml_fail (&r->file, map->at, "the key '%s' is missing", needed[i]);
  if (fci_take_text (r, map, "name", &about->name) || fci_take_text (r, map, "summary", &about->summary)
      || fci_take_text (r, map, "kind", &about->kind) || fci_take_text (r, map, "writer", &about->writer)
      || take_sides (r, map) || take_prefix (r, map) || take_partial (r, map))
    return fmtconv_ctx_failed (ctx_of (r));
  if (take_attributes (r, map))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_test (r, map);
}
