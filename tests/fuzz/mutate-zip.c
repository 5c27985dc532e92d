/* tests/fuzz/mutate-zip.c: changes an archive: the bytes of a member, with all sizes and checksums, or one field.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/unit/zipmaker.h"
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum
{
  MAX_MEMBERS = 64,
  MAX_MEMBER = 1 << 20
};

/* The members of an archive, which own their memory. */
typedef struct members
{
  zm_member member[MAX_MEMBERS];
  size_t n;
} members;

static void
take_member (zip_t *archive, zip_uint64_t i, members *out)
{
  zip_stat_t st;
  zip_file_t *file = zip_stat_index (archive, i, 0, &st) ? NULL : zip_fopen_index (archive, i, 0);
  void *bytes = file && st.size < MAX_MEMBER ? malloc (st.size + 64) : NULL;
  if (bytes && zip_fread (file, bytes, st.size) == (zip_int64_t) st.size)
    out->member[out->n++] = (zm_member){ .name = strdup (st.name),
                                         .bytes = bytes,
                                         .size = st.size,
                                         .how = ZM_TORCH | (st.comp_method ? ZM_DEFLATE : 0) };
  else
    free (bytes);
  if (file)
    zip_fclose (file);
}

/* Reads the members that can be read. */
static void
take_members (const uint8_t *data, size_t size, members *out)
{
  zip_source_t *source = zip_source_buffer_create (data, size, 0, NULL);
  zip_t *archive = source ? zip_open_from_source (source, ZIP_RDONLY, NULL) : NULL;
  out->n = 0;
  if (!archive)
    {
      zip_source_free (source);
      return;
    }
  const zip_int64_t n = zip_get_num_entries (archive, 0);
  for (zip_int64_t i = 0; i < n && i < MAX_MEMBERS; i++)
    take_member (archive, (zip_uint64_t) i, out);
  zip_discard (archive);
}

/* Changes a member: as a file of its own, as another member, or in how it is stored. */
static void
change (fuzz_random *random, members *all, size_t room)
{
  const size_t i = fuzz_below (random, all->n);
  zm_member *member = &all->member[i];
  switch (fuzz_below (random, 12))
    {
    case 0:
      member->how = (unsigned) fuzz_below (random, 64);
      break;
    case 1:
      {
        char *name = strdup (all->member[fuzz_below (random, all->n)].name);
        free ((void *) member->name);
        member->name = name;
      }
      break;
    default:
      {
        uint8_t *bytes = malloc (member->size + room);
        if (!bytes)
          abort ();
        memcpy (bytes, member->bytes, member->size);
        member->size = fuzz_mutate (random, bytes, member->size, member->size + room);
        free ((void *) member->bytes);
        member->bytes = bytes;
      }
    }
}

size_t
fuzz_mutate_zip (fuzz_random *random, uint8_t *data, size_t size, size_t max)
{
  members all;
  if (fuzz_below (random, 8) == 0)
    return LLVMFuzzerMutate (data, size, max);
  take_members (data, size, &all);
  if (all.n == 0)
    return LLVMFuzzerMutate (data, size, max);
  change (random, &all, 64 + fuzz_below (random, 256));
  zm_archive made = zm_make (all.member, all.n, fuzz_below (random, 8) == 0);
  const bool fits = made.bytes && made.n <= max;
  if (fits)
    memcpy (data, made.bytes, made.n);
  const size_t total = fits ? made.n : size;
  zm_free (&made);
  for (size_t i = 0; i < all.n; i++)
    free ((void *) all.member[i].name), free ((void *) all.member[i].bytes);
  return total;
}
