# plugins/nemo/configure.m4: the weights are read by torch, or by dcp.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([nemo], [torch])
FC_PLUGIN_WANTS([nemo], [dcp], [read distributed checkpoints in archives])
