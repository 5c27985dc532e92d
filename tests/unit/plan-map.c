/* tests/unit/plan-map.c: the work map: which of its records count after a kill, after a crash, and after damage.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/exec/write/map.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const fci_map_head head = { "this plan and these inputs" }, other_head = { "other inputs" };

/* The units of a map, as letters. */
typedef struct seen
{
  char all[16];
  char counting[16];
} seen;

static void
see (void *arg, const fci_map_record *record)
{
  seen *s = arg;
  if (record->kind != FCI_MAP_UNIT)
    return;
  cr_assert_eq (record->n, 1);
  strncat (s->all, (const char *) record->bytes, 1);
  if (record->counts)
    strncat (s->counting, (const char *) record->bytes, 1);
}

static int
new_file (void)
{
  char path[] = "/tmp/fmtconv-map-XXXXXX";
  int fd = mkstemp (path);
  cr_assert_geq (fd, 0);
  unlink (path);
  return fd;
}

static void
begin (fci_work_map *map, int fd)
{
  cr_assert_eq (fci_map_read (map, fd, &head), FCI_MAP_EMPTY);
  cr_assert (fci_map_restart (map, &head));
}

/* Reads the map as the next run does, and checks what it takes over. */
static void
check (int fd, const char *counting)
{
  fci_work_map map;
  seen s = { "", "" };
  cr_assert_eq (fci_map_read (&map, fd, &head), FCI_MAP_READ);
  fci_map_each (&map, see, &s);
  cr_assert_str_eq (s.counting, counting);
  cr_assert (fci_map_settle (&map, &head));
  fci_map_append_boot (&map);
  fci_map_close (&map);
  seen again = { "", "" };
  cr_assert_eq (fci_map_read (&map, fd, &head), FCI_MAP_READ);
  fci_map_each (&map, see, &again);
  cr_assert_str_eq (again.counting, counting);
  cr_assert_str_eq (again.all, counting, "what does not count is removed");
  fci_map_close (&map);
}

static void
append_units (fci_work_map *map, const char *units)
{
  for (; *units; units++)
    fci_map_append (map, FCI_MAP_UNIT, units, 1);
}

static void
append_synced (fci_work_map *map, uint64_t until)
{
  fci_map_append (map, FCI_MAP_SYNCED, &until, sizeof until);
}

Test (map, counts_what_was_recorded_since_the_machine_started)
{
  fci_work_map map;
  int fd = new_file ();
  begin (&map, fd);
  fci_map_append_boot (&map);
  append_units (&map, "abc");
  fci_map_close (&map);
  check (fd, "abc");
  check (fd, "abc");
  close (fd);
}

Test (map, counts_what_was_flushed_before_a_crash)
{
  static const fci_map_boot before = { "another start of this machine" };
  fci_work_map map;
  int fd = new_file ();
  begin (&map, fd);
  fci_map_append (&map, FCI_MAP_BOOT, &before, sizeof before);
  append_units (&map, "ab");
  const uint64_t until = map.end;
  append_units (&map, "cd"); /* while the files were flushed */
  append_synced (&map, until);
  append_units (&map, "e");
  fci_map_close (&map);
  check (fd, "ab");
  /* What is flushed later does not make the lost units count. */
  cr_assert_eq (fci_map_read (&map, fd, &head), FCI_MAP_READ);
  append_units (&map, "f");
  append_synced (&map, map.end);
  fci_map_close (&map);
  check (fd, "abf");
  close (fd);
}

Test (map, without_a_start_only_flushed_units_count)
{
  fci_work_map map;
  int fd = new_file ();
  begin (&map, fd);
  append_units (&map, "a");
  append_synced (&map, map.end);
  append_units (&map, "b");
  fci_map_close (&map);
  check (fd, "a");
  close (fd);
}

Test (map, ends_where_it_is_damaged)
{
  fci_work_map map;
  int fd = new_file ();
  begin (&map, fd);
  fci_map_append_boot (&map);
  append_units (&map, "ab");
  const off_t second = (off_t) map.end - 1;
  append_units (&map, "c");
  fci_map_close (&map);
  cr_assert_eq (pwrite (fd, "x", 1, second), 1);
  check (fd, "a");
  close (fd);
}

Test (map, is_of_one_plan_and_its_inputs)
{
  fci_work_map map;
  int fd = new_file ();
  begin (&map, fd);
  append_units (&map, "a");
  cr_assert (fci_map_forget (&map));
  fci_map_close (&map);
  check (fd, "");
  cr_assert_eq (fci_map_read (&map, fd, &other_head), FCI_MAP_OTHER);
  fci_map_close (&map);
  cr_assert_eq (ftruncate (fd, 20), 0);
  cr_assert_eq (fci_map_read (&map, fd, &head), FCI_MAP_EMPTY);
  fci_map_close (&map);
  close (fd);
}

Test (map, a_failed_append_ends_it)
{
  fci_work_map map;
  int fd = new_file ();
  begin (&map, fd);
  map.fd = -2; /* nothing is appended to a map that is not there */
  fci_map_append (&map, FCI_MAP_UNIT, "a", 1);
  cr_assert_eq (map.error, 0);
  map.fd = 1 << 20; /* a descriptor that is not open */
  fci_map_append (&map, FCI_MAP_UNIT, "a", 1);
  cr_assert_neq (map.error, 0);
  map.fd = fd;
  fci_map_append (&map, FCI_MAP_UNIT, "b", 1);
  fci_map_close (&map);
  check (fd, "");
  close (fd);
}
