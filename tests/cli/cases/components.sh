# A folder of components and a writer of one model: the commands for the components, as they can be typed.
mkdir -p 'my pipe/transformer' 'my pipe/vae' 'my pipe/tokenizer'
small 'my pipe/transformer/diffusion_pytorch_model.safetensors'
small 'my pipe/vae/diffusion_pytorch_model.safetensors'
echo '{"_class_name":"Transformer"}' >'my pipe/transformer/config.json'
echo '{"_class_name":"AutoencoderKL"}' >'my pipe/vae/config.json'
echo '{"tokenizer_class":"T5Tokenizer"}' >'my pipe/tokenizer/tokenizer_config.json'
echo '{"_class_name":"Pipeline","transformer":["diffusers","Transformer"],"vae":["diffusers","AutoencoderKL"],
"tokenizer":["transformers","T5Tokenizer"]}' >'my pipe/model_index.json'
try -w gguf:test 'my pipe/' out.gguf
try -t quantize:q8_0 -t transformer/drop:steps -r diffusers --dtype f16 'my pipe' out.gguf
eval "$(fmtconv -w gguf:test 'my pipe/' out.gguf 2>&1 | sed -n 's/^  transformer (.*): fmtconv/fmtconv -q/p')"
printf 'fmtconv: 1\nread: my pipe\n' >pipe.yaml
try pipe.yaml out.safetensors
# An output without a suffix: a folder that exists, one that ends in a slash, or the two spellings.
try 'my pipe' out
try -q 'my pipe/' new/
mkdir there
try -q 'my pipe/' there
ls
