/* core/attr/json-members.c: reads the members of a JSON object, or the elements of an array, one at a time, so
 * that a large one need not fit in memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/attr/json.h"
#include "core/base/ctx.h"
#include <string.h>

enum
{
  NAMES =
      2 /* depth of the objects whose keys are names; deeper ones hold data, such as the tokens of a vocabulary */
};

/* Reads an element of an array.  NULL: as above. */
static fmtconv_attr *
read_element (fci_json *json)
{
  return fci_json_value (json, false);
}

/* What the values between two brackets are. */
typedef struct container
{
  char open;
  char close;
  const char *opening; /* for messages */
  const char *closing;
  fmtconv_attr *(*read) (fci_json *json);
} container;

static const container object = { '{', '}', "'{'", "'}'", fci_json_member };
static const container array = { '[', ']', "'['", "']'", read_element };

/* Passes a value, whose nodes are in a separate arena that the next one reuses. */
static bool
pass_value (fci_json *json, const container *in, fci_arena *scratch,
            int (*member) (void *arg, fmtconv_attr *value), void *arg)
{
  fmtconv_attr *value = fci_json_read_in (json, scratch, in->read);
  bool good = value && member (arg, value) == 0 && !json->ctx->failed;
  fci_arena_reuse (scratch);
  return good;
}

static void
pass_all (fci_json *json, const container *in, fci_arena *scratch,
          int (*member) (void *arg, fmtconv_attr *value), void *arg)
{
  if (!fci_json_skip (json, in->open) && !fci_json_expected (json, in->opening))
    return;
  bool more = !fci_json_skip (json, in->close);
  while (more)
    {
      if (!pass_value (json, in, scratch, member, arg) || fci_check_cancel (json->ctx) != 0)
        return;
      more = fci_json_skip (json, ',');
      if (!more && !fci_json_skip (json, in->close) && !fci_json_expected (json, in->closing))
        return;
    }
  if (!fci_json_at_end (json))
    fci_json_expected (json, "end of file");
}

void
fmtconv_cursor_take_members (fmtconv_cursor *cursor, uint64_t n, unsigned depth,
                             int (*member) (void *arg, fmtconv_attr *value), void *arg)
{
  fci_json json;
  fci_arena scratch;
  if (!member || !fci_json_take (&json, cursor, n, depth, NAMES))
    return;
  scratch = FCI_ARENA_BESIDE (json.ctx);
  pass_all (&json, &object, &scratch, member, arg);
  fci_json_fail (&json);
  fci_json_close (&json);
  fci_arena_clear (&scratch);
}

static int
ignore (void *arg, fmtconv_attr *value)
{
  (void) arg, (void) value;
  return 0;
}

void
fci_json_check (fmtconv_cursor *cursor, uint64_t n, unsigned depth)
{
  fci_json json;
  fci_arena scratch;
  if (!fci_json_take (&json, cursor, n, depth, NAMES))
    return;
  scratch = FCI_ARENA_BESIDE (json.ctx);
  const char first = fci_json_at_end (&json) ? '\0' : json.text[json.pos];
  if (first == '{' || first == '[')
    pass_all (&json, first == '{' ? &object : &array, &scratch, ignore, NULL);
  else
    fci_json_value (&json, true);
  fci_json_fail (&json);
  fci_json_close (&json);
  fci_arena_clear (&scratch);
}
