/* core/exec/check/manifest.c: computes the SHA-256 of written files, and writes or compares them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A digest is a chain over all bytes of a file, so that only files are parallel; bytes are mostly in the page cache yet. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/manifest.h"
#include "core/exec/worker/against.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/pool.h"
#include "core/exec/worker/reread.h"
#include "core/exec/worker/write.h"
#include "core/kernel/sha256.h"
#include <stdlib.h>
#include <string.h>

/* A digest in a manifest. */
typedef struct entry
{
  uint32_t file;     /* number of the file in the plan */
  uint32_t manifest; /* number of the file that the digest is in … */
  uint64_t at;       /* … and its offset there */
  char text[FCI_SHA256_TEXT];
} entry;

/* Returns whether the file is known to differ from what its digest should be of. */
static bool
is_skipped (const fci_pool *pool, const entry *e)
{
  return pool->against && pool->against->files[e->file].differs;
}

static int
hash_file (fci_worker *worker, size_t n)
{
  const fci_list *entries = worker->pool->job_arg;
  entry *e = (entry *) entries->items + n;
  const uint64_t size = FCI_FILES (worker->pool->plan)[e->file].file->size;
  fci_sha256 sha;
  if (is_skipped (worker->pool, e))
    return 0;
  fci_sha256_begin (&sha);
  for (uint64_t at = 0, take; at < size; at += take)
    {
      take = size - at < worker->capacity ? size - at : worker->capacity;
      const int error = fci_reread_bytes (worker->pool->fds[e->file], at, worker->out, (size_t) take);
      if (error)
        return fci_fault_reread (worker, e->file, error);
      fci_sha256_add (&sha, worker->out, (size_t) take);
      atomic_fetch_add_explicit (&worker->pool->done, take, memory_order_relaxed);
      if (fci_is_cancelled (worker))
        return fci_fault_code (worker, FMTCONV_E_CANCELLED);
    }
  fci_sha256_end (&sha, e->text);
  return 0;
}

/* Adds the entries of a file.  A manifest lists the files of its layout in their order, so that the first is number
 * `first`. */
static int
add_entries (fmtconv_ctx *ctx, fci_list *entries, const fci_plan *plan, uint32_t first, uint32_t number)
{
  const fmtconv_file *manifest = FCI_FILES (plan)[number].file;
  uint32_t hashed = first;
  for (const fci_region *region = manifest->n_hashes ? manifest->first : NULL; region; region = region->next)
    {
      if (region->kind != FCI_REGION_SHA256)
        continue;
      entry *e = fci_list_add (ctx, entries, sizeof *e);
      if (!e)
        return fmtconv_ctx_failed (ctx);
      *e = (entry){ .file = hashed, .manifest = number, .at = region->at };
      if (hashed >= plan->files.n || FCI_FILES (plan)[hashed++].file != region->u.hashed)
        return fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "a manifest does not list the files in their order");
    }
  return 0;
}

/* Collects the entries of all manifests, and computes them.  Returns 0 or a code. */
static int
hash_all (fci_pool *pool, fci_list *entries)
{
  const fci_plan *plan = pool->plan;
  uint32_t first = 0;
  int code = 0;
  for (uint32_t i = 0; i < plan->files.n && code == 0; i++)
    {
      first = FCI_FILES (plan)[i].file->layout == FCI_FILES (plan)[first].file->layout ? first : i;
      code = add_entries (pool->ctx, entries, plan, first, i);
    }
  return code == 0 ? fci_pool_run (pool, hash_file, entries, entries->n) : code;
}

uint64_t
fci_manifest_bytes (const fci_plan *plan)
{
  uint64_t bytes = 0;
  for (size_t i = 0; i < plan->files.n; i++)
    for (const fci_region *region = FCI_FILES (plan)[i].file->n_hashes ? FCI_FILES (plan)[i].file->first
                                                                       : NULL;
         region; region = region->next)
      bytes += region->kind == FCI_REGION_SHA256 ? region->u.hashed->size : 0;
  return bytes;
}

static int
write_entry (fci_pool *pool, const entry *e)
{
  if (is_skipped (pool, e)
      || fci_worker_write (&pool->workers[0], e->manifest, (const uint8_t *) e->text, sizeof e->text, e->at)
             == 0)
    return 0;
  pool->fault = pool->workers[0].fault;
  return fci_fault_report (pool);
}

int
fci_fill_manifests (fci_pool *pool)
{
  fci_list entries = { 0 };
  int code = hash_all (pool, &entries);
  for (size_t i = 0; i < entries.n && code == 0; i++)
    code = write_entry (pool, (const entry *) entries.items + i);
  free (entries.items);
  return code;
}

static int
compare_entry (fci_pool *pool, const entry *e)
{
  char found[FCI_SHA256_TEXT];
  const int error = fci_reread_bytes (pool->fds[e->manifest], e->at, found, sizeof found);
  if (error)
    return fci_fail_reread (pool->ctx, pool->display[e->manifest], error);
  if (memcmp (found, e->text, sizeof found) == 0)
    return 0;
  return fci_fail_file (pool->ctx, FMTCONV_E_FORMAT, pool->display[e->file],
                        &(fmtconv_where){ .hint = "nothing was published; check the disk and the memory" },
                        "its bytes have another SHA-256 than when they were written");
}

int
fci_verify_manifests (fci_pool *pool)
{
  fci_list entries = { 0 };
  int code = hash_all (pool, &entries);
  for (size_t i = 0; i < entries.n && code == 0; i++)
    code = compare_entry (pool, (const entry *) entries.items + i);
  free (entries.items);
  return code;
}
