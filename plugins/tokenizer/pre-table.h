/* plugins/tokenizer/pre-table.h: the pre-tokenizers of published models, with llama.cpp's names.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The regular expressions are those in tokenizer.json of Llama 3, Qwen 2 to 3, Qwen 3.5, GPT-4o, Mistral Nemo and DeepSeek V3.
 * llama.cpp's converter distinguishes models by the ids of a text.  Here they are distinguished by what llama.cpp does for
 * a name: how it splits a text, whether it applies merges to a word that is a token, how it begins a text, whether it
 * removes spaces from its output. */
#ifndef TOKENIZER_PRE_TABLE_H
#define TOKENIZER_PRE_TABLE_H

#define LLAMA3                                                                               \
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{" \
  "N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define QWEN2                                                                                \
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[" \
  "\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define QWEN35                                                                              \
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}" \
  "\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define GPT4O                                                                                \
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]" \
  "+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}" \
  "]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}"  \
  "\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define TEKKEN                                                                               \
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]" \
  "+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M" \
  "}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define DIGITS "\\p{N}{1,3}"
#define KANJI                 \
  "[\xe4\xb8\x80"             \
  "-\xe9\xbe\xa5\xe3\x81\x80" \
  "-\xe3\x82\x9f\xe3\x82\xa0" \
  "-\xe3\x83\xbf"             \
  "]+"
#define DEEPSEEK                                                                            \
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}" \
  "\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"

/* A condition: any, or no or yes alone. */
enum
{
  ANY,
  NO,
  YES
};

enum
{
  MAX_STEPS = 4
};

struct pre_row
{
  const char *name;
  const char *steps[MAX_STEPS]; /* the name of a step, or the regular expression of a split */
  unsigned char nfc;            /* the normalizer is NFC */
  unsigned char bos;            /* a text begins with a special token */
  unsigned char ignores;        /* a word that is a token is not merged */
  unsigned char cleans;         /* spaces are removed from the output */
  unsigned char roberta;        /* the post-processor is RoBERTa's */
};

/* The first row that fits counts. */
static const struct pre_row pre_rows[] = {
  { "llama-bpe", { LLAMA3, "ByteLevel" }, .nfc = NO, .bos = YES, .ignores = YES },
  { "smaug-bpe", { LLAMA3, "ByteLevel" }, .nfc = NO, .bos = NO, .ignores = YES },
  { "dbrx", { LLAMA3, "ByteLevel" }, .nfc = NO, .bos = NO, .ignores = NO },
  { "deepseek-r1-qwen", { QWEN2, "ByteLevel" }, .bos = YES },
  { "stablelm2", { QWEN2, "ByteLevel" }, .nfc = NO, .bos = NO, .cleans = YES },
  { "qwen2", { QWEN2, "ByteLevel" }, .bos = NO },
  { "qwen35", { QWEN35, "ByteLevel" }, .bos = NO },
  { "llama4", { GPT4O, "ByteLevel" }, .nfc = NO, .bos = YES },
  { "gpt-4o", { GPT4O, "ByteLevel" }, .nfc = NO, .bos = NO },
  { "tekken", { TEKKEN, "ByteLevel" }, .nfc = NO, .bos = YES },
  { "deepseek-v3", { DIGITS, KANJI, DEEPSEEK, "ByteLevel" }, .bos = YES },
  { "joyai-llm", { DIGITS, KANJI, DEEPSEEK, "ByteLevel" }, .bos = NO },
  { "command-r", { "Digits", "ByteLevel with its expression" }, .nfc = YES, .bos = YES },
  { "starcoder", { "Digits", "ByteLevel with its expression" }, .nfc = NO, .bos = NO, .cleans = YES },
  { "smollm", { "Digits", "ByteLevel with its expression" }, .nfc = NO, .bos = NO, .cleans = NO },
  { "roberta-bpe", { "ByteLevel with its expression" }, .nfc = NO, .roberta = YES },
  { "olmo", { "ByteLevel with its expression" }, .nfc = YES, .bos = NO },
  { "gpt-2", { "ByteLevel with its expression" }, .nfc = NO, .bos = NO },
};

#endif
