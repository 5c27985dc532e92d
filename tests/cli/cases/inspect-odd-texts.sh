# Texts of files that would turn a line around or color a terminal: classes of components, kinds of a model.
mkdir -p pipe/vae pipe/extra
small pipe/vae/diffusion_pytorch_model.safetensors
echo '{"_class_name":"Auto\u202eencoder\u001b[31m"}' >pipe/vae/config.json
echo '{"feature_extractor_type":"Extra\u2066or"}' >pipe/extra/preprocessor_config.json
echo '{"_class_name":"Pipe\u202eline","vae":["diffusers","Auto\u202eencoder\u001b[31m"],
"extra":["transformers","Extra\u2066or\u009b"]}' >pipe/model_index.json
try inspect pipe/
fmtconv inspect --json pipe/ | grep -o '"title":[^,]*\|"part":[^,]*'
try -n -v pipe/ out/
try -v pipe/vae out.safetensors
