/* plugins/gguf/edit-keys.c: sets, removes and renames keys of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "edit.h"
#include <fmtconv/formats.h>
#include <string.h>

#define HINT_KEYS "'fmtconv inspect' shows the keys"
#define HINT_TYPES \
  "KEY:TYPE=VALUE; types: u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 bool str, and [TYPE] for an array"

uint64_t
gguf_find_key (const struct gguf_edit *e, const char *key)
{
  for (uint64_t i = 0; i < e->file.n_keys; i++)
    if (!strcmp (e->file.places[i].key, key))
      return i;
  return GGUF_NOWHERE;
}

/* Refuses a change of keys that say how the bytes of the tensors are stored, and of the file's place among others.
 * Returns 0 or a code. */
static int
check_own (const struct gguf_edit *e, const char *key)
{
  if (strcmp (key, GGUF_ALIGN) && !gguf_after (key, GGUF_SPLIT) && !gguf_after (key, GGUF_SHAPE)
      && (!gguf_after (key, "fmtconv.") || gguf_after (key, GGUF_METADATA)))
    return 0;
  return fmtconv_fail_at (e->file.ctx, FMTCONV_E_USAGE,
                          &(fmtconv_where){ .source = e->file.c.source,
                                            .hint = "a conversion of the file sets it: fmtconv FILE OUTPUT" },
                          "the key '%s' describes how the tensors are stored, which an edit does not change",
                          key);
}

int
gguf_check_key (const struct gguf_edit *e, const char *key)
{
  size_t n = 0;
  while (key[n] >= ' ' && key[n] <= '~')
    n++;
  if (*key && !key[n] && n <= GGUF_MAX_KEY)
    return check_own (e, key);
  return fmtconv_fail_at (e->file.ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .source = e->file.c.source },
                          "the key '%s' is not printable ASCII of 1 to %d characters", key,
                          (int) GGUF_MAX_KEY);
}

/* Returns whether the file has, or will have, the key. */
static int
is_taken (const struct gguf_edit *e, const char *key)
{
  for (uint64_t i = 0; i < e->file.n_keys; i++)
    if (!e->key_dropped[i] && !strcmp (e->names[i] ? e->names[i] : e->file.places[i].key, key))
      return 1;
  return 0;
}

/* What a user typed before '=': a key and perhaps a type. */
struct target
{
  const char *key;
  uint64_t place; /* of an existing key */
  int type;       /* -1: not given */
  int item;       /* of an array */
};

/* Parses the end of "KEY:TYPE" or "KEY:[TYPE]".  Returns whether it is a type. */
static int
parse_type (const char *text, struct target *t)
{
  const size_t n = strlen (text);
  const int is_array = n > 2 && text[0] == '[' && text[n - 1] == ']';
  const int type = gguf_type_by_name (text + is_array, n - 2 * (size_t) is_array);
  t->type = is_array && type >= 0 ? GGUF_ARRAY : type;
  t->item = is_array ? type : -1;
  return type >= 0;
}

/* Finds the key that is meant: one of the file with exactly that name comes first. */
static int
parse_target (struct gguf_edit *e, const char *text, struct target *t)
{
  const char *colon = strrchr (text, ':');
  *t = (struct target){ .key = text, .place = gguf_find_key (e, text), .type = -1, .item = -1 };
  if (t->place != GGUF_NOWHERE || !colon || colon == text)
    return fmtconv_ctx_failed (e->file.ctx);
  if (!parse_type (colon + 1, t))
    return fmtconv_fail_at (e->file.ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = HINT_TYPES },
                            "'%s' is not a type of GGUF", colon + 1);
  t->key = fmtconv_ctx_printf (e->file.ctx, "%.*s", (int) (colon - text), text);
  t->place = t->key ? gguf_find_key (e, t->key) : GGUF_NOWHERE;
  return fmtconv_ctx_failed (e->file.ctx);
}

/* Fills in the types of an existing key. */
static void
take_old_type (const struct gguf_edit *e, struct target *t)
{
  fmtconv_attr *value = fmtconv_attr_get (e->file.keys, t->key);
  t->type = value ? gguf_type_of (value) : -1;
  if (t->type == GGUF_ARRAY)
    t->item = gguf_item_type_of (value);
}

/* Returns n bytes of the file; NULL: an error. */
static const char *
bytes_at (const struct gguf_edit *e, uint64_t at, uint64_t n)
{
  fmtconv_cursor c = { e->file.c.source, at, at + n };
  return fmtconv_cursor_take (&c, n);
}

/* Returns whether a value of the file has these bytes already. */
static int
has_value (const struct gguf_edit *e, const struct gguf_place *place, const struct gguf_text *text)
{
  const char *old = place->end - place->value == text->n ? bytes_at (e, place->value, text->n) : NULL;
  return old && !memcmp (old, text->bytes, text->n);
}

static void
add_key (struct gguf_edit *e, const char *key, const struct gguf_text *value)
{
  struct gguf_text whole = { .ctx = e->file.ctx, .is_big_endian = e->file.is_big_endian };
  const uint64_t end = e->file.n_tensors ? e->file.tensors[0].at : e->file.head;
  gguf_text_string (&whole, key);
  patch_put (&e->patch, end, end, whole.bytes, whole.n);
  patch_put (&e->patch, end, end, value->bytes, value->n);
  e->n_keys++;
}

/* Adds a key.  Returns 0 or a code. */
static int
put_new (struct gguf_edit *e, const struct target *t, const struct gguf_text *text)
{
  int is_double = is_taken (e, t->key);
  for (size_t i = 0; i < e->n_added; i++)
    is_double = is_double || !strcmp (e->added[i], t->key);
  if (is_double)
    return fmtconv_fail (e->file.ctx, FMTCONV_E_USAGE, "two changes make a key '%s'", t->key);
  e->added[e->n_added++] = t->key;
  add_key (e, t->key, text);
  return fmtconv_ctx_failed (e->file.ctx);
}

/* Gives a key of the file a value.  Returns 0 or a code. */
static int
put_old (struct gguf_edit *e, const struct target *t, const struct gguf_text *text)
{
  const struct gguf_place *place = &e->file.places[t->place];
  if (e->key_dropped[t->place] || e->names[t->place])
    return fmtconv_fail (e->file.ctx, FMTCONV_E_USAGE, "two changes concern the key '%s'", t->key);
  patch_put (&e->patch, place->value, place->end, text->bytes, text->n);
  return fmtconv_ctx_failed (e->file.ctx);
}

/* Parses what was typed, and finds the type of the value.  Returns 0 or a code. */
static int
resolve (struct gguf_edit *e, const char *typed, struct target *t)
{
  if (parse_target (e, typed, t) || gguf_check_key (e, t->key))
    return fmtconv_ctx_failed (e->file.ctx);
  if (t->type < 0 && t->place != GGUF_NOWHERE)
    take_old_type (e, t);
  if (t->type >= 0)
    return fmtconv_ctx_failed (e->file.ctx);
  return fmtconv_fail_at (e->file.ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = HINT_TYPES },
                          "the file has no key '%s': to add it, give its type", t->key);
}

int
gguf_edit_set (struct gguf_edit *e, const fmtconv_change *change)
{
  fmtconv_ctx *ctx = e->file.ctx;
  struct target t;
  struct gguf_text text = { .ctx = ctx, .is_big_endian = e->file.is_big_endian };
  if (resolve (e, change->name, &t) || gguf_text_value (&text, t.key, t.type, t.item, change->value))
    return fmtconv_ctx_failed (ctx);
  const int is_new = t.place == GGUF_NOWHERE;
  if (!is_new && has_value (e, &e->file.places[t.place], &text))
    return fmtconv_ctx_failed (ctx);
  if (is_new ? put_new (e, &t, &text) : put_old (e, &t, &text))
    return fmtconv_ctx_failed (ctx);
  patch_say (&e->patch, fmtconv_ctx_printf (e->file.ctx,
                                            t.type == GGUF_ARRAY ? "key '%s' (array of %s) %s: %s"
                                                                 : "key '%s' (%s) %s: %s",
                                            t.key, gguf_type_name (t.type == GGUF_ARRAY ? t.item : t.type),
                                            is_new ? "is added" : "becomes", change->value));
  return fmtconv_ctx_failed (ctx);
}

static int
missing (const struct gguf_edit *e, const char *key)
{
  return fmtconv_fail_at (e->file.ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .source = e->file.c.source, .hint = HINT_KEYS },
                          "there is no key '%s' to remove", key);
}

int
gguf_edit_unset (struct gguf_edit *e, const fmtconv_change *change)
{
  const uint64_t i = gguf_find_key (e, change->name);
  if (i == GGUF_NOWHERE)
    return missing (e, change->name);
  if (check_own (e, change->name))
    return fmtconv_ctx_failed (e->file.ctx);
  patch_put (&e->patch, e->file.places[i].at, e->file.places[i].end, "", 0);
  e->key_dropped[i] = 1;
  e->n_keys--;
  patch_say (&e->patch, fmtconv_ctx_printf (e->file.ctx, "key '%s' is removed", change->name));
  return fmtconv_ctx_failed (e->file.ctx);
}

int
gguf_edit_rename_key (struct gguf_edit *e, uint64_t i, const char *name)
{
  const struct gguf_place *place = &e->file.places[i];
  struct gguf_text text = { .ctx = e->file.ctx, .is_big_endian = e->file.is_big_endian };
  if (!strcmp (place->key, name))
    return 0;
  if (is_taken (e, name))
    return fmtconv_fail_at (e->file.ctx, FMTCONV_E_USAGE,
                            &(fmtconv_where){ .source = e->file.c.source, .hint = HINT_KEYS },
                            "key '%s': the key '%s' exists already", place->key, name);
  e->names[i] = name;
  gguf_text_string (&text, name);
  patch_put (&e->patch, place->at, place->value, text.bytes, text.n);
  patch_say (&e->patch, fmtconv_ctx_printf (e->file.ctx, "key '%s' becomes '%s'", place->key, name));
  return fmtconv_ctx_failed (e->file.ctx);
}
