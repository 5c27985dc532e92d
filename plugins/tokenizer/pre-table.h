/* plugins/tokenizer/pre-table.h: the pre-tokenizers of published models, with llama.cpp's names.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The regular expressions are those in tokenizer.json of Llama 3, Qwen 2 to 3, Qwen 3.5, GPT-4o, Mistral Nemo,
 * DeepSeek V2 and V3 and DeepSeek Coder.
 * llama.cpp's converter distinguishes models by the ids of a text.  Here they are distinguished by what llama.cpp does for
 * a name: how it splits a text, whether it applies merges to a word that is a token, how it begins a text, whether it
 * removes spaces from its output. */
#ifndef TOKENIZER_PRE_TABLE_H
#define TOKENIZER_PRE_TABLE_H

#include "plugins/tokenizer/pre.h"

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

#define LINE "[\r\n]"
#define LETTERS                                                                                  \
  "\\s?[A-Za-z\xc2\xb5\xc3\x80-\xc3\x96\xc3\x98-\xc3\xb6\xc3\xb8-\xc6\xba\xc6\xbc-\xc6\xbf"      \
  "\xc7\x84-\xca\x93\xca\x95-\xca\xaf\xcd\xb0-\xcd\xb3\xcd\xb6\xcd\xb7\xcd\xbb-\xcd\xbd\xcd\xbf" \
  "\xce\x86\xce\x88-\xce\x8a\xce\x8c\xce\x8e-\xce\xa1\xce\xa3-\xcf\xb5\xcf\xb7-\xd2\x81\xd2\x8a" \
  "-\xd4\xaf\xd4\xb1-\xd5\x96\xe1\x82\xa0-\xe1\x83\x85\xe1\x8e\xa0-\xe1\x8f\xb5\xe1\x8f\xb8-"    \
  "\xe1\x8f\xbd\xe1\xb2\x90-\xe1\xb2\xba\xe1\xb2\xbd-\xe1\xb2\xbf\xe1\xb4\x80-\xe1\xb4\xab"      \
  "\xe1\xb5\xab-\xe1\xb5\xb7\xe1\xb5\xb9-\xe1\xb6\x9a\xe1\xb8\x80-\xe1\xbc\x95\xe1\xbc\x98-"     \
  "\xe1\xbc\x9d\xe1\xbc\xa0-\xe1\xbd\x85\xe1\xbd\x88-\xe1\xbd\x8d\xe1\xbd\x90-\xe1\xbd\x97"      \
  "\xe1\xbd\x99\xe1\xbd\x9b\xe1\xbd\x9d\xe1\xbd\x9f-\xe1\xbd\xbd\xe1\xbe\x80-\xe1\xbe\xb4"       \
  "\xe1\xbe\xb6-\xe1\xbe\xbc\xe1\xbe\xbe\xe1\xbf\x82-\xe1\xbf\x84\xe1\xbf\x86-\xe1\xbf\x8c"      \
  "\xe1\xbf\x90-\xe1\xbf\x93\xe1\xbf\x96-\xe1\xbf\x9b\xe1\xbf\xa0-\xe1\xbf\xac\xe1\xbf\xb2-"     \
  "\xe1\xbf\xb4\xe1\xbf\xb6-\xe1\xbf\xbc\xe2\x84\x82\xe2\x84\x87\xe2\x84\x8a-\xe2\x84\x93"       \
  "\xe2\x84\x95\xe2\x84\x99-\xe2\x84\x9d\xe2\x84\xa4\xe2\x84\xa6\xe2\x84\xa8\xe2\x84\xaa-"       \
  "\xe2\x84\xad\xe2\x84\xaf-\xe2\x84\xb4\xe2\x84\xb9\xe2\x84\xbc-\xe2\x84\xbf\xe2\x85\x85-"      \
  "\xe2\x85\x89\xe2\x85\x8e\xe2\x86\x83\xe2\x86\x84\xe2\xb0\x80-\xe2\xb1\xbb\xe2\xb1\xbe-"       \
  "\xe2\xb3\xa4\xe2\xb3\xab-\xe2\xb3\xae\xe2\xb3\xb2\xe2\xb3\xb3\xea\x99\x80-\xea\x99\xad"       \
  "\xea\x9a\x80-\xea\x9a\x9b\xea\x9c\xa2-\xea\x9d\xaf\xea\x9d\xb1-\xea\x9e\x87\xea\x9e\x8b-"     \
  "\xea\x9e\x8e\xea\xad\xb0-\xea\xae\xbf\xef\xac\x80-\xef\xac\x86\xef\xac\x93-\xef\xac\x97"      \
  "\xef\xbc\xa1-\xef\xbc\xba\xef\xbd\x81-\xef\xbd\x9a\xf0\x90\x90\x80-\xf0\x90\x91\x8f"          \
  "\xf0\x90\x92\xb0-\xf0\x90\x93\x93\xf0\x90\x93\x98-\xf0\x90\x93\xbb\xf0\x90\xb2\x80-"          \
  "\xf0\x90\xb2\xb2\xf0\x90\xb3\x80-\xf0\x90\xb3\xb2\xf0\x91\xa2\xa0-\xf0\x91\xa3\x9f"           \
  "\xf0\x9e\xa4\x80-\xf0\x9e\xa5\x83]+"
#define MARKS                                                                              \
  "\\s?[!-/:-~\xef\xbc\x81-\xef\xbc\x8f\xef\xbc\x9a-\xef\xbd\x9e\xe2\x80\x98-\xe2\x80\x9f" \
  "\xe3\x80\x80-\xe3\x80\x82]+"
#define IDEOGRAMS "[\xe4\xb8\x80-\xe9\xbe\xa5\xe0\xa0\x80-\xe4\xb8\x80\xea\xb0\x80-\xed\x9f\xbf]+"

/* The first row that fits counts. */
static const struct pre_row pre_rows[] = {
  { "llama-bpe", { LLAMA3, "ByteLevel" }, .nfc = NO, .bos = YES, .ignores = YES },
  { "smaug-bpe", { LLAMA3, "ByteLevel" }, .nfc = NO, .bos = NO, .ignores = YES },
  { "dbrx", { LLAMA3, "ByteLevel" }, .nfc = NO, .bos = NO, .ignores = NO },
  { "deepseek-r1-qwen", { QWEN2, "ByteLevel" }, .bos = YES, .usual_nfc = YES },
  { "stablelm2", { QWEN2, "ByteLevel" }, .nfc = NO, .bos = NO, .cleans = YES },
  { "qwen2", { QWEN2, "ByteLevel" }, .bos = NO, .usual_nfc = YES },
  { "qwen35", { QWEN35, "ByteLevel" }, .bos = NO, .usual_nfc = YES },
  { "llama4", { GPT4O, "ByteLevel" }, .nfc = NO, .bos = YES },
  { "gpt-4o", { GPT4O, "ByteLevel" }, .nfc = NO, .bos = NO },
  { "tekken", { TEKKEN, "ByteLevel" }, .nfc = NO, .bos = YES },
  { "deepseek-v3", { DIGITS, KANJI, DEEPSEEK, "ByteLevel" }, .bos = YES },
  { "deepseek-llm", { LINE, LETTERS, MARKS, "\\s+$", IDEOGRAMS, "Digits", "ByteLevel" }, .nfc = NO },
  { "deepseek-coder", { LINE, "\\s?\\p{L}+", "\\s?\\p{P}+", IDEOGRAMS, "Digits", "ByteLevel" }, .nfc = NO },
  { "joyai-llm", { DIGITS, KANJI, DEEPSEEK, "ByteLevel" }, .bos = NO },
  { "command-r", { "Digits", "ByteLevel with its expression" }, .nfc = YES, .bos = YES },
  { "starcoder", { "Digits", "ByteLevel with its expression" }, .nfc = NO, .bos = NO, .cleans = YES },
  { "smollm", { "Digits", "ByteLevel with its expression" }, .nfc = NO, .bos = NO, .cleans = NO },
  { "roberta-bpe", { "ByteLevel with its expression" }, .nfc = NO, .roberta = YES },
  { "olmo", { "ByteLevel with its expression" }, .nfc = YES, .bos = NO },
  { "gpt-2", { "ByteLevel with its expression" }, .nfc = NO, .bos = NO },
};

#endif
