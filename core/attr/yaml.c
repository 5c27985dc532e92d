/* core/attr/yaml.c: parses a foreign YAML document into an attribute tree, from libyaml's events.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/attr/attr.h"
#include "core/attr/set.h"
#include "core/attr/yaml-scalar.h"
#include "core/base/ctx.h"
#include "core/base/library.h"
#include "core/base/map.h"
#include "core/base/size.h"
#include "core/base/text.h"
#include "core/source/source.h"
#include <string.h>
#include <yaml.h>

enum
{
  MAX_BYTES = 1024 * 1024,
  MAX_DEPTH = 32,
  MAX_EVENTS = 100000,
  MAX_COPIED = 8 * MAX_BYTES /* of text copied for anchors and aliases */
};

/* An open collection. */
typedef struct level
{
  fmtconv_attr *node;
  const char *key;    /* of a mapping: the key if its value is next; NULL: a key is next */
  const char *anchor; /* of the collection; NULL: none */
} level;

typedef struct loader
{
  fmtconv_ctx *ctx;
  yaml_parser_t parser;
  fci_map *anchors; /* name → complete node */
  fmtconv_attr *root;
  const char *why;
  unsigned events; /* including expanded aliases */
  unsigned copied; /* bytes of text */
  unsigned documents;
  unsigned depth;
  bool ended;
  level levels[MAX_DEPTH];
} loader;

static void
fail_limit (loader *l, const char *why, const yaml_mark_t *mark)
{
  if (l->why)
    return;
  l->why = mark ? fmtconv_ctx_printf (l->ctx, "line %zu: %s", mark->line + 1, why) : why;
  if (!l->why)
    l->why = "out of memory";
}

static void
count (loader *l, unsigned n, const yaml_mark_t *mark)
{
  l->events += n;
  if (l->events > MAX_EVENTS)
    fail_limit (l, "more than 100000 events, including expanded aliases", mark);
}

/* Returns the text of a scalar or anchor; NULL: not valid text, or out of memory. */
static const char *
text_of (loader *l, const yaml_char_t *s, size_t len, const yaml_mark_t *mark)
{
  if (!fci_is_utf8 ((const char *) s, len))
    fail_limit (l, "a scalar contains a NUL byte or is not valid UTF-8", mark);
  const char *copy = l->why ? NULL : fci_strndup (l->ctx, s, len);
  if (!copy)
    fail_limit (l, "out of memory", NULL);
  return copy;
}

/* Adds a member; a later member replaces an earlier one with the same key. */
static void
add_member (level *top, fmtconv_attr *node)
{
  fmtconv_attr *old = fmtconv_attr_get (top->node, top->key);
  if (old)
    fci_attr_become (old, node);
  else
    fci_attr_append (top->node, top->key, node);
  top->key = NULL;
}

/* Adds a complete node to the innermost open collection. */
static void
add (loader *l, fmtconv_attr *node, const yaml_mark_t *mark)
{
  level *top = l->depth ? &l->levels[l->depth - 1] : NULL;
  if (!node)
    fail_limit (l, "out of memory", NULL);
  else if (!top)
    l->root = node;
  else if (top->node->kind == FMTCONV_ATTR_ARRAY)
    fci_attr_append (top->node, NULL, node);
  else if (top->key)
    add_member (top, node);
  else
    fail_limit (l, "a key is not a plain text", mark);
}

/* The cost of copying a tree. */
typedef struct weight
{
  unsigned nodes;
  unsigned bytes; /* of text */
} weight;

/* Adds up the cost of a tree and returns its depth. A tree has at most MAX_EVENTS nodes, and a text is
 * part of the document: no sum overflows before the next text stops the walk. */
static unsigned
weigh (const fmtconv_attr *node, weight *sum)
{
  unsigned deepest = 0;
  sum->nodes++;
  sum->bytes += (node->key ? (unsigned) strlen (node->key) : 0)
                + (node->kind == FMTCONV_ATTR_STRING ? (unsigned) node->len : 0);
  for (const fmtconv_attr *item = node->first; item && sum->bytes <= MAX_COPIED; item = item->next)
    {
      unsigned below = weigh (item, sum);
      if (below > deepest)
        deepest = below;
    }
  return deepest + (node->kind >= FMTCONV_ATTR_ARRAY);
}

/* Returns a copy if the budget allows it. NULL: the reason is in `why`. */
static fmtconv_attr *
copy_within (loader *l, const fmtconv_attr *node, const yaml_mark_t *mark)
{
  weight sum = { 0 };
  unsigned depth = weigh (node, &sum);
  count (l, sum.nodes, mark);
  l->copied += sum.bytes;
  if (l->copied > MAX_COPIED)
    fail_limit (l, "anchors and aliases expand to more than 8 MiB of text", mark);
  if (l->depth + depth > MAX_DEPTH)
    fail_limit (l, "nested deeper than 32", mark);
  fmtconv_attr *copy = l->why ? NULL : fci_attr_copy (l->ctx, node);
  if (!copy)
    fail_limit (l, "out of memory", NULL);
  return copy;
}

/* Stores a copy of a complete node, because a later duplicate key may overwrite the node itself. */
static void
anchor (loader *l, const char *name, const fmtconv_attr *node, const yaml_mark_t *mark)
{
  if (!name || !node || l->why)
    return;
  const fmtconv_attr *copy = copy_within (l, node, mark);
  if (copy && !fci_map_set (l->anchors, name, strlen (name), (uintptr_t) copy))
    fail_limit (l, "out of memory", NULL);
}

/* Stores an anchor whose name lives only as long as its event. */
static void
anchor_scalar (loader *l, const yaml_event_t *event, const fmtconv_attr *node)
{
  const yaml_char_t *name = event->data.scalar.anchor;
  anchor (l, fci_strdup (l->ctx, (const char *) name), node, &event->start_mark);
}

static bool
has_control (const char *s)
{
  for (; *s; s++)
    if ((unsigned char) *s < 0x20 || *s == 0x7f)
      return true;
  return false;
}

static void
on_scalar (loader *l, const yaml_event_t *event)
{
  size_t len = event->data.scalar.length;
  const char *s = text_of (l, event->data.scalar.value, len, &event->start_mark);
  if (!s)
    return;
  level *top = l->depth ? &l->levels[l->depth - 1] : NULL;
  if (top && top->node->kind == FMTCONV_ATTR_OBJECT && !top->key)
    {
      if (has_control (s))
        fail_limit (l, "a control character in a key", &event->start_mark);
      top->key = s;
      anchor_scalar (l, event, fci_attr_string (l->ctx, s, len));
      return;
    }
  bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  fmtconv_attr *node = plain ? fci_yaml_scalar (l->ctx, s, len) : fci_attr_string (l->ctx, s, len);
  anchor_scalar (l, event, node);
  add (l, node, &event->start_mark);
}

static void
open_collection (loader *l, unsigned kind, const yaml_char_t *name, const yaml_mark_t *mark)
{
  if (l->depth == MAX_DEPTH)
    {
      fail_limit (l, "nested deeper than 32", mark);
      return;
    }
  level *top = &l->levels[l->depth++];
  *top = (level){ .node = fci_attr_new (l->ctx, kind), .anchor = fci_strdup (l->ctx, (const char *) name) };
  if (!top->node || (name && !top->anchor))
    fail_limit (l, "out of memory", NULL);
}

static void
close_collection (loader *l, const yaml_mark_t *mark)
{
  level done = l->levels[--l->depth];
  anchor (l, done.anchor, done.node, mark);
  add (l, done.node, mark);
}

/* Expands an alias. An anchor exists only when its node is complete, so that no node can contain itself. */
static void
on_alias (loader *l, const yaml_event_t *event)
{
  const char *name = (const char *) event->data.alias.anchor;
  uintptr_t found = 0;
  if (!fci_map_get (l->anchors, name, strlen (name), &found))
    {
      fail_limit (l, "an alias to itself or to an unknown anchor", &event->start_mark);
      return;
    }
  fmtconv_attr *copy = copy_within (l, (const fmtconv_attr *) found, &event->start_mark);
  if (copy)
    add (l, copy, &event->start_mark);
}

static void
on_event (loader *l, const yaml_event_t *event)
{
  switch (event->type)
    {
    case YAML_DOCUMENT_START_EVENT:
      if (l->documents++)
        fail_limit (l, "more than one document", &event->start_mark);
      break;
    case YAML_SCALAR_EVENT:
      on_scalar (l, event);
      break;
    case YAML_ALIAS_EVENT:
      on_alias (l, event);
      break;
    case YAML_SEQUENCE_START_EVENT:
      open_collection (l, FMTCONV_ATTR_ARRAY, event->data.sequence_start.anchor, &event->start_mark);
      break;
    case YAML_MAPPING_START_EVENT:
      open_collection (l, FMTCONV_ATTR_OBJECT, event->data.mapping_start.anchor, &event->start_mark);
      break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      close_collection (l, &event->start_mark);
      break;
    case YAML_NO_EVENT:
      fail_limit (l, "the parser stopped", &event->start_mark);
      break;
    default:
      l->ended = event->type == YAML_STREAM_END_EVENT;
    }
}

static void
run (loader *l)
{
  while (!l->why && !l->ended)
    {
      yaml_event_t event;
      if (!yaml_parser_parse (&l->parser, &event))
        {
          const char *problem = l->parser.problem;
          if (l->parser.error == YAML_MEMORY_ERROR)
            fci_nomem (l->ctx);
          fail_limit (l, problem ? problem : "out of memory", &l->parser.problem_mark);
          return;
        }
      count (l, 1, &event.start_mark);
      if (!l->why)
        on_event (l, &event);
      yaml_event_delete (&event);
    }
}

static fmtconv_attr *
load (fmtconv_ctx *ctx, const void *text, size_t len, const char **why)
{
  loader l = { .ctx = ctx, .anchors = fci_map_new (ctx) };
  if (!l.anchors || !yaml_parser_initialize (&l.parser))
    return fci_nomem (ctx);
  yaml_parser_set_input_string (&l.parser, text, len);
  yaml_parser_set_encoding (&l.parser, YAML_UTF8_ENCODING);
  if (fci_budget_take (&ctx->budget, FCI_YAML_COPIES * len))
    {
      run (&l);
      fci_budget_give (&ctx->budget, FCI_YAML_COPIES * len);
    }
  else
    fci_nomem (ctx);
  yaml_parser_delete (&l.parser);
  if (!l.root)
    fail_limit (&l, "it has no document", NULL);
  *why = l.why;
  return l.why ? NULL : l.root;
}

fmtconv_attr *
fmtconv_cursor_take_yaml (fmtconv_cursor *cursor, uint64_t n, const char **why)
{
  const char *ignored;
  why = why ? why : &ignored;
  *why = "an earlier error";
  if (!cursor || !cursor->source || cursor->source->ctx->failed)
    return NULL;
  fmtconv_ctx *ctx = cursor->source->ctx;
  *why = n > MAX_BYTES ? "longer than 1 MiB" : "it ends too early";
  if (n > MAX_BYTES || !fci_size_within (cursor->pos, n, cursor->end))
    return NULL;
  fci_try saved;
  fci_try_begin (ctx, &saved);
  const void *text = fmtconv_cursor_take (cursor, n);
  *why = "it cannot be read";
  fmtconv_attr *tree = text ? load (ctx, text, (size_t) n, why) : NULL;
  return fci_try_end (ctx, &saved) ? NULL : tree;
}
