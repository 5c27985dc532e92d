# plugins/sat/configure.m4: each rank's file is read and written by torch.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([sat], [torch])
