tab () { try complete -- "$@"; }
tab ''
tab -
tab inspect --s
tab -r s
tab -t qu
tab -t cast
tab -t cast:
tab -t quantize:to=q4
tab -t quantize:to=q8_0,rest=
tab -t quantize:rule=x=q8
tab -t cast:to=b
tab -t cogvideox-lora:s
tab -t cogvideox-lora:scale=
tab -t vae/cast:to=b
tab -w gguf:f
tab -w gguf:fold=
tab -t map:rules=
tab --dtype=b
tab --color a
tab --plugin-dir ''
tab -p ''
tab -p cogvideox-pipeline -D ''
tab -p cogvideox-pipeline -D vae=
tab help qua
tab plugins cog
tab ckpt -t drop:name=
tab ckpt -t drop:name=model.diffusion_model.
tab inspect ckpt --tensors=cond
tab inspect -- -
tab missing -t drop:name=
tab --plugin-dir missing -t ''
tab -t unknown:
tab -t quantize:unknown=
tab test-plugin ''
