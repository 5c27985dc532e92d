# plugins/megatron/configure.m4: each rank's file is read by torch.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([megatron], [torch])
