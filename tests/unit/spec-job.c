/* tests/unit/spec-job.c: jobs of specs, specs of jobs, and where presets are found.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/params.h"
#include "spec-util.h"

TestSuite (spec_job, .init = enter_folder, .fini = leave_folder);

static const char all[] =
    "fmtconv: 1\n"
    "read: {sat: {path: ckpt}}\n"
    "transform: [{cogvideox-lora: {alpha: 64, scale: none}}, {cast: {to: bf16}}]\n"
    "write: {safetensors: {path: out.safetensors, metadata: {a: \"x,y=z\", \"b\": 1}}}\n";

Test (spec_job, single)
{
  captured h;
  fmtconv_ctx *ctx;
  const fmtconv_job *job = job_from (&h, &ctx, all, NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_expect_eq (job->struct_size, sizeof *job);
  cr_expect_str_eq (job->reader, "sat");
  cr_expect_str_eq (job->input, "ckpt");
  cr_assert_eq (job->n_transforms, 2);
  cr_expect_str_eq (job->transforms[0], "cogvideox-lora:alpha=64,scale=none");
  cr_expect_str_eq (job->transforms[1], "cast:to=bf16");
  cr_expect_str_eq (job->writer, "safetensors:metadata.a=x\\,y=z,metadata.b=1");
  cr_expect_str_eq (job->output, "out.safetensors");
  cr_expect_eq (job->n_parts, 0);
  cr_expect_null (job->dtype);
  cr_expect_eq (h.notes + h.warnings + h.errors, 0);
  fmtconv_ctx_free (ctx);
}

/* The word "reverse" next to parameters, in both directions. */
Test (spec_job, reverse)
{
  captured h;
  fmtconv_ctx *ctx;
  const fmtconv_job *job =
      job_from (&h, &ctx,
                "fmtconv: 1\nread: {sat: {path: a}}\n"
                "transform: [{cogvideox-lora: {alpha: 2, reverse: yes}}, {cogvideox-lora: {reverse: yes}},"
                " {x/cogvideox-lora: {reverse: no}}]\nwrite: {safetensors: {path: b}}\n",
                NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_transforms, 3);
  cr_expect_str_eq (job->transforms[0], "cogvideox-lora:reverse,alpha=2");
  cr_expect_str_eq (job->transforms[1], "cogvideox-lora:reverse");
  cr_expect_str_eq (job->transforms[2], "x/cogvideox-lora");
  const char *text = fmtconv_job_to_spec (ctx, job);
  cr_assert_not_null (text, "%s", h.error);
  cr_expect (
      strstr (text,
              "transform: [{cogvideox-lora: {reverse: yes, alpha: 2}}, {cogvideox-lora: {reverse: yes}}, "
              "x/cogvideox-lora]\n"),
      "%s", text);
  fmtconv_ctx_free (ctx);
  cr_expect_null (job_from (
      &h, &ctx, "fmtconv: 1\nread: a\ntransform: [{cast: {to: f16, reverse: yes}}]\nwrite: b\n", NULL, 0));
  cr_expect_str_eq (
      h.error, "s.yaml:3:39: transform 'cast' does not run in reverse: it has no rules, and only rules run "
               "in reverse");
  cr_expect_eq (h.code, FMTCONV_E_FORMAT);
  fmtconv_ctx_free (ctx);
}

/* Absent parts are detected later. */
Test (spec_job, short_forms)
{
  captured h;
  fmtconv_ctx *ctx;
  const fmtconv_job *job = job_from (&h, &ctx, "fmtconv: 1\nread: a\nwrite: b/\n", NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_expect_str_eq (job->input, "a");
  cr_expect_str_eq (job->output, "b/");
  cr_expect_null (job->reader);
  cr_expect_null (job->writer);
  cr_expect_eq (job->n_transforms, 0);
  fmtconv_ctx_free (ctx);
  static const char *const nones[] = { "[]", "none", "[none]" };
  for (size_t i = 0; i < 3; i++)
    {
      char text[128];
      snprintf (text, sizeof text, "fmtconv: 1\nread: a\ntransform: %s\nwrite: b/\n", nones[i]);
      job = job_from (&h, &ctx, text, NULL, 0);
      cr_assert_not_null (job, "%s", h.error);
      cr_assert_eq (job->n_transforms, 1);
      cr_expect_str_eq (job->transforms[0], "none");
      fmtconv_ctx_free (ctx);
    }
  job = job_from (&h, &ctx, "fmtconv: 1\nread: a\ntransform: vae/cast\nwrite: b/\n", NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_transforms, 1);
  cr_expect_str_eq (job->transforms[0], "vae/cast");
  fmtconv_ctx_free (ctx);
}

/* Literal paths are relative to the spec's folder; paths that begin with a variable of the user are
 * relative to the working folder. */
Test (spec_job, paths)
{
  static const char text[] =
      "fmtconv: 1\n"
      "variables: {typed: , absolute: , kept: k, deeper: \"${typed}/d\", own: \"${kept}/o\"}\n"
      "components:\n"
      "  a: {read: literal}\n"
      "  b: {read: \"${absolute}\"}\n"
      "  c: {read: \"${typed}/x\"}\n"
      "  d: {read: \"y-${typed}\"}\n"
      "  e: {read: \"${kept}/x\"}\n"
      "  f: {read: \"${deeper}\"}\n"
      "  g: {read: \"${own}\"}\n"
      "  h: {read: \"${input}\"}\n"
      "  i: {read: {sat: {path: [not-there, there]}}}\n"
      "write: \"${output}\"\n";
  static const char *const expected[] = { "sub/literal", "/absolute", "t/x", "sub/y-t",  "sub/k/x",
                                          "t/d",         "sub/k/o",   "in",  "sub/there" };
  const fmtconv_spec_variable given[] = { VARIABLE ("typed", "t"), VARIABLE ("absolute", "/absolute") };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  make_folder ("sub");
  put_text ("sub/there", "");
  put_text ("sub/s.yaml", text);
  const fmtconv_job *job = fmtconv_job_from_spec (ctx, "sub/s.yaml", given, 2, "in", "out/");
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_parts, sizeof expected / sizeof *expected);
  for (size_t i = 0; i < job->n_parts; i++)
    cr_expect_str_eq (job->parts[i].input, expected[i]);
  cr_expect_str_eq (job->output, "out/");
  fmtconv_ctx_free (ctx);
}

Test (spec_job, literal_dollars)
{
  captured h;
  fmtconv_ctx *ctx;
  const fmtconv_spec_variable given = VARIABLE ("a", "${a}");
  const fmtconv_job *job = job_from (
      &h, &ctx, "fmtconv: 1\nvariables: {a: }\nread: \"$${a}$$${$a$\"\nwrite: \"${a}x$${\"\n", &given, 1);
  cr_assert_not_null (job, "%s", h.error);
  cr_expect_str_eq (job->input, "${a}$${$a$");
  cr_expect_str_eq (job->output, "${a}x${");
  fmtconv_ctx_free (ctx);
}

static const char needy[] =
    "fmtconv: 1\n"
    "variables:\n"
    "  ckpt:\n"
    "  vae: {help: \"the VAE\"}\n"
    "  t5: {optional: yes, help: \"the encoder\"}\n"
    "components:\n"
    "  transformer: {read: \"${ckpt}\", transform: [none]}\n"
    "  vae: {read: \"${vae}\"}\n"
    "  text_encoder: {read: {torch: {path: [\"${t5}/a\", \"${t5}\"]}}}\n"
    "  tokenizer: {copy: {from: \"${t5}\", files: [\"*.json\", spiece.model, a.json]}}\n"
    "write: {diffusers: {path: \"${output}\"}}\n";

Test (spec_job, missing_values)
{
  captured h;
  fmtconv_ctx *ctx;
  cr_expect_null (job_from (&h, &ctx, needy, NULL, 0));
  cr_expect_eq (h.code, FMTCONV_E_USAGE);
  cr_expect_str_eq (h.error, "s.yaml: values are missing; add to the command:");
  cr_expect_str_eq (h.details, "-D ckpt=VALUE\n-D vae=VALUE  the VAE\nOUTPUT\n");
  fmtconv_ctx_free (ctx);
}

static void
expect_usage (const fmtconv_spec_variable *v, size_t n, const char *input, const char *error)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  put_text ("s.yaml", needy);
  cr_expect_null (fmtconv_job_from_spec (ctx, "s.yaml", v, n, input, "out/"));
  cr_expect_eq (h.code, FMTCONV_E_USAGE, "%d", h.code);
  cr_expect_str_eq (h.error, error);
  fmtconv_ctx_free (ctx);
}

Test (spec_job, useless_values)
{
  const fmtconv_spec_variable v[] = { VARIABLE ("ckpt", "a"), VARIABLE ("vea", "b"), VARIABLE ("ckpt", "c"),
                                      VARIABLE ("zzzzz", "d") };
  expect_usage (v, 2, NULL, "s.yaml: there is no variable 'vea': did you mean 'vae'?  Available variables:");
  expect_usage (v + 3, 1, NULL, "s.yaml: there is no variable 'zzzzz'; available variables:");
  expect_usage ((const fmtconv_spec_variable[]){ v[0], v[2] }, 2, NULL, "-D ckpt is given twice");
  expect_usage (&(const fmtconv_spec_variable) VARIABLE ("vae", NULL), 1, NULL,
                "a variable needs a name and a value");
  expect_usage (v, 1, "in", "s.yaml: INPUT 'in' has no effect: the spec does not use ${input}");
}

/* The only path that the spec uses. */
Test (spec_job, only_output)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  put_text ("s.yaml", "fmtconv: 1\nread: in\nwrite: \"${output}\"\n");
  const fmtconv_job *job = fmtconv_job_from_spec (ctx, "s.yaml", NULL, 0, "out", NULL);
  cr_assert_not_null (job, "%s", h.error);
  cr_expect_str_eq (job->output, "out");
  fmtconv_ctx_free (ctx);
}

/* Components whose variable has no value are left out, with a note that says how to include them. */
Test (spec_job, optional)
{
  captured h;
  const fmtconv_spec_variable v[] = { VARIABLE ("ckpt", "a"), VARIABLE ("vae", "b"), VARIABLE ("t5", "t") };
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  put_text ("s.yaml", needy);
  const fmtconv_job *job = fmtconv_job_from_spec (ctx, "s.yaml", v, 2, NULL, "out/");
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_parts, 2);
  cr_expect_str_eq (job->parts[1].name, "vae");
  cr_expect_eq (h.notes, 1);
  cr_expect_str_eq (h.last, "left out text_encoder, tokenizer; add -D t5=VALUE (the encoder)");
  fmtconv_ctx_free (ctx);

  make_folder ("t");
  put_text ("t/b.json", "{}");
  put_text ("t/a.json", "{}");
  put_text ("t/spiece.model", "s");
  put_text ("t/other", "o");
  ctx = capturing_ctx (&h, 0, NULL);
  job = fmtconv_job_from_spec (ctx, "s.yaml", v, 3, NULL, "out/");
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_parts, 4);
  cr_expect_eq (h.notes, 0);
  const fmtconv_job_component *tokenizer = &job->parts[3];
  cr_expect_str_eq (job->parts[2].input, "t");
  cr_expect_str_eq (job->parts[2].reader, "torch");
  cr_expect_eq (tokenizer->copy, 1);
  cr_assert_eq (tokenizer->n_files, 3);
  cr_expect_str_eq (tokenizer->files[0], "a.json");
  cr_expect_str_eq (tokenizer->files[1], "b.json");
  cr_expect_str_eq (tokenizer->files[2], "spiece.model");
  fmtconv_ctx_free (ctx);
}

/* A parameter that needs a variable without a value is left out; the same in a required part is an error. */
Test (spec_job, optional_values)
{
  captured h;
  fmtconv_ctx *ctx;
  const fmtconv_job *job =
      job_from (&h, &ctx,
                "fmtconv: 1\nvariables: {a: {optional: yes}}\nread: x\n"
                "transform: [{cogvideox-lora: {alpha: \"${a}\", rank: 4}}, \"${a}\"]\nwrite: y\n",
                NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_transforms, 1);
  cr_expect_str_eq (job->transforms[0], "cogvideox-lora:rank=4");
  fmtconv_ctx_free (ctx);
  job = job_from (&h, &ctx,
                  "fmtconv: 1\nvariables: {a: {optional: yes}}\nread: x\ntransform: [\"${a}\"]\nwrite: y\n",
                  NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_assert_eq (job->n_transforms, 1);
  cr_expect_str_eq (job->transforms[0], "none");
  fmtconv_ctx_free (ctx);
  cr_expect_null (job_from (
      &h, &ctx, "fmtconv: 1\nvariables: {a: {optional: yes}}\nread: \"${a}\"\nwrite: y\n", NULL, 0));
  cr_expect_str_eq (h.error, "s.yaml:3:1: a value is missing: add -D a=VALUE");
  cr_expect_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
}

/* The text of a job is a spec of the same job. */
static void
expect_round_trip (const char *text)
{
  captured h;
  fmtconv_ctx *ctx, *again;
  const fmtconv_job *job = job_from (&h, &ctx, text, NULL, 0);
  const char *once = job ? fmtconv_job_to_spec (ctx, job) : NULL;
  cr_assert_not_null (once, "%s", h.error);
  const fmtconv_job *same = job_from (&h, &again, once, NULL, 0);
  const char *twice = same ? fmtconv_job_to_spec (again, same) : NULL;
  cr_assert_not_null (twice, "%s: %s", h.error, once);
  cr_expect_str_eq (twice, once);
  cr_assert_eq (same->n_transforms, job->n_transforms);
  for (size_t i = 0; i < job->n_transforms; i++)
    cr_expect_str_eq (same->transforms[i], job->transforms[i]);
  if (job->writer)
    cr_expect_str_eq (same->writer, job->writer);
  cr_expect_str_eq (same->output, job->output);
  cr_assert_eq (same->n_parts, job->n_parts);
  for (size_t i = 0; i < job->n_parts; i++)
    {
      cr_expect_str_eq (same->parts[i].name, job->parts[i].name);
      cr_expect_str_eq (same->parts[i].input, job->parts[i].input);
      cr_assert_eq (same->parts[i].n_files, job->parts[i].n_files);
    }
  fmtconv_ctx_free (again);
  fmtconv_ctx_free (ctx);
}

Test (spec_job, round_trip)
{
  make_folder ("t");
  put_text ("t/a b.json", "{}");
  expect_round_trip (all);
  expect_round_trip ("fmtconv: 1\nread: {sat: {path: \"a b: # {}$${x}\"}}\ntransform: none\n"
                     "write: {safetensors: {path: \"\\\"q\\\" \\\\ \\xE9\", metadata: {\"k,=\\\\\": "
                     "\"$$$${\", n: \"null\"}}}\n");
  expect_round_trip (
      "fmtconv: 1\ncomponents:\n  x: {read: {sat: {path: a}}, transform: [none]}\n"
      "  y.z: {copy: {from: t, files: [\"a b.json\"]}}\n  z: {copy: {from: t}}\n"
      "transform: [{x/cast: {to: f16}}]\nwrite: {diffusers: {path: o, max-shard-size: 5GB}}\n");
}

/* The reader of detected jobs is chosen without reading an existing output; nothing is written. */
Test (spec_job, detected)
{
  static const char file[] =
      "\x3d\0\0\0\0\0\0\0"
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}       \0\0\0\0";
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  put_file ("in.safetensors", file, sizeof file - 1);
  put_text ("out.safetensors", "there");
  const fmtconv_job job = {
    .struct_size = sizeof job, .input = "in.safetensors", .output = "out.safetensors", .dtype = "f16"
  };
  const char *text = fmtconv_job_to_spec (ctx, &job);
  cr_assert_not_null (text, "%s", h.error);
  char expected[512];
  snprintf (expected, sizeof expected,
            "# A conversion by fmtconv %s; paths are relative to the folder of this file.\n"
            "fmtconv: 1\n"
            "read: {safetensors: {path: in.safetensors}}\n"
            "transform: [{cast: {to: f16, keep: yes}}]\n"
            "write: {safetensors: {path: out.safetensors}}\n",
            fmtconv_version ());
  cr_expect_str_eq (text, expected);
  fmtconv_ctx_free (ctx);
}

/* A path that cannot be written in a spec. */
Test (spec_job, hidden_characters)
{
  static const char *const paths[] = { "a\nb", "a\xff", "a\x1b[1m", "a\xe2\x80\xae" };
  static const char *const none[] = { "none" };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    {
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      const fmtconv_job job = { .struct_size = sizeof job,
                                .reader = "sat",
                                .transforms = none,
                                .n_transforms = 1,
                                .writer = "safetensors",
                                .input = paths[i],
                                .output = "o" };
      cr_expect_null (fmtconv_job_to_spec (ctx, &job));
      cr_expect_eq (h.code, FMTCONV_E_UNSUPPORTED);
      cr_expect (strstr (h.error, "cannot be stored in a spec"), "%s", h.error);
      fmtconv_ctx_free (ctx);
    }
}

/* key=value to a spec and in reverse, with any characters. */
Test (spec_job, pairs)
{
  static const char *const texts[] = { "a", "a,b", "a=b", "\\", "a\\,=:", "", "\xc3\xa4 b" };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  for (size_t i = 0; i < 7; i++)
    for (size_t k = 0; k < 7; k++)
      {
        const char *key, *value, *key_in = *texts[i] ? texts[i] : "x";
        const char *end = fci_params_next (ctx, "x", fci_params_pair (ctx, key_in, texts[k]), &key, &value);
        cr_assert_not_null (end, "%s", h.error);
        cr_expect_str_eq (end, "");
        cr_expect_str_eq (key, key_in);
        cr_expect_str_eq (value, texts[k]);
      }
  fmtconv_ctx_free (ctx);
}

static const char preset_text[] =
    "# What it is for\r\nfmtconv: 1\nvariables: {a: , b: x, c: {optional: yes, help: h}}\n"
    "read: \"${a}${b}${c}\"\nwrite: \"${output}\"\n";

static const char *
found (const char *name)
{
  static char capacity[512];
  captured h;
  const fmtconv_spec_variable a[] = { VARIABLE ("a", "1"), VARIABLE ("c", "") };
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_job *job = fmtconv_job_from_spec (ctx, name, a, 2, NULL, "o");
  snprintf (capacity, sizeof capacity, "%s", job ? job->input : h.error);
  fmtconv_ctx_free (ctx);
  return capacity;
}

Test (spec_job, presets)
{
  char folder[256], path[600];
  cr_assert_not_null (getcwd (folder, sizeof folder));
  cr_expect (strstr (found ("mine"), "'mine' is not a file or a preset"));
  cr_expect_str_eq (found ("./mine"), "./mine: No such file or directory");
  cr_expect_str_eq (found ("mine.yaml"), "mine.yaml: No such file or directory");
  make_folder ("fmtconv");
  make_folder ("fmtconv/pipelines");
  make_folder ("first");
  put_text ("fmtconv/pipelines/mine.yaml", preset_text);
  put_text ("fmtconv/pipelines/NotMine.yaml", preset_text);
  cr_expect_str_eq (found ("mine"), "1x");
  cr_expect (strstr (found ("NotMine"), "No such file"));
  /* A folder of the same name is not a spec, a file is. */
  make_folder ("mine");
  cr_expect_str_eq (found ("mine"), "1x");
  put_text ("first/mine.yaml",
            "fmtconv: 1\nvariables: {a: , c: }\nread: \"${a}${c}first\"\nwrite: \"${output}\"\n");
  snprintf (path, sizeof path, "relative::/not/there:%s/first", folder);
  setenv ("FMTCONV_PIPELINE_PATH", path, 1);
  cr_expect_str_eq (found ("mine"), "1first");
  /* Specs and folders that other users can write are refused. */
  cr_assert_eq (chmod ("first/mine.yaml", 0666), 0);
  cr_expect (strstr (found ("mine"), "first/mine.yaml: everyone may write to it (mode 0666)"));
  cr_assert_eq (chmod ("first", 0777), 0);
  cr_expect_str_eq (found ("mine"), "1x");
}

Test (spec_job, listed_presets)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  make_folder ("fmtconv");
  make_folder ("fmtconv/pipelines");
  put_text ("fmtconv/pipelines/mine.yaml", preset_text);
  put_text ("fmtconv/pipelines/broken.yaml", "[");
  fmtconv_attr *list = fmtconv_preset_list (ctx, NULL);
  cr_assert_not_null (list, "%s", h.error);
  bool seen = false;
  for (fmtconv_attr *p = list->first; p; p = p->next)
    if (!strcmp (fmtconv_attr_get_string (p, "name", ""), "mine"))
      {
        cr_expect_str_eq (fmtconv_attr_get_string (p, "summary", ""), "What it is for");
        cr_expect_null (fmtconv_attr_get (p, "variables"));
        seen = true;
      }
  cr_expect (seen);
  list = fmtconv_preset_list (ctx, "mine");
  cr_assert_not_null (list, "%s", h.error);
  fmtconv_attr *variables = fmtconv_attr_at (list, "0/variables");
  cr_expect_str_eq (fmtconv_attr_json_text (variables, 0),
                    "[{\"name\":\"a\",\"required\":true,\"default\":null,\"help\":\"\"},"
                    "{\"name\":\"b\",\"required\":false,\"default\":\"x\",\"help\":\"\"},"
                    "{\"name\":\"c\",\"required\":false,\"default\":null,\"help\":\"h\"}]");
  cr_expect_eq (fmtconv_attr_at (list, "0/input")->v.i, 0);
  cr_expect_eq (fmtconv_attr_at (list, "0/output")->v.i, 1);
  cr_assert_not_null (list = fmtconv_preset_list (ctx, "none"));
  cr_expect_null (list->first);
  cr_expect_null (fmtconv_preset_list (ctx, "broken"));
  cr_expect (strstr (h.error, "broken.yaml:2:1: not valid YAML"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* A list of outputs, of which one is left out because its variable has no value. */
Test (spec_job, outputs)
{
  static const char text[] = "fmtconv: 1\n"
                             "variables: {more: {optional: yes}, to: f16}\n"
                             "read: a\n"
                             "transform: [cast]\n"
                             "write:\n"
                             "  - b.safetensors\n"
                             "  - {transform: [{cast: {to: \"${to}\"}}, none-such], safetensors: {path: c}}\n"
                             "  - {torch: {path: \"${more}/d\"}}\n"
                             "  - {torch: {path: e}, transform: none}\n";
  captured h;
  fmtconv_ctx *ctx;
  cr_expect_null (job_from (&h, &ctx, text, NULL, 0));
  cr_expect (strstr (h.error, "s.yaml:7:41: no transform 'none-such' found"), "%s", h.error);
  fmtconv_ctx_free (ctx);
  char good[sizeof text];
  strcpy (good, text);
  memcpy (strstr (good, ", none-such"), "           ", 11);
  const fmtconv_job *job = job_from (&h, &ctx, good, NULL, 0);
  cr_assert_not_null (job, "%s", h.error);
  cr_expect_null (job->output);
  cr_expect_eq (job->n_transforms, 1);
  cr_assert_eq (job->n_outputs, 3);
  cr_expect_null (job->outputs[0].writer);
  cr_expect_str_eq (job->outputs[0].output, "b.safetensors");
  cr_expect_eq (job->outputs[0].n_transforms, 0);
  cr_expect_str_eq (job->outputs[1].writer, "safetensors");
  cr_assert_eq (job->outputs[1].n_transforms, 1);
  cr_expect_str_eq (job->outputs[1].transforms[0], "cast:to=f16");
  cr_expect_str_eq (job->outputs[2].output, "e");
  cr_expect_str_eq (job->outputs[2].transforms[0], "none");
  cr_expect_eq (h.notes, 1);
  fmtconv_ctx_free (ctx);
  const fmtconv_spec_variable given = VARIABLE ("more", "m");
  job = job_from (&h, &ctx, good, &given, 1);
  cr_assert_eq (job->n_outputs, 4);
  cr_expect_str_eq (job->outputs[2].output, "m/d");
  fmtconv_ctx_free (ctx);
}
