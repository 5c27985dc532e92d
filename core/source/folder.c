/* core/source/folder.c: properties of inputs: names, entries, the part that probes see.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/folder.h"
#include "core/source/members.h"
#include "core/source/private.h"
#include "core/source/source.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum
{
  FIRST_NAMES = 256,
  PEEK_BYTES = 4096
};

const char *
fmtconv_input_basename (fmtconv_input *in)
{
  return in ? in->base : NULL;
}

const char *
fmtconv_input_path (fmtconv_input *in)
{
  return in ? in->path : NULL;
}

int
fmtconv_input_is_folder (fmtconv_input *in)
{
  return in && !in->source;
}

fmtconv_source *
fmtconv_input_open (fmtconv_input *file)
{
  if (!file || fmtconv_ctx_failed (file->ctx))
    return NULL;
  if (!file->source)
    fci_fail_file (file->ctx, FMTCONV_E_UNSUPPORTED, file->path,
                   &(fmtconv_where){ .hint = "name a regular file" }, "this is a folder, not a file");
  return file->source;
}

const struct stat *
fci_input_stat (fmtconv_input *in)
{
  return in ? &in->stat : NULL;
}

fmtconv_ctx *
fci_input_ctx (fmtconv_input *in)
{
  return in ? in->ctx : NULL;
}

static int
by_bytes (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* A temporary list of names, which grows. */
typedef struct name_list
{
  const char **name; /* of malloc */
  size_t n;
  size_t capacity;
} name_list;

/* Returns false if memory is exhausted. */
static bool
grow (fmtconv_ctx *ctx, name_list *list)
{
  if (list->n < list->capacity)
    return true;
  const size_t capacity = list->capacity ? 2 * list->capacity : FIRST_NAMES;
  const char **more = realloc (list->name, capacity * sizeof *more);
  if (!more)
    return fci_nomem (ctx) != NULL;
  list->name = more;
  list->capacity = capacity;
  return true;
}

/* Adds an entry's name, except "." and "..". Returns false on an error. */
static bool
add_name (fmtconv_input *folder, name_list *list, const char *name)
{
  if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return true;
  if (list->n == FCI_MAX_ENTRIES)
    {
      const fmtconv_where where = { .hint = "name the file itself" };
      fci_fail_file (folder->ctx, FMTCONV_E_LIMIT, folder->path, &where,
                     "the folder has more than %d entries", (int) FCI_MAX_ENTRIES);
      return false;
    }
  if (!grow (folder->ctx, list))
    return false;
  list->name[list->n] = fci_strdup (folder->ctx, name);
  return list->name[list->n++] != NULL;
}

static bool
read_names (fmtconv_input *folder, DIR *dir, name_list *list)
{
  for (;;)
    {
      errno = 0;
      const struct dirent *entry = readdir (dir);
      if (!entry && errno == 0)
        return true;
      if (!entry)
        {
          fci_fail_io (folder->ctx, folder->path, "cannot be listed");
          return false;
        }
      if (!fci_stored_hides (folder->stored, folder->within, entry->d_name)
          && !add_name (folder, list, entry->d_name))
        return false;
    }
}

/* Collects the names in a temporary list, so that the arena keeps one array of the right size. */
static bool
collect (fmtconv_input *folder, DIR *dir)
{
  name_list list = { 0 };
  bool fine = read_names (folder, dir, &list);
  for (size_t i = 0; fine && folder->stored && i < folder->stored->n; i++)
    {
      const char *entry = fci_stored_entry (folder->stored, folder->within, i);
      fine = !entry || add_name (folder, &list, entry);
    }
  const char **kept = fine ? fmtconv_ctx_alloc (folder->ctx, list.n + 1, sizeof *kept) : NULL;
  if (kept && list.n > 0)
    {
      memcpy (kept, list.name, list.n * sizeof *kept);
      qsort (kept, list.n, sizeof *kept, by_bytes);
    }
  folder->names = kept;
  folder->n_names = list.n;
  free (list.name);
  return kept != NULL;
}

bool
fci_folder_list (fmtconv_input *folder)
{
  if (folder->names)
    return true;
  if (folder->tar)
    return fci_members_list (folder);
  folder->n_names = 0;
  int fd = openat (folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  if (!dir)
    {
      fci_fail_io (folder->ctx, folder->path, "cannot be listed");
      if (fd >= 0)
        close (fd);
      return false;
    }
  bool fine = collect (folder, dir);
  closedir (dir);
  return fine;
}

const char *
fmtconv_input_entry (fmtconv_input *folder, size_t i)
{
  if (!folder || folder->source || fmtconv_ctx_failed (folder->ctx) || !fci_folder_list (folder))
    return NULL;
  return i < folder->n_names ? folder->names[i] : NULL;
}

static bool
peek_file (fmtconv_input *in, fmtconv_peek *peek)
{
  const uint64_t size = in->source->size;
  const size_t n = size < PEEK_BYTES ? (size_t) size : PEEK_BYTES;
  uint8_t *head = fmtconv_ctx_alloc (in->ctx, 2, PEEK_BYTES), *tail = head ? head + PEEK_BYTES : NULL;
  if (!head || fci_source_load (in->source, 0, head, n) != 0
      || fci_source_load (in->source, size - n, tail, n) != 0)
    return false;
  peek->head = head;
  peek->tail = tail;
  peek->head_len = peek->tail_len = n;
  peek->size = size;
  return true;
}

static bool
peek_folder (fmtconv_input *in, fmtconv_peek *peek)
{
  peek->is_folder = 1;
  if (!fci_folder_list (in))
    return false;
  peek->entries = in->names;
  peek->n_entries = in->n_names;
  return true;
}

const fmtconv_peek *
fci_input_peek (fmtconv_input *in)
{
  if (!in || fmtconv_ctx_failed (in->ctx))
    return NULL;
  if (in->peek)
    return in->peek;
  fmtconv_peek *peek = fci_new (in->ctx, fmtconv_peek);
  if (!peek)
    return NULL;
  peek->path = in->path;
  peek->base = in->base;
  peek->is_named = in->is_named;
  if (in->source ? peek_file (in, peek) : peek_folder (in, peek))
    in->peek = peek;
  return in->peek;
}
