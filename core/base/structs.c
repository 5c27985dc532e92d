/* core/base/structs.c: copies the structs of an application, which may have been built for another release.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/structs.h"
#include <stdint.h>
#include <string.h>

enum
{
  LARGEST = 64 * 1024 /* a larger struct_size was not set: bytes that do not exist must not be read */
};

static size_t
size_of (const void *given)
{
  size_t size;
  memcpy (&size, given, sizeof size);
  return size;
}

bool
fci_struct_has_size (fci_struct known, const void *given)
{
  const size_t size = size_of (given);
  return size >= known.least && size <= LARGEST && size % sizeof (size_t) == 0;
}

/* Returns 0, or E_USAGE if no release of the library can have a struct of that size. */
static int
check_size (fmtconv_ctx *ctx, fci_struct known, const void *given)
{
  if (fci_struct_has_size (known, given))
    return 0;
  const size_t size = size_of (given);
  const fmtconv_where where = { .hint = fmtconv_ctx_printf (
                                    ctx, "set struct_size to sizeof (%s), and all other fields to 0 first",
                                    known.name) };
  if (size < known.least)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "%s has struct_size %zu, but needs at least %zu",
                            known.name, size, known.least);
  return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where,
                          "%s has struct_size %zu, which is not the size of one", known.name, size);
}

/* Returns 0, or E_USAGE if a byte after those that the library knows is set. */
static int
check_rest (fmtconv_ctx *ctx, fci_struct known, const uint8_t *given, size_t size)
{
  static const fmtconv_where where = {
    .hint =
        "the program was built for a later fmtconv: install that release of the library, or leave the field 0"
  };
  size_t at = known.size;
  while (at < size && !given[at])
    at++;
  if (at >= size)
    return 0;
  return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where,
                          "%s sets a field at byte %zu, but fmtconv %s knows only %zu bytes of it",
                          known.name, at, fmtconv_version (), known.size);
}

int
fci_struct_take (fmtconv_ctx *ctx, fci_struct known, const void *given, void *to)
{
  const size_t size = size_of (given);
  if (check_size (ctx, known, given) || check_rest (ctx, known, given, size))
    return ctx->failed;
  memset (to, 0, known.size);
  memcpy (to, given, size < known.size ? size : known.size);
  memcpy (to, &known.size, sizeof known.size);
  return 0;
}

/* Returns 0, or E_USAGE for a NULL where n items were announced. */
static int
check_array (fmtconv_ctx *ctx, const char *field, const void *given, size_t n)
{
  if (given || !n)
    return 0;
  return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s is NULL, but there should be %zu", field, n);
}

void *
fci_structs_take (fmtconv_ctx *ctx, fci_struct known, const char *field, const void *given, size_t n)
{
  if (check_array (ctx, field, given, n) || !n)
    return NULL;
  const uint8_t *from = given;
  const size_t apart = size_of (given);
  uint8_t *copy = fmtconv_ctx_alloc (ctx, n, known.size);
  for (size_t i = 0; copy && i < n; i++, from += apart)
    {
      if (fci_struct_take (ctx, known, from, copy + i * known.size))
        return NULL;
      if (size_of (from) != apart)
        {
          fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: struct_size is %zu in the first item, and %zu in item %zu",
                        field, apart, size_of (from), i + 1);
          return NULL;
        }
    }
  return copy;
}

const char *const *
fci_strings_take (fmtconv_ctx *ctx, const char *field, const char *const *given, size_t n)
{
  if (check_array (ctx, field, given, n) || !n)
    return NULL;
  const char **copy = fmtconv_ctx_alloc (ctx, n, sizeof *copy);
  for (size_t i = 0; copy && i < n; i++)
    {
      copy[i] = fci_strdup (ctx, given[i]);
      if (!given[i])
        fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: item %zu is NULL", field, i + 1);
    }
  return ctx->failed ? NULL : copy;
}
