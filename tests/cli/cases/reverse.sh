# The way back: a transform's rules in reverse, SAT's folder and torch's file as outputs; what goes one way only.
# SPDX-License-Identifier: Apache-2.0
try -q -t cogvideox-lora:scale=none ckpt lora.safetensors
try -t cogvideox-lora:reverse -w sat:iteration=7 lora.safetensors sat
find sat -type f | sort
cat sat/latest; echo
try --verify -t cogvideox-lora:reverse -w torch:root=module lora.safetensors lora.pt
try -q -t cogvideox-lora:scale=none sat again.safetensors
cmp lora.safetensors again.safetensors && echo the same bytes
try -t cast:reverse lora.safetensors x.pt
try -t cogvideox-lora:reverse ckpt x.pt
try -w torch:root=a..b -t none lora.safetensors x.pt
