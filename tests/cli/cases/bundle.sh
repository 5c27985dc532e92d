mkdir -p pipe/transformer pipe/vae pipe/tokenizer
small pipe/transformer/diffusion_pytorch_model.safetensors
small pipe/vae/diffusion_pytorch_model.safetensors
echo '{"_class_name":"Transformer"}' >pipe/transformer/config.json
echo '{"_class_name":"AutoencoderKL"}' >pipe/vae/config.json
echo '{"tokenizer_class":"T5Tokenizer"}' >pipe/tokenizer/tokenizer_config.json
: >pipe/tokenizer/empty.txt
echo '{"_class_name":"Pipeline","transformer":["diffusers","Transformer"],"vae":["diffusers","AutoencoderKL"],
"tokenizer":["transformers","T5Tokenizer"]}' >pipe/model_index.json
cat >rules.yaml <<'R'
fmtconv-rules: 1
unmatched: keep
rules:
  - {from: "layer.{w}", to: "block.{w}"}
R
try --verify -t cast:rule=*.weight=f16 pipe/ out/
try -t cast:rule=*.weigth=f16 pipe/ other/
try -t map:rules=rules.yaml pipe/ other/
cp rules.yaml 'the rules.yaml'
try -t 'map:rules=the rules.yaml' pipe/ other/
try -q --verify -t transformer/map:rules=rules.yaml -t transformer/map:rules=rules.yaml,reverse=yes pipe/ back/
try diff pipe back
try map --check rules.yaml --against pipe/
try map --check rules.yaml --against pipe/vae
find out back -type f | sort
