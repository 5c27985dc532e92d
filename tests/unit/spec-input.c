/* tests/unit/spec-input.c: specs as inputs: their variables, their models, and reports of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "spec-util.h"

static void
set_up (void)
{
  enter_folder ();
  put_tensors ("in.safetensors");
}

TestSuite (spec_input, .init = set_up, .fini = leave_folder);

static const char minimal[] = "fmtconv: 1\nread: in.safetensors\n";

/* Returns the report of a conversion of s.yaml with that text. NULL: it was refused, and `h` has the
 * message. */
static fmtconv_attr *
convert (captured *h, fmtconv_ctx **ctx, const char *text, const char *reader)
{
  put_text ("s.yaml", text);
  *ctx = capturing_ctx (h, FMTCONV_FORCE, NULL);
  const fmtconv_job job = {
    .struct_size = sizeof job, .reader = reader, .input = "s.yaml", .output = "out.safetensors"
  };
  return fmtconv_convert (*ctx, &job);
}

static void
expect_refused (const char *text, const char *reader, int code, const char *says)
{
  captured h;
  fmtconv_ctx *ctx;
  cr_expect_null (convert (&h, &ctx, text, reader), "%s", says);
  cr_expect_str_eq (h.error, says);
  cr_expect_eq (h.code, code, "%d: %s", h.code, h.error);
  cr_expect_eq (h.errors, 1);
  cr_expect_eq (access ("out.safetensors", F_OK), -1);
  fmtconv_ctx_free (ctx);
}

/* Tensors dropped in the inner spec are reported once, and its inputs are reported instead of the spec. */
Test (spec_input, account)
{
  captured h;
  fmtconv_ctx *ctx;
  fmtconv_attr *report =
      convert (&h, &ctx,
               "fmtconv: 1\nread: in.safetensors\n"
               "transform: [{drop: {name: b}}, {rename: {from: ^a$, to: c}}]\nwrite: not-there/x\n",
               "spec");
  cr_assert_not_null (report, "%s", h.error);
  cr_expect_str_eq (fmtconv_attr_json_text (fmtconv_attr_get (report, "account"), 0),
                    "{\"in\":2,\"kept\":0,\"renamed\":1,\"split\":0,\"merged\":0,\"dropped\":1,\"out\":1}");
  fmtconv_attr *in = fmtconv_attr_get (report, "inputs")->first,
               *drop = fmtconv_attr_get (report, "transforms")->first;
  cr_expect_null (in->next);
  cr_expect_str_eq (fmtconv_attr_get_string (in, "path", ""), "in.safetensors");
  cr_expect_str_eq (fmtconv_attr_get_string (in, "reader", ""), "safetensors");
  cr_expect_str_eq (fmtconv_attr_json_text (fmtconv_attr_get (in, "through"), 0), "[\"s.yaml\"]");
  cr_expect_str_eq (fmtconv_attr_get_string (drop, "name", ""), "drop");
  cr_expect_str_eq (fmtconv_attr_json_text (fmtconv_attr_get (drop, "through"), 0), "[\"s.yaml\"]");
  cr_expect_str_eq (fmtconv_attr_get_string (drop->next, "name", ""), "rename");
  cr_expect_eq (fmtconv_attr_get (report, "dropped")->len, 1);
  cr_expect_eq (access ("not-there", F_OK), -1);
  fmtconv_ctx_free (ctx);
}

/* The same without tensors in the result, and with the given transform. */
Test (spec_input, nothing_left)
{
  captured h;
  fmtconv_ctx *ctx;
  static const char *const texts[] = {
    "fmtconv: 1\nread: in.safetensors\ntransform: [{drop: {name: '*'}}]\n",
    "fmtconv: 1\nread: in.safetensors\ntransform: [{drop: {name: '*'}}, {prefix: {add: x}}]\n",
  };
  for (size_t i = 0; i < 2; i++)
    {
      fmtconv_attr *report = convert (&h, &ctx, texts[i], "spec");
      cr_assert_not_null (report, "%s", h.error);
      cr_expect_str_eq (
          fmtconv_attr_json_text (fmtconv_attr_get (report, "account"), 0),
          "{\"in\":2,\"kept\":0,\"renamed\":0,\"split\":0,\"merged\":0,\"dropped\":2,\"out\":0}");
      fmtconv_ctx_free (ctx);
    }
}

static const char needy[] =
    "fmtconv: 1\n"
    "variables: {from: {help: which}, kept: b, name: \"${kept}\", to: , deep: \"${to}\"}\n"
    "read: \"${from}\"\n"
    "transform: [{drop: {name: \"${name}\"}}]\n"
    "write: \"${deep}-${output}\"\n";

/* Only variables that the model depends on are required, and only those may be given. */
Test (spec_input, variables)
{
  captured h;
  fmtconv_ctx *ctx;
  fmtconv_attr *report = convert (&h, &ctx, needy, "spec:from=in.safetensors,kept=a");
  cr_assert_not_null (report, "%s", h.error);
  cr_expect_str_eq (fmtconv_attr_get_string (fmtconv_attr_get (report, "dropped")->first, "first", ""), "a");
  fmtconv_ctx_free (ctx);
  unlink ("out.safetensors");
  expect_refused (needy, NULL, FMTCONV_E_USAGE, "s.yaml: values are missing; add to the reader:");
  expect_refused (needy, "spec:form=x", FMTCONV_E_USAGE,
                  "s.yaml: there is no variable 'form': did you mean 'from'?  Available variables:");
  expect_refused (needy, "spec:from=x,to=y", FMTCONV_E_USAGE,
                  "s.yaml: 'to' has no effect: a spec that is an input writes nothing");
  expect_refused (needy, "spec:from=x,output=y", FMTCONV_E_USAGE,
                  "s.yaml: 'output' has no effect: a spec that is an input writes nothing");
  expect_refused (needy, "spec:from=x,from=y", FMTCONV_E_USAGE,
                  "reader 'spec': parameter 'from' is given twice");
  expect_refused (needy, "spec:from=x,input=y", FMTCONV_E_USAGE,
                  "s.yaml: 'input' has no effect: a spec that is an input writes nothing");
  expect_refused (needy, "spec:from=x,folder.kept=y", FMTCONV_E_USAGE,
                  "s.yaml: the folder of 'kept' is given, but 'kept' is not");
  expect_refused (needy, "spec:path=x", FMTCONV_E_USAGE,
                  "s.yaml: a spec that is an input cannot have a variable 'path': rename it");
  expect_refused ("fmtconv: 1\nread: \"${input}\"\n", "spec", FMTCONV_E_USAGE,
                  "s.yaml: values are missing; add to the reader:");
}

/* The message says how to set missing variables. */
Test (spec_input, missing)
{
  captured h;
  fmtconv_ctx *ctx;
  cr_expect_null (convert (&h, &ctx,
                           "fmtconv: 1\nvariables: {a: {help: which}, b: , c: {optional: yes}, d: x}\n"
                           "read: \"${input}${a}${b}${c}${d}\"\n",
                           "spec:b=1"));
  cr_expect_str_eq (h.details, "spec:a=VALUE  which\nspec:input=VALUE\n");
  fmtconv_ctx_free (ctx);
  cr_expect_null (
      convert (&h, &ctx, "fmtconv: 1\nvariables: {c: {optional: yes}}\nread: \"${c}\"\n", "spec"));
  cr_expect_str_eq (h.error, "s.yaml:3:1: a value is missing: add spec:c=VALUE");
  fmtconv_ctx_free (ctx);
}

Test (spec_input, wrong_specs)
{
  expect_refused ("fmtconv: 1\nread: in.safetensors\nraed: x\n", "spec", FMTCONV_E_FORMAT,
                  "s.yaml:3:1: a spec has no key 'raed'; did you mean 'read'?  Valid keys:");
  expect_refused ("fmtconv: 1\nread: [\n", NULL, FMTCONV_E_FORMAT,
                  "s.yaml:3:1: not valid YAML: did not find expected node content while parsing a flow node");
  expect_refused ("fmtconv: 1\nwrite: x\n", NULL, FMTCONV_E_FORMAT,
                  "s.yaml:1:1: the spec has no input: add 'read' or 'components'");
  expect_refused ("fmtconv: 2\nread: x\n", NULL, FMTCONV_E_FORMAT,
                  "s.yaml:1:10: spec version 2 is not supported; this fmtconv supports version 1");
  expect_refused ("fmtconv: 1\nread: none.safetensors\n", NULL, FMTCONV_E_MISSING,
                  "none.safetensors: No such file or directory");
  expect_refused ("fmtconv: 1\nread: in.safetensors\ntransform: [{drop: {name: c}}]\n", NULL, FMTCONV_E_USAGE,
                  "s.yaml: 1 glob matches no tensor:");
  expect_refused ("fmtconv: 1\ncomponents:\n  x: {read: in.safetensors}\n  y: {read: in.safetensors}\n", NULL,
                  FMTCONV_E_UNSUPPORTED,
                  "writer 'safetensors' takes one model, but the input has 2 components (hint: convert one "
                  "component, such as INPUT/x if the "
                  "input is a folder of components)");
  expect_refused ("{}\n", "spec", FMTCONV_E_FORMAT,
                  "s.yaml:1:1: not a spec: the line 'fmtconv: 1' is missing");
}

/* Circular references, also through other names of a file, and too many levels. */
Test (spec_input, circles)
{
  char name[32], text[64];
  put_text ("b.yaml", "fmtconv: 1\ntransform: none\nread: {spec: {path: ./s.yaml}}\n");
  expect_refused ("fmtconv: 1\nread: b.yaml\n", NULL, FMTCONV_E_FORMAT,
                  "./s.yaml: the spec reads itself: s.yaml reads b.yaml reads ./s.yaml");
  expect_refused ("fmtconv: 1\nread: s.yaml\n", NULL, FMTCONV_E_FORMAT,
                  "s.yaml: the spec reads itself: s.yaml reads s.yaml");
  expect_refused ("fmtconv: 1\nread: in.safetensors\ntransform: [{merge: {file: s.yaml}}]\n", NULL,
                  FMTCONV_E_FORMAT, "s.yaml: the spec reads itself: s.yaml reads s.yaml");
  for (int i = 1; i <= 8; i++)
    {
      snprintf (name, sizeof name, "%d.yaml", i);
      snprintf (text, sizeof text, "fmtconv: 1\nread: %d.yaml\n", i + 1);
      put_text (name, i < 8 ? text : minimal);
    }
  expect_refused (
      "fmtconv: 1\nread: 1.yaml\n", NULL, FMTCONV_E_LIMIT,
      "8.yaml: specs read each other more than 8 levels deep: s.yaml reads 1.yaml reads 2.yaml reads 3.yaml "
      "reads 4.yaml reads 5.yaml reads 6.yaml reads 7.yaml reads 8.yaml");
  captured h;
  fmtconv_ctx *ctx;
  cr_expect_not_null (convert (&h, &ctx, "fmtconv: 1\nread: 2.yaml\n", NULL), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* Two specs may read the same spec: that is not circular. */
Test (spec_input, diamond)
{
  captured h;
  fmtconv_ctx *ctx;
  put_text ("a.yaml", minimal);
  fmtconv_attr *report = convert (
      &h, &ctx, "fmtconv: 1\nread: a.yaml\ntransform: [{merge: {file: a.yaml, prefix: x.}}]\n", NULL);
  cr_assert_not_null (report, "%s", h.error);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_attr_get (report, "account"), "out", 0), 4);
  fmtconv_ctx_free (ctx);
}

/* A path in a variable of another spec is relative to the spec that sets it. */
Test (spec_input, folders)
{
  captured h;
  fmtconv_ctx *ctx;
  make_folder ("sub");
  make_folder ("sub/inner");
  put_text ("sub/inner/i.yaml",
            "fmtconv: 1\nvariables: {x: , n: b}\nread: \"${x}\"\ntransform: [{drop: {name: \"${n}\"}}]\n");
  put_tensors ("sub/here.safetensors");
  put_text ("sub/o.yaml", "fmtconv: 1\nvariables: {typed: , kept: here.safetensors}\ncomponents:\n"
                          "  a: {read: {spec: {path: inner/i.yaml, x: here.safetensors}}}\n"
                          "  b: {read: {spec: {path: inner/i.yaml, x: \"${typed}\"}}}\n"
                          "  c: {read: {spec: {path: inner/i.yaml, x: \"${kept}\"}}}\n"
                          "  d: {read: {spec: {path: inner/i.yaml, x: /absolute, n: /n}}}\n"
                          "  e: {read: {spec: {path: inner/i.yaml, x: y, folder.x: inner}}}\n"
                          "  f: {read: {spec: {path: inner/i.yaml, x: y, folder: {x: inner/i}}}}\n"
                          "write: out/\n");
  static const char *const expected[] = {
    "spec:x=here.safetensors,folder.x=sub/", "spec:x=in.safetensors",
    "spec:x=here.safetensors,folder.x=sub/", "spec:x=/absolute,n=/n",
    "spec:x=y,folder.x=sub/inner",           "spec:x=y,folder.x=sub/inner/i",
  };
  const fmtconv_spec_variable given = VARIABLE ("typed", "in.safetensors");
  ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_job *job = fmtconv_job_from_spec (ctx, "sub/o.yaml", &given, 1, NULL, NULL);
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_parts, sizeof expected / sizeof *expected);
  for (size_t i = 0; i < job->n_parts; i++)
    {
      cr_expect_str_eq (job->parts[i].input, "sub/inner/i.yaml");
      cr_expect_str_eq (job->parts[i].reader, expected[i]);
    }
  fmtconv_ctx_free (ctx);
  put_text ("sub/p.yaml", "fmtconv: 1\nread: {spec: {path: inner/i.yaml, x: here.safetensors}}\nwrite: x\n");
  fmtconv_attr *report = convert (&h, &ctx, "fmtconv: 1\nread: sub/p.yaml\n", NULL);
  cr_assert_not_null (report, "%s", h.error);
  fmtconv_attr *in = fmtconv_attr_get (report, "inputs")->first;
  cr_expect_str_eq (fmtconv_attr_get_string (in, "path", ""), "sub/here.safetensors");
  cr_expect_str_eq (fmtconv_attr_json_text (fmtconv_attr_get (in, "through"), 0),
                    "[\"s.yaml\",\"sub/p.yaml\",\"sub/inner/i.yaml\"]");
  fmtconv_ctx_free (ctx);
}

/* Outputs never replace the spec or its inputs, and are not written inside them. */
Test (spec_input, outputs)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, FMTCONV_FORCE, NULL);
  fmtconv_job job = {
    .struct_size = sizeof job, .writer = "safetensors", .input = "s.yaml", .output = "s.yaml"
  };
  put_text ("s.yaml", minimal);
  cr_expect_null (fmtconv_convert (ctx, &job));
  cr_expect_eq (h.code, FMTCONV_E_OUTPUT, "%s", h.error);
  fmtconv_ctx_free (ctx);
  ctx = capturing_ctx (&h, FMTCONV_FORCE, NULL);
  job.output = "in.safetensors";
  cr_expect_null (fmtconv_convert (ctx, &job));
  cr_expect_eq (h.code, FMTCONV_E_OUTPUT, "%s", h.error);
  fmtconv_ctx_free (ctx);
  make_folder ("m");
  put_tensors ("m/model.safetensors");
  put_text ("m/config.json", "{\"architectures\":[\"T5EncoderModel\"]}");
  put_text ("s.yaml", "fmtconv: 1\nread: {diffusers: {path: m}}\n");
  ctx = capturing_ctx (&h, FMTCONV_FORCE, NULL);
  job.output = "m/out.safetensors";
  cr_expect_null (fmtconv_convert (ctx, &job));
  cr_expect_str_eq (h.error,
                    "m/out.safetensors: the output is inside the input folder (hint: choose an OUTPUT "
                    "outside the input folder)");
  fmtconv_ctx_free (ctx);
}
