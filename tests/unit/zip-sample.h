/* tests/unit/zip-sample.h: an archive with every kind of member, and expectations of the zip tests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ZIP_SAMPLE_H
#define ZIP_SAMPLE_H

#include "core/zip/zip.h"
#include "tests/unit/record.h"
#include "tests/unit/zipmaker.h"

#define N_OF(a) (sizeof (a) / sizeof *(a))
#define FORMAT FMTCONV_E_FORMAT
#define FOREIGN FMTCONV_E_UNSUPPORTED
#define ONES 0xFFFFFFFFu
#define NAME 46  /* offset of the name in a directory entry */
#define LNAME 30 /* in a local header */

/* Four members as torch and others write them, and the archive of them. */
enum
{
  PICKLE, /* torch: descriptor and padding */
  PLAIN,
  PACKED, /* deflated */
  LONG,   /* zip64 sizes, descriptor */
  FAR,    /* zip64 offset, torch's odd field, descriptor */
  LAST,   /* empty */
  MEMBERS
};

enum
{
  N_ZEROES = 5000 /* bytes of the deflated member */
};

extern const char sample_pattern[]; /* 72 printable bytes */
extern const char sample_zeroes[N_ZEROES];

typedef struct sample
{
  zm_member m[MEMBERS];
  zm_archive a;
} sample;

/* Freed by zm_free (&s.a).  zip64: with a zip64 end record. */
sample sample_make (int zip64);

fmtconv_zip *sample_unzip (fmtconv_ctx *ctx, const zm_archive *a, unsigned flags);

/* Returns all bytes, read by a cursor; NULL: an error. */
const void *sample_take (fmtconv_source *source);

/* Expects a member with these bytes. */
void expect_member (fmtconv_zip *zip, const zm_member *m);

/* Expects one error with an offset, that code and that text. */
void expect_refused (const zm_archive *a, const char *rule, int code, const char *says);

/* The same, and the sample is freed. */
void expect_spoilt (sample *s, const char *rule, int code, const char *says);

/* Expects that the sample opens and all its members are right. */
void expect_accepted (const sample *s, const char *rule);

/* A field with another value. */
enum
{
  LOCAL,
  CENTRAL,
  DESCRIPTOR,
  END,
  END64,
  LOCATOR
};

typedef struct spoilt
{
  const char *rule;
  int zip64; /* the archive has a zip64 end record */
  int place; /* LOCAL … */
  int member;
  int offset; /* of the field in its header */
  int width;
  uint64_t value;
  int code;
  const char *says;
} spoilt;

/* Returns the sample with that field. */
sample sample_spoil (const spoilt *how);

#endif
