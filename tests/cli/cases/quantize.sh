# Block types: what is said, and what is refused.
small in.safetensors
try -n -t quantize in.safetensors out.safetensors
try -n -t quantize:to=q9_9 in.safetensors out.safetensors
try -n -t quantize:to=iq1_m in.safetensors out.safetensors
try -n -t quantize:to=i8 in.safetensors out.safetensors
try -n -t quantize:to=q8_0,rule=q8_0 in.safetensors out.safetensors
try -n -t quantize:to=q8_0,rest=i8 in.safetensors out.safetensors
try -n -t quantize:to=q8_0,keep=*bias in.safetensors out.safetensors
try -n -t dequantize:to=q8_0 in.safetensors out.safetensors
try -n -t dequantize in.safetensors out.safetensors
try -n -t qweight:to=q4_K in.safetensors out.safetensors
try -n -t qweight:to=q8_0 in.safetensors out.safetensors
wide=$(printf '{"a.weight":{"dtype":"F32","shape":[2,256],"data_offsets":[0,2048]}}')
{ printf "\\$(printf %o ${#wide})\\0\\0\\0\\0\\0\\0\\0%s" "$wide"; head -c 2048 /dev/zero; } >wide.safetensors
try -n -t quantize:to=Q4_K_M wide.safetensors out.safetensors
try -n -t 'quantize:to=q8_0,rule=*.wieght=f32,keep=*bias' in.safetensors out.safetensors
try -n --dtype q8_0 in.safetensors out.safetensors
try -n -t cast:rule=*=q4_K in.safetensors out.safetensors
try -q -t quantize:to=Q4_K_M -w gguf:architecture=test wide.safetensors wide.gguf
try inspect wide.gguf
try --dtype f16 wide.gguf out.gguf
try -n -t dequantize:only=b.* wide.gguf out.safetensors
