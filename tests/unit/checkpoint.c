/* tests/unit/checkpoint.c: tensors read into memory, called as by an application.
 * SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"
#include <criterion/criterion.h>
#include <fmtconv/checkpoint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A matrix, an empty tensor, a number without axes, and bytes. */
static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                             "\"w\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},"
                             "\"none\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[24,24]},"
                             "\"one\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[24,28]},"
                             "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[28,30]}}";
static const float values[7] = { 1, 2, 3, 4, 5, 65504, -7 };
static const uint8_t bytes[2] = { 8, 9 };

static char folder[64], in[128];

static void
set_up (void)
{
  const char *built = getenv ("FMTCONV_BUILT");
  if (built && (!strstr (built, "plugins/safetensors.la") || !strstr (built, "plugins/transpose.la")))
    cr_skip ("safetensors or transpose was left out");
  uint8_t length[8] = { (sizeof header - 1) & 0xff, (sizeof header - 1) >> 8 };
  strcpy (folder, "/tmp/fmtconv-checkpoint-XXXXXX");
  cr_assert_not_null (mkdtemp (folder));
  snprintf (in, sizeof in, "%s/in.safetensors", folder);
  FILE *f = fopen (in, "wb");
  cr_assert_not_null (f);
  fwrite (length, 1, 8, f);
  fwrite (header, 1, sizeof header - 1, f);
  fwrite (values, 1, sizeof values, f);
  fwrite (bytes, 1, sizeof bytes, f);
  cr_assert_eq (fclose (f), 0);
}

static void
tear_down (void)
{
  if (*in)
    unlink (in);
  if (*folder)
    rmdir (folder);
}

TestSuite (checkpoint, .init = set_up, .fini = tear_down);

static fmtconv_checkpoint *
open_with (fmtconv_ctx *ctx, size_t n, const char *const *transforms)
{
  return fmtconv_checkpoint_open (ctx, &(fmtconv_open_options){ .struct_size = sizeof (fmtconv_open_options),
                                                                .path = in,
                                                                .transforms = transforms,
                                                                .n_transforms = n });
}

static fmtconv_read_request
request_of (size_t tensor)
{
  return (fmtconv_read_request){ .struct_size = sizeof (fmtconv_read_request), .tensor = tensor };
}

Test (checkpoint, lists_tensors)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
  fmtconv_tensor_info info = { .struct_size = sizeof info };
  cr_assert_not_null (c, "%s", h.error);
  cr_assert_eq (fmtconv_checkpoint_count (c), 4);
  cr_assert_eq (fmtconv_checkpoint_tensor (c, 0, &info), 0);
  cr_assert_str_eq (info.name, "w");
  cr_assert_str_eq (info.component, "");
  cr_assert_str_eq (info.dtype, "f32");
  cr_assert (info.rank == 2 && info.shape[0] == 3 && info.shape[1] == 2 && info.bytes == 24);
  cr_assert (info.block == 1 && info.block_bytes == 4);
  fmtconv_attr *about = fmtconv_checkpoint_describe (c);
  cr_assert_str_eq (fmtconv_attr_get_string (about, "reader", ""), "safetensors");
  fmtconv_ctx_free (ctx);
}

/* A struct of another release is refused, as its fields are not known, or would not be filled. */
Test (checkpoint, refuses_other_structs)
{
  static const size_t wrong[] = { 0, sizeof (fmtconv_tensor_info) - 8 };
  for (size_t i = 0; i < 2; i++)
    {
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
      fmtconv_tensor_info info = { .struct_size = wrong[i], .rank = 99 };
      cr_assert_eq (fmtconv_checkpoint_tensor (c, 0, &info), FMTCONV_E_USAGE);
      cr_assert (info.rank == 99 && strstr (h.error, "struct_size"), "%s", h.error);
      fmtconv_read_request r = request_of (0);
      cr_assert_eq (fmtconv_checkpoint_size (c, &r), 0);
      cr_assert_eq (h.errors, 2, "the error is reported again");
      fmtconv_ctx_free (ctx);
    }
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_assert_null (fmtconv_checkpoint_open (ctx, &(fmtconv_open_options){ .path = in }));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
}

Test (checkpoint, reads_all_and_rows)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
  fmtconv_read_request r = request_of (0);
  float got[6] = { 0 };
  cr_assert_eq (fmtconv_checkpoint_size (c, &r), 24);
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, got, 24), 0);
  cr_assert_arr_eq (got, values, 24);
  r.first = 1;
  r.rows = 1;
  cr_assert_eq (fmtconv_checkpoint_size (c, &r), 8);
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, got, 8), 0);
  cr_assert (got[0] == 3 && got[1] == 4);
  r.rows = 0;
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, got, 16), 0);
  cr_assert (got[0] == 3 && got[3] == 65504);
  fmtconv_ctx_free (ctx);
}

Test (checkpoint, reads_tensors_without_elements_or_axes)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
  fmtconv_read_request none = request_of (1), one = request_of (2), u8 = request_of (3);
  float number = 0;
  uint8_t got[2] = { 0 };
  cr_assert_eq (fmtconv_checkpoint_size (c, &none), 0);
  cr_assert_eq (fmtconv_checkpoint_read (c, &none, NULL, 0), 0);
  cr_assert_eq (fmtconv_checkpoint_read (c, &one, &number, 4), 0);
  cr_assert_eq (number, -7);
  cr_assert_eq (fmtconv_checkpoint_read (c, &u8, got, 2), 0);
  cr_assert_arr_eq (got, bytes, 2);
  fmtconv_ctx_free (ctx);
}

Test (checkpoint, converts_and_transforms)
{
  static const char *const transposed[] = { "transpose:name=w" };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_checkpoint *c = open_with (ctx, 1, transposed);
  cr_assert_not_null (c, "%s", h.error);
  fmtconv_read_request r = request_of (0);
  double got[6] = { 0 };
  r.dtype = "F64";
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, got, sizeof got), 0, "%s", h.error);
  const double wanted[6] = { 1, 3, 5, 2, 4, 65504 };
  cr_assert_arr_eq (got, wanted, sizeof wanted);
  r.dtype = "f16";
  r.first = 1;
  uint16_t half[3] = { 0 };
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, half, sizeof half), 0, "%s", h.error);
  cr_assert (half[0] == 0x4000 && half[1] == 0x4400 && half[2] == 0x7bff);
  fmtconv_ctx_free (ctx);
}

/* Each mistake fails its context, with the tensor in the message. */
Test (checkpoint, refuses_wrong_requests)
{
  static const struct
  {
    fmtconv_read_request request;
    uint64_t size;
    int code;
    const char *text;
  } wrong[] = {
    { { .tensor = 4 }, 24, FMTCONV_E_USAGE, "there is no tensor 4; the checkpoint has 4" },
    { { .first = 4 }, 24, FMTCONV_E_USAGE, "tensor 'w': rows from 4 on were requested" },
    { { .first = 2, .rows = 2 }, 24, FMTCONV_E_USAGE, "tensor 'w': rows from 2 on were requested" },
    { { .dtype = "f31" }, 24, FMTCONV_E_USAGE, "f31" },
    { { .tensor = 0 }, 23, FMTCONV_E_USAGE, "the buffer has 23 bytes, but the elements have 24" },
    { { .dtype = "q4_0" }, 24, FMTCONV_E_USAGE, "q4_0 is stored in blocks of 32" },
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
      fmtconv_read_request r = wrong[i].request;
      char buffer[24];
      r.struct_size = sizeof r;
      cr_assert_eq (fmtconv_checkpoint_read (c, &r, buffer, wrong[i].size), wrong[i].code, "%zu: %s", i,
                    h.error);
      cr_assert (strstr (h.error, wrong[i].text), "%zu: %s", i, h.error);
      cr_assert_eq (fmtconv_ctx_failed (ctx), wrong[i].code);
      fmtconv_ctx_free (ctx);
    }
}

/* A file that another program changes is not read as if nothing had happened. */
Test (checkpoint, notices_a_changed_file)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
  fmtconv_read_request r = request_of (0);
  float got[6];
  cr_assert_eq (truncate (in, 20), 0);
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, got, sizeof got), FMTCONV_E_IO);
  fmtconv_ctx_free (ctx);
}

Test (checkpoint, cancels)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_checkpoint *c = open_with (ctx, 0, NULL);
  fmtconv_read_request r = request_of (0);
  float got[6];
  fmtconv_ctx_cancel (ctx);
  cr_assert_eq (fmtconv_checkpoint_read (c, &r, got, sizeof got), FMTCONV_E_CANCELLED);
  fmtconv_ctx_free (ctx);
}

Test (checkpoint, needs_a_path)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_assert_null (
      fmtconv_checkpoint_open (ctx, &(fmtconv_open_options){ .struct_size = sizeof (fmtconv_open_options) }));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  cr_assert_null (fmtconv_checkpoint_open (NULL, NULL));
  cr_assert_eq (fmtconv_checkpoint_count (NULL), 0);
  fmtconv_ctx_free (ctx);
}
