/* tests/unit/zip-fields.c: each field of a zip archive with a wrong value, and the rule that detects it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/zip-sample.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* ---- One invalid field at a time */

static const spoilt spoils[] = {
  { "end record: disk", 0, END, 0, 4, 2, 1, FOREIGN, "several disks" },
  { "end record: directory's disk", 0, END, 0, 6, 2, 1, FOREIGN, "several disks" },
  { "end record: entries on this disk", 0, END, 0, 8, 2, 2, FOREIGN, "several disks" },
  { "end record: directory beyond", 0, END, 0, 16, 4, 0x7FFFFFFF, FORMAT, "does not fit before" },
  { "end record: directory too long", 0, END, 0, 12, 4, 0x7FFFFFFF, FORMAT, "does not fit before" },
  { "end record: directory ends early", 0, END, 0, 12, 4, 60, FORMAT, "extra bytes before the archive" },
  { "end record: comment announced", 0, END, 0, 20, 2, 7, FORMAT, "comment of 7 bytes" },
  { "end record: no zip64 record", 0, END, 0, 10, 2, 0xFFFF, FORMAT, "refers to a zip64 end record" },
  { "end record: contradicts zip64", 1, END, 0, 12, 4, 60, FORMAT, "contradict" },
  { "locator: disk", 1, LOCATOR, 0, 4, 4, 1, FOREIGN, "several disks" },
  { "locator: disks", 1, LOCATOR, 0, 16, 4, 2, FOREIGN, "several disks" },
  { "locator: place", 1, LOCATOR, 0, 8, 8, 5, FORMAT, "locator does not point to the record" },
  { "zip64 end record: mark", 1, END64, 0, 0, 4, 0, FORMAT, "zip64 end record of 56 bytes is missing" },
  { "zip64 end record: length", 1, END64, 0, 4, 8, 45, FORMAT, "zip64 end record of 56 bytes is missing" },
  { "zip64 end record: disk", 1, END64, 0, 16, 4, 1, FORMAT, "contradict" },
  { "zip64 end record: start wraps", 1, END64, 0, 48, 8, UINT64_MAX, FORMAT, "does not fit before" },

  { "directory: mark", 0, CENTRAL, PLAIN, 0, 4, 0, FORMAT, "an entry of the central directory is missing" },
  { "directory: entry too long", 0, CENTRAL, LAST, 28, 2, 5000, FORMAT, "middle of an entry" },
  { "extra fields: too long", 0, CENTRAL, LONG, NAME + 8 + 2, 2, 200, FORMAT, "extra fields" },
  { "extra fields: rest too short", 0, CENTRAL, FAR, NAME + 8 + 2, 2, 5, FORMAT, "extra fields" },
  { "zip64 field missing: packed", 0, CENTRAL, PLAIN, 20, 4, ONES, FORMAT, "zip64 field is missing" },
  { "zip64 field missing: size", 0, CENTRAL, PLAIN, 24, 4, ONES, FORMAT, "zip64 field is missing" },
  { "zip64 field missing: offset", 0, CENTRAL, PLAIN, 42, 4, ONES, FORMAT, "zip64 field is missing" },
  { "zip64 field too long", 0, CENTRAL, LONG, 24, 4, 31, FORMAT, "longer than" },
  { "entry: disk", 0, CENTRAL, PLAIN, 34, 2, 1, FOREIGN, "another disk" },
  { "entry: encrypted", 0, CENTRAL, PLAIN, 8, 2, 1, FOREIGN, "encrypted" },
  { "entry: strongly encrypted", 0, CENTRAL, PLAIN, 8, 2, 1 << 6, FOREIGN, "encrypted" },
  { "entry: hidden headers", 0, CENTRAL, PLAIN, 8, 2, 1 << 13, FOREIGN, "encrypted" },
  { "entry: unknown flag", 0, CENTRAL, PLAIN, 8, 2, 1 << 5, FOREIGN, "unknown flags: 0x0020" },
  { "entry: method", 0, CENTRAL, PLAIN, 10, 2, 9, FOREIGN, "method 9" },
  { "entry: packed bytes", 0, CENTRAL, PLAIN, 20, 4, 0x7FFFFFFF, FORMAT,
    "extend into the central directory" },
  { "entry: offset", 0, CENTRAL, PLAIN, 42, 4, 0x7FFFFFFF, FORMAT, "extend into the central directory" },
  { "entry: zip64 offset", 0, CENTRAL, FAR, NAME + 8 + 4, 8, UINT64_MAX, FORMAT,
    "extend into the central directory" },
  { "entry: stored sizes differ", 0, CENTRAL, PLAIN, 24, 4, 61, FORMAT, "its two sizes differ" },
  { "entry: ratio", 0, CENTRAL, PACKED, 24, 4, 0x7FFFFFFF, FORMAT, "cannot inflate to" },
  { "entry: folder with bytes", 0, CENTRAL, PLAIN, NAME + 7, 1, '/', FORMAT, "'.' or '..'" },

  { "name: NUL", 0, CENTRAL, PLAIN, NAME + 3, 1, 0, FORMAT, "NUL byte" },
  { "name: not UTF-8", 0, CENTRAL, PLAIN, NAME + 3, 1, 0xFF, FORMAT, "not UTF-8" },
  { "name: backslash", 0, CENTRAL, PLAIN, NAME + 3, 1, '\\', FORMAT, "backslash" },
  { "name: absolute", 0, CENTRAL, PLAIN, NAME, 1, '/', FORMAT, "absolute" },
  { "name: other root", 0, CENTRAL, PLAIN, NAME, 1, 'q', FORMAT, "the same root folder" },
  { "name: no folder", 0, CENTRAL, LAST, NAME + 1, 1, '_', FORMAT, "the same root folder" },
  { "name: none in a folder", 0, CENTRAL, PICKLE, NAME + 1, 1, '_', FORMAT, "the same root folder" },
  { "name: twice", 0, CENTRAL, PLAIN, NAME + 7, 1, '1', FORMAT, "two members have the name 'r/data/1'" },

  { "header: mark", 0, LOCAL, PLAIN, 0, 4, 0, FORMAT, "its local header is missing" },
  { "header: name", 0, LOCAL, PLAIN, LNAME + 2, 1, 'D', FORMAT, "disagree about the name" },
  { "header: name's length", 0, LOCAL, PLAIN, 26, 2, 7, FORMAT, "disagree about the name" },
  { "header: method", 0, LOCAL, PLAIN, 8, 2, 8, FORMAT, "disagree about the method" },
  { "header: flags", 0, LOCAL, PLAIN, 6, 2, 0x0808, FORMAT, "disagree about the flags" },
  { "header: flags without descriptor", 0, LOCAL, PICKLE, 6, 2, 0x0800, FORMAT, "disagree about the flags" },
  { "header: checksum", 0, LOCAL, PLAIN, 14, 4, 7, FORMAT, "disagree about the checksum" },
  { "header: checksum left out", 0, LOCAL, PLAIN, 14, 4, 0, FORMAT, "disagree about the checksum" },
  { "header: checksum before a descriptor", 0, LOCAL, PICKLE, 14, 4, 7, FORMAT,
    "disagree about the checksum" },
  { "header: packed", 0, LOCAL, PLAIN, 18, 4, 59, FORMAT, "disagree about the size" },
  { "header: packed left out", 0, LOCAL, PLAIN, 18, 4, 0, FORMAT, "disagree about the size" },
  { "header: size", 0, LOCAL, PLAIN, 22, 4, 59, FORMAT, "disagree about the size" },
  { "header: size before a descriptor", 0, LOCAL, PICKLE, 22, 4, 39, FORMAT, "disagree about the size" },
  { "header: zip64 field missing", 0, LOCAL, PLAIN, 22, 4, ONES, FORMAT, "disagree about the size" },
  { "header: zip64 size", 0, LOCAL, LONG, LNAME + 8 + 4, 8, 30, FORMAT, "disagree about the size" },
  { "header: zip64 packed", 0, LOCAL, LONG, LNAME + 8 + 12, 8, 30, FORMAT, "disagree about the size" },
  { "header: odd zip64 field", 0, LOCAL, FAR, LNAME + 8 + 4, 8, 77, FORMAT, "zip64 field contradicts" },
  { "header: padding is a zip64 field", 0, LOCAL, PICKLE, LNAME + 10, 2, 1, FORMAT,
    "zip64 field contradicts" },
  { "header: two zip64 fields", 0, LOCAL, FAR, LNAME + 8 + 12, 2, 1, FORMAT, "two zip64 fields" },
  { "header: extra fields", 0, LOCAL, PICKLE, LNAME + 10 + 2, 2, 900, FORMAT, "extra fields" },
  { "header: reaches into the directory", 0, LOCAL, LAST, 28, 2, 60000, FORMAT, "header extends into" },

  { "descriptor: mark", 0, DESCRIPTOR, PICKLE, 0, 4, 0, FORMAT, "its data descriptor does not agree" },
  { "descriptor: checksum", 0, DESCRIPTOR, PICKLE, 4, 4, 0, FORMAT, "its data descriptor does not agree" },
  { "descriptor: packed", 0, DESCRIPTOR, PICKLE, 8, 4, 0, FORMAT, "its data descriptor does not agree" },
  { "descriptor: size", 0, DESCRIPTOR, PICKLE, 12, 4, 0, FORMAT, "its data descriptor does not agree" },
  { "descriptor: wide packed", 0, DESCRIPTOR, LONG, 8, 8, 1ull << 32 | 31, FORMAT,
    "its data descriptor does not agree" },
  { "descriptor: wide size", 0, DESCRIPTOR, FAR, 16, 8, 1ull << 32 | 30, FORMAT,
    "its data descriptor does not agree" },
};

Test (spoilt, each_field)
{
  for (size_t i = 0; i < N_OF (spoils); i++)
    {
      const spoilt *c = &spoils[i];
      sample s = sample_spoil (c);
      expect_refused (&s.a, c->rule, c->code, c->says);
      zm_free (&s.a);
    }
}

/* The message gives the header's offset and the member's name. */
Test (spoilt, message_names_place_member_and_hint)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  sample s = sample_make (0);
  char place[40];
  zm_put (&s.a, s.m[PLAIN].local + 8, 2, 8);
  cr_expect_null (sample_unzip (ctx, &s.a, 0));
  cr_expect_eq (r.offset, s.m[PLAIN].local);
  snprintf (place, sizeof place, "x.pt: at byte 0x%zx: member 'r/data/0'", s.m[PLAIN].local);
  cr_expect (strncmp (r.text, place, strlen (place)) == 0, "%s", r.text);
  cr_expect (r.has_hint);
  cr_expect_null (sample_unzip (ctx, &s.a, 0), "nothing works after an error");
  cr_expect_eq (r.n_errors, 1);
  fmtconv_ctx_free (ctx);
  zm_free (&s.a);
}
