small in.safetensors
try in.safetensors out.gguf
try -w gguf:architecture=test,kv.general.author=me,kv.test.scale=0.1 in.safetensors out.gguf
try inspect --tensors out.gguf
try inspect --json out.gguf
try -w gguf:split-max-size=32 out.gguf parts.gguf
try inspect parts-00002-of-00003.gguf
rm parts-00003-of-00003.gguf
try inspect parts-00001-of-00003.gguf
try -w gguf:alignment=24,architecture=test in.safetensors new.gguf
try -w gguf:architecture=Test in.safetensors new.gguf
try help gguf
# More offenders than are shown, and all of them.
many=$(for i in $(seq 22); do printf '"%s%02d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},' n "$i"; done)
many="{${many%,}}"
{ printf "\\$(printf %o $((${#many} % 256)))\\$(printf %o $((${#many} / 256)))\\0\\0\\0\\0\\0\\0%s" "$many"; } >many.safetensors
try -w gguf:architecture=test many.safetensors new.gguf
try -v -w gguf:architecture=test many.safetensors new.gguf
