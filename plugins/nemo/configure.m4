# plugins/nemo/configure.m4: the weights are read by torch, by dcp, or by megatron.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([nemo], [torch])
FC_PLUGIN_WANTS([nemo], [dcp], [read distributed checkpoints in archives])
FC_PLUGIN_WANTS([nemo], [megatron], [join the model-parallel ranks in archives])
