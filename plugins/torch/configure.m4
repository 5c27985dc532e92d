# plugins/torch/configure.m4: an index may name files of the other format.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_WANTS([torch], [safetensors], [read an index that names safetensors files])
