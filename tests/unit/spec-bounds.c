/* tests/unit/spec-bounds.c: which paths the text of a spec may name, and which only the user.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/source/leads-out.h"
#include "spec-util.h"
#include <limits.h>

static char here[PATH_MAX];

/* s/ is the folder of the specs; o/ is outside of it. */
static void
set_up (void)
{
  enter_folder ();
  make_folder ("s");
  make_folder ("s/sub");
  make_folder ("o");
  put_tensors ("s/in.safetensors");
  put_tensors ("o/in.safetensors");
  cr_assert_eq (symlink ("../o", "s/out-link"), 0);
  cr_assert_eq (symlink ("../s/sub", "s/in-link"), 0);
  cr_assert_eq (symlink ("../o/not-there", "s/dangling"), 0);
  cr_assert_eq (symlink ("../o/in.safetensors", "s/file-link"), 0);
  cr_assert_not_null (getcwd (here, sizeof here));
}

TestSuite (spec_bounds, .init = set_up, .fini = leave_folder);

/* Reads the spec s/s.yaml of `around`, with `path` in place of @.  Returns whether it is allowed. */
static bool
allows (const char *around, const char *path, const char *typed, unsigned flags)
{
  char text[2 * PATH_MAX];
  captured h;
  const char *at = strchr (around, '@');
  snprintf (text, sizeof text, "%.*s%s%s", (int) (at - around), around, path, at + 1);
  put_text ("s/s.yaml", text);
  fmtconv_ctx *ctx = capturing_ctx (&h, flags, NULL);
  const fmtconv_spec_variable v = { sizeof v, "v", typed };
  const bool made = fmtconv_job_from_spec (ctx, "s/s.yaml", &v, typed ? 1 : 0, NULL, NULL) != NULL,
             allowed =
                 made || !strstr (h.error, "leads out of the folder"); /* what is allowed may not exist */
  cr_expect (allowed || (h.code == FMTCONV_E_FORMAT && strstr (h.error, "s/s.yaml:")), "%s: %s", path,
             h.error);
  cr_expect (allowed || strstr (h.error, "--allow-paths"), "%s: %s", path, h.error);
  fmtconv_ctx_free (ctx);
  return allowed;
}

static const char reads[] = "fmtconv: 1\nread: \"@\"\ntransform: none\nwrite: out.safetensors\n";
static const char writes[] = "fmtconv: 1\nread: in.safetensors\ntransform: none\nwrite: \"@\"\n";
static const char copies[] =
    "fmtconv: 1\ncomponents: {a: {copy: {from: \"@\"}}, b: {read: in.safetensors}}\nwrite: out/\n";
static const char lists[] = "fmtconv: 1\nread: {safetensors: {path: [in.safetensors, \"@\"]}}\ntransform: "
                            "none\nwrite: out.safetensors\n";
static const char merges[] = "fmtconv: 1\nread: in.safetensors\ntransform: [{merge: {file: [in.safetensors, "
                             "\"@\"]}}]\nwrite: o.safetensors\n";
static const char typed_reads[] = "fmtconv: 1\nvariables: {v: , d: \"${v}/d\"}\nread: \"@\"\ntransform: "
                                  "[{drop: {name: \"${d}\"}}]\nwrite: "
                                  "\"${v}.out\"\n";

static const char *const outside[] = { "..",
                                       "../o/in.safetensors",
                                       "sub/../../o/in.safetensors",
                                       "not-there/../../o",
                                       "/etc/passwd",
                                       "/not-there/at-all",
                                       "out-link",
                                       "out-link/in.safetensors",
                                       "out-link/new/deep",
                                       "in-link/../../o",
                                       "./sub/.././out-link/in.safetensors",
                                       "file-link",
                                       "dangling",
                                       "dangling/x" };

Test (spec_bounds, texts_of_the_spec)
{
  static const char *const all[] = { reads, writes, copies, lists, merges };
  static const char *const inside[] = {
    "in.safetensors",    "./sub/../in.safetensors", "new.safetensors",
    "new/a.safetensors", "in-link/new.safetensors", "sub//new.safetensors"
  };
  char path[PATH_MAX + 32];
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    {
      for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        {
          cr_expect (!allows (all[k], outside[i], NULL, 0), "%s in %s", outside[i], all[k]);
          cr_expect (allows (all[k], outside[i], NULL, FMTCONV_ALLOW_PATHS), "%s in %s", outside[i], all[k]);
        }
      for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        cr_expect (allows (all[k], inside[i], NULL, 0), "%s in %s", inside[i], all[k]);
      snprintf (path, sizeof path, "%s/s/in.safetensors", here);
      cr_expect (allows (all[k], path, NULL, 0), "an absolute path inside of the folder");
      snprintf (path, sizeof path, "%s/o/in.safetensors", here);
      cr_expect (!allows (all[k], path, NULL, 0), "an absolute path outside of the folder");
    }
}

/* What the user typed leads anywhere; what the spec adds to it stays there. */
Test (spec_bounds, values_of_the_user)
{
  static const struct
  {
    const char *path, *typed;
    bool fine;
  } cases[] = {
    { "${v}", "/etc/passwd", true },
    { "${v}", "../../x", true },
    { "${v}", "s/out-link", true },
    { "${v}/x", "/not-there", true },
    { "${v}/in.safetensors", "o", true },
    { "${v}-2.safetensors", "o/in", true },
    { "sub/${v}", "../../o/in", true },
    { "${d}", "o", true },
    { "${d}/../x", "o", true },
    { "${d}/../../x", "o", false },
    { "${v}/..", "o", false },
    { "${v}/../o", "o", false },
    { "${v}/out-link", "s", false },
    { "${v}/out-link/x", "s", false },
    { "${v}/in-link", "s", true },
    { "${v}/etc/passwd", "", false },
    { "${v}./o", ".", false },
    { "../${v}", "o", false },
    { "/${v}/passwd", "etc", false },
    { "/${v}/etc/passwd", "..", false },
    { "${v}x/../../../o", "o/in", false },
    { "sub/${v}/../../o", "../..", false },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_eq (allows (typed_reads, cases[i].path, cases[i].typed, 0), cases[i].fine, "%s with v=%s",
                  cases[i].path, cases[i].typed);
}

/* Converts s/outer.yaml, which passes `value` to the variable x of s/inner.yaml, and v to v.  Returns the error. */
static const char *
pass (const char *inner, const char *value, unsigned flags)
{
  static captured h;
  char text[2 * PATH_MAX];
  const fmtconv_spec_variable v = { sizeof v, "v", "o/in.safetensors" };
  snprintf (text, sizeof text, "fmtconv: 1\nvariables: {x: }\nread: \"%s\"\n", inner);
  put_text ("s/sub/inner.yaml", text);
  snprintf (text, sizeof text,
            "fmtconv: 1\nvariables: {v: }\nread: {spec: {path: sub/inner.yaml, x: \"%s\"}}\ntransform: "
            "[{drop: {name: "
            "a}}, {prefix: {add: \"${v}\"}}]\nwrite: out.safetensors\n",
            value);
  put_text ("s/outer.yaml", text);
  unlink ("s/out.safetensors");
  fmtconv_ctx *ctx = capturing_ctx (&h, flags, NULL);
  fmtconv_job *job = fmtconv_job_from_spec (ctx, "s/outer.yaml", &v, 1, NULL, NULL);
  const bool done = job && fmtconv_convert (ctx, job);
  cr_expect_eq (access ("s/out.safetensors", F_OK), done ? 0 : -1);
  fmtconv_ctx_free (ctx);
  return done ? "" : h.error;
}

/* A spec cannot make its text the user's by passing it to another spec. */
Test (spec_bounds, values_that_a_spec_passes)
{
  char path[PATH_MAX + 32];
  snprintf (path, sizeof path, "%s/o/in.safetensors", here);
  cr_expect_str_eq (pass ("${x}", "in.safetensors", 0), "");
  cr_expect_str_eq (pass ("${x}", "${v}", 0), "");
  cr_expect_str_eq (pass ("${x}", path, FMTCONV_ALLOW_PATHS), "");
  cr_expect (strstr (pass ("${x}", path, 0), "s/sub/inner.yaml:3:7: "));
  cr_expect (strstr (pass ("${x}", "../o/in.safetensors", 0), "s/sub/inner.yaml:3:7: "));
  cr_expect (strstr (pass ("${x}./o/in.safetensors", ".", 0), "s/sub/inner.yaml:3:7: "));
  cr_expect (strstr (pass ("../in.safetensors${x}", "", 0), "s/sub/inner.yaml:3:7: "));
}

Test (spec_bounds, errors_of_the_system)
{
  char name[PATH_MAX + 2];
  memset (name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  cr_expect_eq (fci_path_leads_out ("s", name), -1);
  cr_expect_eq (fci_path_leads_out ("not-there", "x"), 0);
  cr_expect_eq (fci_path_leads_out ("not-there", "/x"), 1);
  cr_expect_eq (fci_path_leads_out ("s", "in.safetensors/x"), 0);
  cr_expect_eq (fci_path_leads_out ("", "s/out-link"), 0);
  cr_assert_eq (symlink ("loop", "s/loop"), 0);
  cr_expect_eq (fci_path_leads_out ("s", "loop"), -1);
}
