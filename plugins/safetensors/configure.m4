# plugins/safetensors/configure.m4: an index may name files of the other format.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_WANTS([safetensors], [torch], [read an index that names .bin files])
