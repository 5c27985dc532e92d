/* core/attr/yaml-strict.c: parses a strict YAML document into nodes with places, from libyaml's events.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-node.h"
#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/base/library.h"
#include "core/base/map.h"
#include "core/base/utf8.h"
#include "core/source/source.h"
#include <string.h>
#include <yaml.h>

typedef struct loader
{
  fmtconv_ctx *ctx;
  const char *path;
  yaml_parser_t parser;
  fci_map *keys; /* of all maps: address of the map's node followed by the key → member */
  fci_yaml *root;
  unsigned events;
  unsigned documents;
  unsigned depth;
  bool ended;
  fci_yaml *open[FCI_YAML_DEPTH]; /* open collections */
  const char *key;                /* key of the innermost map if its value is next; NULL: a key is next */
  fci_yaml_pos key_at;
} loader;

static fci_yaml_pos
place_of (const yaml_mark_t *mark)
{
  return (fci_yaml_pos){ mark->line + 1, mark->column + 1 };
}

static void refuse (loader *l, fci_yaml_pos at, const char *format, ...) FMTCONV_PRINTF (3);

/* Records an error at that place. */
static void
refuse (loader *l, fci_yaml_pos at, const char *format, ...)
{
  const char *place = fci_yaml_location (l->ctx, l->path, at);
  va_list ap;
  va_start (ap, format);
  fci_fail_filev (l->ctx, FMTCONV_E_FORMAT, place, NULL, format, ap);
  va_end (ap);
}

/* Returns the text of a scalar; NULL: it has invisible characters, which were escaped, or out of memory. */
static const char *
scalar_text (loader *l, const yaml_event_t *event)
{
  const char *s = (const char *) event->data.scalar.value;
  size_t len = event->data.scalar.length;
  for (size_t i = 0, n; i < len; i += n)
    {
      uint32_t c = 0;
      n = fci_utf8_next (s + i, len - i, &c);
      if (n == 0 || fci_is_hidden (c))
        {
          refuse (l, place_of (&event->start_mark), "the control character U+%04X is not allowed in a value",
                  (unsigned) c);
          return NULL;
        }
    }
  return fci_strndup (l->ctx, s, len);
}

/* Refuses anchors and tags: a short file does not need them, and they can make a small file large or
 * misleading. */
static bool
is_simple (loader *l, const yaml_char_t *anchor, const yaml_char_t *tag, const yaml_mark_t *mark)
{
  if (anchor)
    refuse (l, place_of (mark), "anchors (&name) are not allowed: repeat the text instead");
  else if (tag)
    refuse (l, place_of (mark), "tags (!name) are not allowed: put the text in quotes instead");
  return !l->ctx->failed;
}

/* Returns whether the key is new in this map; looks up the map's address followed by the key. */
static bool
is_new_key (loader *l, const fci_yaml *map, fci_yaml *node)
{
  size_t len = strlen (node->key);
  char *name = fmtconv_ctx_alloc (l->ctx, 1, sizeof map + len);
  uintptr_t old = 0;
  if (!name)
    return false;
  memcpy (name, &map, sizeof map);
  memcpy (name + sizeof map, node->key, len);
  if (fci_map_add (l->keys, name, sizeof map + len, (uintptr_t) node, &old))
    return true;
  const fci_yaml *other = (const fci_yaml *) old;
  if (!l->ctx->failed)
    refuse (l, node->key_at, "'%s' is given twice: the first is at %zu:%zu", node->key, other->key_at.line,
            other->key_at.column);
  return false;
}

/* Adds a node to the innermost open collection. */
static void
add (loader *l, fci_yaml *node)
{
  fci_yaml *around = l->depth ? l->open[l->depth - 1] : NULL;
  node->key_at = node->at;
  if (!around)
    {
      l->root = node;
      return;
    }
  if (around->kind == FCI_YAML_MAP)
    {
      node->key = l->key;
      node->key_at = l->key_at;
      l->key = NULL;
      if (!is_new_key (l, around, node))
        return;
    }
  if (around->first)
    around->last->next = node;
  else
    around->first = node;
  around->last = node;
  around->n++;
}

static bool
is_null (const yaml_event_t *event, const char *text)
{
  static const char *const words[] = { "", "~", "null", "Null", "NULL" };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !strcmp (text, words[i]))
      return true;
  return false;
}

/* Returns whether a key comes next. */
static bool
wants_key (const loader *l)
{
  return l->depth && l->open[l->depth - 1]->kind == FCI_YAML_MAP && !l->key;
}

static void
on_scalar (loader *l, const yaml_event_t *event)
{
  const yaml_mark_t *mark = &event->start_mark;
  if (!is_simple (l, event->data.scalar.anchor, event->data.scalar.tag, mark))
    return;
  const char *text = scalar_text (l, event);
  if (!text)
    return;
  if (wants_key (l))
    {
      l->key = text;
      l->key_at = place_of (mark);
      return;
    }
  fci_yaml *node = fci_new (l->ctx, fci_yaml);
  if (!node)
    return;
  node->kind = is_null (event, text) ? FCI_YAML_NULL : FCI_YAML_TEXT;
  node->text = node->kind == FCI_YAML_TEXT ? text : NULL;
  node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  node->at = place_of (mark);
  add (l, node);
}

static void
open_collection (loader *l, fci_yaml_kind kind, const yaml_char_t *anchor, const yaml_char_t *tag,
                 const yaml_mark_t *mark)
{
  if (!is_simple (l, anchor, tag, mark))
    return;
  if (l->depth == FCI_YAML_DEPTH)
    refuse (l, place_of (mark), "nested deeper than %d", (int) FCI_YAML_DEPTH);
  else if (wants_key (l))
    refuse (l, place_of (mark), "a key must be a text, not a list or a map");
  fci_yaml *node = fci_new (l->ctx, fci_yaml);
  if (!node)
    return;
  node->kind = kind;
  node->at = place_of (mark);
  add (l, node);
  l->open[l->depth++] = node;
}

static void
on_document (loader *l, const yaml_event_t *event)
{
  fci_yaml_pos at = place_of (&event->start_mark);
  if (l->documents++)
    refuse (l, at, "a second document begins here: a file may hold only one");
  else if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
    refuse (l, at, "tags (%%TAG) are not allowed");
}

static void
on_event (loader *l, const yaml_event_t *event)
{
  const yaml_mark_t *mark = &event->start_mark;
  switch (event->type)
    {
    case YAML_DOCUMENT_START_EVENT:
      on_document (l, event);
      break;
    case YAML_SCALAR_EVENT:
      on_scalar (l, event);
      break;
    case YAML_ALIAS_EVENT:
      refuse (l, place_of (mark), "aliases (*name) are not allowed: repeat the text instead");
      break;
    case YAML_SEQUENCE_START_EVENT:
      open_collection (l, FCI_YAML_LIST, event->data.sequence_start.anchor, event->data.sequence_start.tag,
                       mark);
      break;
    case YAML_MAPPING_START_EVENT:
      open_collection (l, FCI_YAML_MAP, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                       mark);
      break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      l->depth--;
      break;
    case YAML_NO_EVENT:
      refuse (l, place_of (mark), "the parser stopped");
      break;
    default:
      l->ended = event->type == YAML_STREAM_END_EVENT;
    }
}

/* Returns what usually causes a problem of libyaml, whose texts are those of its scanner. */
static const char *
advice_for (const char *problem)
{
  if (problem && strstr (problem, "cannot start any token"))
    return " (indent with blanks, not tabs, and put texts with special characters in quotes)";
  if (problem && strstr (problem, "mapping values are not allowed"))
    return " (put a text with ': ' in quotes)";
  return "";
}

/* Reports libyaml's problem and its context. */
static void
on_problem (loader *l)
{
  const yaml_parser_t *p = &l->parser;
  if (p->error == YAML_MEMORY_ERROR)
    fci_nomem (l->ctx);
  else
    refuse (l, place_of (&p->problem_mark), "not valid YAML: %s%s%s%s", p->problem ? p->problem : "unknown",
            p->context ? " " : "", p->context ? p->context : "", advice_for (p->problem));
}

static void
run (loader *l)
{
  while (!l->ctx->failed && !l->ended)
    {
      yaml_event_t event;
      if (!yaml_parser_parse (&l->parser, &event))
        {
          on_problem (l);
          return;
        }
      if (++l->events > FCI_YAML_EVENTS)
        refuse (l, place_of (&event.start_mark), "more than %d values, keys and brackets",
                (int) FCI_YAML_EVENTS);
      else
        on_event (l, &event);
      yaml_event_delete (&event);
    }
}

fci_yaml *
fci_yaml_strict (fmtconv_source *file, const char *path)
{
  fmtconv_cursor cursor = fmtconv_cursor_start (file);
  if (!file)
    return NULL;
  fmtconv_ctx *ctx = file->ctx;
  const size_t len = (size_t) cursor.end;
  if (cursor.end > FCI_YAML_BYTES)
    fci_fail_file (ctx, FMTCONV_E_LIMIT, path,
                   &(fmtconv_where){ .hint = "check that this is the right file" },
                   "the file is longer than 1 MiB");
  const char *text = ctx->failed ? NULL : fmtconv_cursor_take (&cursor, cursor.end);
  loader l = { .ctx = ctx, .path = path, .keys = fci_map_new (ctx) };
  if (!text || !l.keys || fci_yaml_visible (ctx, path, text, len))
    return NULL;
  if (!yaml_parser_initialize (&l.parser))
    return fci_nomem (ctx);
  yaml_parser_set_input_string (&l.parser, (const unsigned char *) text, len);
  yaml_parser_set_encoding (&l.parser, YAML_UTF8_ENCODING);
  if (fci_budget_take (&ctx->budget, FCI_YAML_COPIES * len))
    {
      run (&l);
      fci_budget_give (&ctx->budget, FCI_YAML_COPIES * len);
    }
  else
    fci_nomem (ctx);
  yaml_parser_delete (&l.parser);
  if (!l.root && !ctx->failed)
    refuse (&l, (fci_yaml_pos){ 1, 1 }, "the file has no document");
  return ctx->failed ? NULL : l.root;
}
