/* plugins/safetensors/edit.h: where the members of a header lie, and changes of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SAFETENSORS_EDIT_H
#define SAFETENSORS_EDIT_H

#include "plugins/common/patch.h"
#include "safetensors.h"

#define SAFETENSORS_NOWHERE SIZE_MAX

/* A member of an object, as positions in the text. */
struct safetensors_member
{
  size_t key, key_end;     /* with the quotation marks */
  size_t value, value_end; /* without the blanks around it */
  size_t next;             /* the comma after it, or the end of the object */
  int dropped;
  const char *renamed; /* its new name; NULL: it keeps its name */
};

struct safetensors_members
{
  size_t open, close; /* '{' and '}' */
  struct safetensors_member *item;
  size_t n;
};

/* A header, and the changes of it. */
struct safetensors_header
{
  fmtconv_ctx *ctx;
  const char *base; /* of the file's name */
  const char *text; /* n bytes, not terminated: valid JSON */
  size_t n;
  struct safetensors_members all;
  struct safetensors_members metadata; /* n = 0 if there are none */
  size_t metadata_at;                  /* place of __metadata__ in `all`; NOWHERE: absent */
  const char *added;                   /* new members of the metadata, as JSON; "": none */
  struct patch patch;
};

/* Finds the members of the object that begins at `open`.  Returns 0 or a code. */
int safetensors_find_members (struct safetensors_header *h, size_t open, struct safetensors_members *out);

/* Returns the place of the member with that name; NOWHERE: there is none. */
size_t safetensors_find (const struct safetensors_header *h, const struct safetensors_members *in,
                         const char *name);

/* Returns a string of the text, given with its quotation marks, as the characters that it stands for. */
const char *safetensors_string (const struct safetensors_header *h, size_t from, size_t to);

/* Returns whether the text, given with its quotation marks, stands for these characters. */
int safetensors_is_string (const struct safetensors_header *h, size_t from, size_t to, const char *wanted);

/* Returns characters as a JSON string. */
const char *safetensors_quote (fmtconv_ctx *ctx, const char *s);

/* Checks a new name by the rules that the reader has for those in files.  Returns 0 or a code. */
int safetensors_check_name (const struct safetensors_header *h, const char *name);

/* Replaces [from, to) of the text.  A shorter text is filled up with blanks, and a longer
 * one takes the blanks after it, so that little of the file moves. */
void safetensors_replace (struct safetensors_header *h, size_t from, size_t to, const char *text);

/* Marks the old name of a change as free, before any name is checked: names can be exchanged. */
void safetensors_free_name (struct safetensors_header *h, const fmtconv_change *change);

/* Adds the change of a name.  Returns 0 or a code. */
int safetensors_rename (struct safetensors_header *h, const fmtconv_change *change);

int safetensors_edit (fmtconv_ctx *ctx, const fmtconv_change *changes, size_t n, fmtconv_input *in,
                      fmtconv_file *out);

#endif
