/* core/plugin/index-role.c: reads how an index describes what a reader and a transform recognize.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/globs.h"
#include "core/plugin/index-role.h"
#include "core/plugin/index-value.h"
#include <string.h>

/* ---- Readers: rows of evidence */

static int
take_bytes (const fci_yaml_file *file, const fci_yaml *map, fci_evidence *row)
{
  const fci_yaml *list = fci_yaml_find (map, "bytes");
  if (!list || fci_yaml_is (file, list, FCI_YAML_LIST, "bytes"))
    return file->ctx->failed;
  for (const fci_yaml *node = list->first; node; node = node->next)
    {
      if (fci_yaml_is (file, node, FCI_YAML_TEXT, "an element of bytes"))
        return file->ctx->failed;
      if (row->n_bytes == FCI_EVIDENCE_RUNS)
        return fci_yaml_fail (file, node->at, "more than %d elements", (int) FCI_EVIDENCE_RUNS);
      const char *why = fci_bytes_parse (node->text, &row->bytes[row->n_bytes++]);
      if (why)
        return fci_yaml_fail (file, node->at, "'%s': %s", node->text, why);
    }
  return 0;
}

static int
take_entries (const fci_yaml_file *file, const fci_yaml *map, fci_evidence *row)
{
  const fci_yaml *list = fci_yaml_find (map, "entries");
  if (!list || fci_yaml_is (file, list, FCI_YAML_LIST, "entries"))
    return file->ctx->failed;
  for (const fci_yaml *node = list->first; node; node = node->next)
    {
      if (fci_yaml_is (file, node, FCI_YAML_TEXT, "an element of entries"))
        return file->ctx->failed;
      if (row->n_entries == FCI_EVIDENCE_ENTRIES)
        return fci_yaml_fail (file, node->at, "more than %d elements", (int) FCI_EVIDENCE_ENTRIES);
      row->entries[row->n_entries++] = node->text;
    }
  return 0;
}

/* Returns 0, or the code of an error for globs that would never match. */
static int
check_globs (const fci_yaml_file *file, const fci_yaml *map, const char *globs)
{
  return !globs || fci_globs_fit (globs)
             ? 0
             : fci_yaml_fail (file, map->at, "'%s': there must be a glob, and none of more than 95 bytes",
                              globs);
}

/* Checks the texts of a row: one that never matches is a mistake, which would go unnoticed. */
static int
check_texts (const fci_yaml_file *file, const fci_yaml *map, const fci_evidence *row)
{
  for (unsigned i = 0; i < row->n_entries; i++)
    if (check_globs (file, map, row->entries[i]))
      return file->ctx->failed;
  if (row->inside && !*row->inside)
    return fci_yaml_fail (file, map->at, "'inside' is empty");
  return check_globs (file, map, row->names) || check_globs (file, map, row->except) ? file->ctx->failed : 0;
}

static int
take_row (const fci_yaml_file *file, const fci_yaml *map, fci_evidence *row)
{
  static const char *const keys[] = { "bits", "bytes", "inside", "names", "entries", "except" };
  if (fci_yaml_is (file, map, FCI_YAML_MAP, "a row of evidence")
      || fci_yaml_keys (file, map, "a row of evidence", keys, sizeof keys / sizeof *keys)
      || fci_index_number (file, map, "bits", 65535, &row->bits) || take_bytes (file, map, row)
      || fci_index_text (file, map, "inside", &row->inside)
      || fci_index_text (file, map, "names", &row->names) || take_entries (file, map, row)
      || fci_index_text (file, map, "except", &row->except))
    return file->ctx->failed;
  if (!row->bits)
    return fci_yaml_fail (file, map->at, "a row of evidence needs 'bits', the bid of the reader");
  if (!row->n_entries && !row->n_bytes && !row->inside && !row->names)
    return fci_yaml_fail (
        file, map->at,
        "a row of evidence needs 'bytes', 'inside' or 'names' of a file, or 'entries' of a folder");
  if (row->n_entries && (row->n_bytes || row->inside || row->names))
    return fci_yaml_fail (file, map->at,
                          "'entries' are of a folder; 'bytes', 'inside' and 'names' of a file");
  return check_texts (file, map, row);
}

int
fci_index_reader (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  static const char *const keys[] = { "suffixes", "evidence" };
  fmtconv_reader *reader = fci_new (file->ctx, fmtconv_reader);
  const fci_yaml *list = fci_yaml_find (map, "evidence");
  if (!reader || fci_yaml_keys (file, map, "a reader", keys, sizeof keys / sizeof *keys)
      || fci_index_text (file, map, "suffixes", &reader->suffixes)
      || (list && fci_yaml_is (file, list, FCI_YAML_LIST, "evidence")))
    return file->ctx->failed;
  fci_evidence *rows = list ? fmtconv_ctx_alloc (file->ctx, list->n + 1, sizeof *rows) : NULL;
  for (const fci_yaml *node = rows ? list->first : NULL; node; node = node->next)
    if (take_row (file, node, &rows[out->n_evidence++]))
      return file->ctx->failed;
  out->evidence = rows;
  out->plugin.reader = reader;
  return file->ctx->failed;
}

/* ---- Codecs: names of block types, and their numbers in GGUF files */

static int
take_block_type (const fci_yaml_file *file, const fci_yaml *map, fmtconv_block_type *type)
{
  static const char *const keys[] = { "name", "gguf" };
  unsigned gguf = 0;
  if (fci_yaml_is (file, map, FCI_YAML_MAP, "a type of a codec")
      || fci_yaml_keys (file, map, "a type of a codec", keys, sizeof keys / sizeof *keys)
      || fci_index_text (file, map, "name", &type->name)
      || fci_index_number (file, map, "gguf", UINT16_MAX, &gguf))
    return file->ctx->failed;
  type->struct_size = sizeof *type;
  type->gguf = gguf;
  return type->name ? 0 : fci_yaml_fail (file, map->at, "a type of a codec needs 'name'");
}

int
fci_index_codec (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  static const char *const keys[] = { "types" };
  const fci_yaml *list = fci_yaml_find (map, "types");
  size_t n = 0;
  if (fci_yaml_keys (file, map, "a codec", keys, sizeof keys / sizeof *keys))
    return file->ctx->failed;
  if (!list)
    return fci_yaml_fail (file, map->at, "the key 'types' is missing: the block types of the codec");
  if (fci_yaml_is (file, list, FCI_YAML_LIST, "types"))
    return file->ctx->failed;
  fmtconv_block_codec *codec = fci_new (file->ctx, fmtconv_block_codec);
  fmtconv_block_type *types = fmtconv_ctx_alloc (file->ctx, list->n + 1, sizeof *types);
  const fmtconv_block_type **items = fmtconv_ctx_alloc (file->ctx, list->n + 1, sizeof *items);
  if (!codec || !types || !items)
    return file->ctx->failed;
  for (const fci_yaml *node = list->first; node; node = node->next, n++)
    if (take_block_type (file, node, &types[n]))
      return file->ctx->failed;
    else
      items[n] = &types[n];
  *codec = (fmtconv_block_codec){ .struct_size = sizeof *codec, .types = items };
  out->plugin.codec = codec;
  return 0;
}

/* ---- Transforms: names of tensors, as rules that keep them */

/* Reads a map: the pattern under the key that says how it is meant, and its shape, which conditions may need. */
static int
take_tensor_map (const fci_yaml_file *file, const fci_yaml *node, fmtconv_rule *rule)
{
  static const char *const keys[] = { "required", "optional", "together", "ignored", "shape" };
  static const unsigned flags[] = { 0, FMTCONV_RULE_OPTIONAL, FMTCONV_RULE_ALL_OR_NONE, 0 };
  unsigned n = 0;
  if (fci_yaml_keys (file, node, "an element of tensors", keys, sizeof keys / sizeof *keys)
      || fci_index_text (file, node, "shape", &rule->shape))
    return file->ctx->failed;
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (fci_yaml_find (node, keys[i]) && ++n)
      {
        rule->flags = flags[i];
        rule->why = i == 3 ? "ignored" : NULL;
        if (fci_index_text (file, node, keys[i], &rule->from))
          return file->ctx->failed;
      }
  return n == 1 ? 0
                : fci_yaml_fail (
                    file, node->at,
                    "an element of tensors has one pattern: required, optional, together or ignored");
}

/* Reads PATTERN, or a map. */
static int
take_tensor (const fci_yaml_file *file, const fci_yaml *node, fmtconv_rule *rule)
{
  rule->from = node->text;
  if (node->kind == FCI_YAML_MAP ? take_tensor_map (file, node, rule)
                                 : fci_yaml_is (file, node, FCI_YAML_TEXT, "an element of tensors"))
    return file->ctx->failed;
  rule->to = rule->why ? NULL : "=";
  rule->line = (unsigned) node->at.line;
  return 0;
}

static int
take_tensors (const fci_yaml_file *file, const fci_yaml *map, fmtconv_rules *rules)
{
  const fci_yaml *list = fci_yaml_find (map, "tensors");
  if (!list)
    return fci_yaml_fail (file, map->at, "the key 'tensors' is missing: what the transform recognizes");
  if (fci_yaml_is (file, list, FCI_YAML_LIST, "tensors"))
    return file->ctx->failed;
  fmtconv_rule *rule = fmtconv_ctx_alloc (file->ctx, list->n + 1, sizeof *rule);
  rules->rules = rule;
  for (const fci_yaml *node = list->first; rule && node; node = node->next)
    if (take_tensor (file, node, rule++))
      break;
  return file->ctx->failed;
}

/* Reads what recognizes a model.  The rules are checked when they are first used: most conversions use none. */
static int
take_recognition (const fci_yaml_file *file, const fci_yaml *map, fmtconv_transform *transform)
{
  const fci_yaml *dense = fci_yaml_find (map, "dense");
  const char *unmatched = "error";
  bool is_dense = false;
  fmtconv_rules *rules = fci_new (file->ctx, fmtconv_rules);
  if (!rules || fci_index_text (file, map, "prefix", &rules->prefix)
      || fci_index_text (file, map, "lists", &rules->lists)
      || fci_index_text (file, map, "sides", &rules->sides)
      || fci_index_text (file, map, "complete", &rules->complete)
      || fci_index_text (file, map, "unmatched", &unmatched) || fci_index_text (file, map, "let", &rules->let)
      || fci_index_text (file, map, "when", &rules->when) || (dense && fci_yaml_bool (file, dense, &is_dense))
      || take_tensors (file, map, rules))
    return file->ctx->failed;
  if (strcmp (unmatched, "error") != 0 && strcmp (unmatched, "ignore") != 0)
    return fci_yaml_fail (file, fci_yaml_find (map, "unmatched")->at,
                          "unmatched is 'error' or 'ignore', not '%s'", unmatched);
  rules->unmatched = strcmp (unmatched, "ignore") == 0 ? "ignored" : NULL;
  rules->dense = is_dense;
  rules->source = file->path;
  transform->rules = rules;
  return 0;
}

int
fci_index_transform (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out)
{
  static const char *const keys[] = { "kind",   "precedence", "joins",    "writer", "sides",
                                      "prefix", "lists",      "complete", "dense",  "unmatched",
                                      "let",    "when",       "tensors" };
  fmtconv_transform *transform = fci_new (file->ctx, fmtconv_transform);
  unsigned precedence = 0;
  if (!transform || fci_yaml_keys (file, map, "a transform", keys, sizeof keys / sizeof *keys)
      || fci_index_text (file, map, "kind", &transform->kind)
      || fci_index_text (file, map, "joins", &transform->joins)
      || fci_index_text (file, map, "writer", &transform->writer)
      || fci_index_number (file, map, "precedence", 100, &precedence))
    return file->ctx->failed;
  transform->precedence = (int) precedence;
  out->plugin.transform = transform;
  if (transform->kind)
    return take_recognition (file, map, transform);
  for (size_t i = 3; i < sizeof keys / sizeof *keys; i++)
    if (fci_yaml_find (map, keys[i]))
      return fci_yaml_fail (file, fci_yaml_find (map, keys[i])->key_at,
                            "'%s' needs 'kind', what is recognized", keys[i]);
  return 0;
}
