/* tests/unit/spec-found.c: specs as inputs: which files are detected as specs, and which readers may read
 * one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/convert/detect.h"
#include "core/plugin/registry.h"
#include "core/source/input.h"
#include "spec-util.h"
#include <fmtconv/formats.h>

static void
set_up (void)
{
  enter_folder ();
  put_tensors ("in.safetensors");
}

TestSuite (spec_found, .init = set_up, .fini = leave_folder);

static const char minimal[] = "fmtconv: 1\nread: in.safetensors\n";

/* Returns the reader with the highest bid for a named file; "": none. */
static const char *
bidder (const char *name, const char *text, size_t len)
{
  static char kept[64];
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  put_file (name, text, len);
  const fmtconv_plugin *reader = fci_detect_reader (ctx, fci_input_user (ctx, name));
  snprintf (kept, sizeof kept, "%s", reader ? reader->name : "");
  fmtconv_ctx_free (ctx);
  return kept;
}

#define BIDDER(name, text) bidder (name, text, sizeof text - 1)

/* Both name and content must be those of a spec, because a spec can open any file. */
Test (spec_found, recognition)
{
  char far[8192];
  cr_expect_str_eq (BIDDER ("s.yaml", minimal), "spec");
  cr_expect_str_eq (BIDDER ("s.YML", minimal), "spec");
  cr_expect_str_eq (BIDDER ("s.yaml", "# what it is for\n\nvariables: {a: }\nfmtconv:   2\n"), "spec");
  cr_expect_str_eq (BIDDER ("s.yaml", "fmtconv-rules: 1\nrules: []\n"), "");
  cr_expect_str_eq (BIDDER ("s.yaml", "a:\n  fmtconv: 1\n"), "");
  cr_expect_str_eq (BIDDER ("s.yaml", "# fmtconv: 1\nmodel: x\n"), "");
  cr_expect_str_eq (BIDDER ("s.yaml", "fmtconv: yes\n"), "");
  cr_expect_str_eq (BIDDER ("s.yaml", "fmtconv:"), "");
  cr_expect_str_eq (BIDDER ("s.yaml", "fmtconv: "), "");
  cr_expect_str_eq (BIDDER ("s.yaml", "fmtconv:\n1"), "");
  cr_expect_str_eq (BIDDER ("s.yaml", ""), "");
  cr_expect_str_eq (BIDDER ("model.safetensors", minimal), "safetensors");
  cr_expect_str_eq (BIDDER ("model.bin", minimal), "torch");
  cr_expect_str_eq (BIDDER ("s", minimal), "");
  memset (far, '#', sizeof far);
  memcpy (far + sizeof far - 32, "\nfmtconv: 1\n", 12);
  cr_expect_str_eq (bidder ("s.yaml", far, sizeof far), "");
}

/* Files that a reader finds in a folder are not trusted: they are neither detected nor read as specs. */
Test (spec_found, found_in_a_folder)
{
  captured h;
  make_folder ("model");
  put_text ("model/s.yaml", minimal);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fmtconv_input_read (fmtconv_input_child (fci_input_user (ctx, "model"), "s.yaml"), NULL));
  cr_expect (
      strstr (h.error, "model/s.yaml: no installed reader recognizes this file, which begins with 66 6d"),
      "%s", h.error);
  fmtconv_ctx_free (ctx);
  ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fmtconv_input_read (fmtconv_input_child (fci_input_user (ctx, "model"), "s.yaml"), "spec"));
  cr_expect_str_eq (h.error,
                    "model/s.yaml: a spec can open any file, so a spec found in a folder is not read: "
                    "name it on the command line");
  cr_expect_eq (h.code, FMTCONV_E_UNSUPPORTED);
  fmtconv_ctx_free (ctx);
  ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fmtconv_input_read (
      fmtconv_input_child (fmtconv_input_parent (fci_input_user (ctx, "in.safetensors")), "in.safetensors"),
      "spec"));
  cr_expect (strstr (h.error, "found in a folder is not read"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* The reader is listed as a plugin, although it is not a file. */
Test (spec_found, registry)
{
  captured h;
  size_t n;
  setenv ("FMTCONV_PLUGIN_PATH", "", 1);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fci_module *module = fci_module_find (ctx, "spec"), *all = fci_modules (ctx, &n);
  cr_assert_not_null (module);
  cr_expect_null (module->path);
  cr_expect_not_null (module->plugin, "%s", module->error);
  cr_expect_eq (module->plugin->abi, FMTCONV_ABI);
  for (size_t i = 1; i < n; i++)
    cr_expect_lt (strcmp (all[i - 1].name, all[i].name), 0);
  fmtconv_ctx_free (ctx);
}

/* A module file cannot replace the built-in reader. */
Test (spec_found, no_other_spec)
{
  captured h;
  make_folder ("plugins");
  put_text ("plugins/spec.so", "no plugin");
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, "plugins");
  const fci_module *module = fci_module_find (ctx, "spec");
  cr_assert_not_null (module);
  cr_expect_null (module->path);
  cr_expect_null (module->error);
  fmtconv_ctx_free (ctx);
}
