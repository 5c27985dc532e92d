/* core/attr/json-memory.c: notices allocations that fail inside jansson.
 * SPDX-License-Identifier: Apache-2.0
 *
 * jansson has one pair of functions for memory in each process, which an application may have set for itself.  So they are
 * replaced only while a text is parsed, by functions that pass on to those found; other threads that use jansson in the
 * meantime get the memory that they would have got. */
#include "config.h"

#include "core/attr/json-memory.h"
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned n_watching; /* calls between begin and end */
static _Thread_local bool has_failed;

/* The application's functions.  They stay here after the last watch, for a thread that allocates at that moment. */
static json_malloc_t allocate;
static json_free_t release;

static void *
watch_malloc (size_t n)
{
  void *memory = allocate (n);
  has_failed = has_failed || (!memory && n > 0);
  return memory;
}

static void
watch_free (void *memory)
{
  release (memory);
}

#if JANSSON_VERSION_HEX >= 0x020f00
static json_realloc_t reallocate;

static void *
watch_realloc (void *memory, size_t n)
{
  void *moved = reallocate (memory, n);
  has_failed = has_failed || (!moved && n > 0);
  return moved;
}

static void
replace (void)
{
  json_get_alloc_funcs2 (&allocate, &reallocate, &release);
  json_set_alloc_funcs2 (watch_malloc, reallocate ? watch_realloc : NULL, watch_free);
}

static void
restore (void)
{
  json_set_alloc_funcs2 (allocate, reallocate, release);
}
#else
static void
replace (void)
{
  json_get_alloc_funcs (&allocate, &release);
  json_set_alloc_funcs (watch_malloc, watch_free);
}

static void
restore (void)
{
  json_set_alloc_funcs (allocate, release);
}
#endif

void
fci_json_memory_begin (void)
{
  pthread_mutex_lock (&lock);
  if (n_watching++ == 0)
    replace ();
  pthread_mutex_unlock (&lock);
  has_failed = false;
}

bool
fci_json_memory_end (void)
{
  pthread_mutex_lock (&lock);
  if (--n_watching == 0)
    restore ();
  pthread_mutex_unlock (&lock);
  return !has_failed;
}
