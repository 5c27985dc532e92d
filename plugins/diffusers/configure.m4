# plugins/diffusers/configure.m4: the files in a component's folder are read and written by safetensors, and older ones read by torch.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([diffusers], [safetensors])
FC_PLUGIN_WANTS([diffusers], [torch], [read weights in .bin files])
