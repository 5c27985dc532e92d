/* plugins/gguf/edit.h: changes of a file's keys and names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GGUF_EDIT_H
#define GGUF_EDIT_H

#include "gguf.h"
#include "plugins/common/patch.h"

/* A file, and the changes of it. */
struct gguf_edit
{
  struct gguf_file file;
  struct patch patch;
  uint64_t n_keys;    /* after the changes */
  char *key_dropped;  /* for each key of the file */
  const char **names; /* new ones of keys, then of tensors; NULL: the name stays */
  const char **added; /* n_added new keys */
  size_t n_added;
};

#define GGUF_NOWHERE UINT64_MAX

/* Bytes that are put together in the byte order of the file. */
struct gguf_text
{
  fmtconv_ctx *ctx;
  int is_big_endian;
  char *bytes;
  size_t n, capacity;
};
void gguf_text_number (struct gguf_text *to, unsigned bytes, uint64_t number);
void gguf_text_string (struct gguf_text *to, const char *s);

/* Returns the value type with a name that users type, as "u32"; -1: none has it. */
int gguf_type_by_name (const char *name, size_t n);
const char *gguf_type_name (int type);

/* Appends a value that a user typed: its type, and its bytes.  type: GGUF_ARRAY of `item`, or another.  Returns 0, or
 * E_USAGE. */
int gguf_text_value (struct gguf_text *to, const char *key, int type, int item, const char *typed);

/* Makes a change of a key.  Return 0 or a code. */
int gguf_edit_set (struct gguf_edit *e, const fmtconv_change *change);
int gguf_edit_unset (struct gguf_edit *e, const fmtconv_change *change);
int gguf_edit_rename_key (struct gguf_edit *e, uint64_t place, const char *name);

/* Refuses a key that no edit can set, remove or rename.  Returns 0 or a code. */
int gguf_check_key (const struct gguf_edit *e, const char *key);

/* Returns the place of a key among those of the file; NOWHERE: it is not there. */
uint64_t gguf_find_key (const struct gguf_edit *e, const char *key);

int gguf_edit (fmtconv_ctx *ctx, const fmtconv_change *changes, size_t n, fmtconv_input *in,
               fmtconv_file *out);

#endif
