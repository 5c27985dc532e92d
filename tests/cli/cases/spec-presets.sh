mkdir -p "$XDG_CONFIG_HOME/fmtconv/pipelines"
printf '# Mine\nfmtconv: 1\nvariables: {to: {default: bf16, help: the data type}}\nread: "${input}"\ntransform: [{cast: {to: "${to}"}}]\nwrite: "${output}"\n' \
  >"$XDG_CONFIG_HOME/fmtconv/pipelines/to-bf16.yaml"
try help to-bf16
try help cogvideox-lora
try plugins --json to-bf16
fmtconv help to-bf61 2>&1 | head -n 1
small in.safetensors
try -q -p to-bf16 in.safetensors out.safetensors
try -q -p to-bf16 --print-spec in.safetensors out.safetensors
chmod 646 "$XDG_CONFIG_HOME/fmtconv/pipelines/to-bf16.yaml"
try -p to-bf16 in.safetensors out.safetensors
try help to-bf16
try plugins | grep to-bf16
rm -r "$XDG_CONFIG_HOME"
