# plugins/quantize/configure.m4: newer importance matrices are GGUF files.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_WANTS([quantize], [gguf], [read an importance matrix that is a GGUF file])
