/* core/attr/json-memory.c: gives jansson memory that was allocated before.
 * SPDX-License-Identifier: Apache-2.0
 *
 * jansson has one pair of functions for memory in each process, which an application may have set for itself.  So they are
 * replaced only while a text is parsed, by functions that pass on to those found; other threads that use jansson in the
 * meantime get the memory that they would have got. */
#include "config.h"

#include "core/attr/json-memory.h"
#include <jansson.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned n_watching; /* calls between begin and end */

/* What this thread's jansson has: `used` of `size` bytes; NULL: nothing. */
static _Thread_local struct
{
  char *memory;
  size_t size, used;
  bool has_failed; /* an allocation beyond these */
} own;

/* The application's functions.  They stay here after the last watch, for a thread that allocates at that moment. */
static json_malloc_t allocate;
static json_free_t release;

static bool
is_own (const void *memory)
{
  return own.memory && (uintptr_t) memory - (uintptr_t) own.memory < own.size;
}

static void *
watch_malloc (size_t n)
{
  const size_t at = own.used, align = alignof (max_align_t);
  if (own.memory && n <= own.size - at)
    {
      const size_t whole = (n + align - 1) / align * align;
      own.used += whole < own.size - at ? whole : own.size - at;
      return own.memory + at;
    }
  void *memory = allocate (n);
  own.has_failed = own.has_failed || (!memory && n > 0);
  return memory;
}

static void
watch_free (void *memory)
{
  if (!is_own (memory))
    release (memory);
}

#if JANSSON_VERSION_HEX >= 0x020f00
static json_realloc_t reallocate;

/* The bytes that follow in own.memory are copied, too: the old size is not known. */
static void *
watch_realloc (void *memory, size_t n)
{
  if (is_own (memory) || (!memory && own.memory))
    {
      const size_t at = memory ? (size_t) ((char *) memory - own.memory) : 0,
                   had = memory ? own.used - at : 0;
      void *copy = watch_malloc (n);
      if (copy)
        memcpy (copy, memory ? memory : "", had < n ? had : n);
      return copy;
    }
  void *moved = reallocate (memory, n);
  own.has_failed = own.has_failed || (!moved && n > 0);
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

bool
fci_json_memory_begin (size_t n)
{
  char *memory = malloc (n);
  if (!memory)
    return false;
  pthread_mutex_lock (&lock);
  if (n_watching++ == 0)
    replace ();
  pthread_mutex_unlock (&lock);
  own.memory = memory;
  own.size = n;
  own.used = 0;
  own.has_failed = false;
  return true;
}

bool
fci_json_memory_end (void)
{
  pthread_mutex_lock (&lock);
  if (--n_watching == 0)
    restore ();
  pthread_mutex_unlock (&lock);
  free (own.memory);
  own.memory = NULL;
  return !own.has_failed;
}
