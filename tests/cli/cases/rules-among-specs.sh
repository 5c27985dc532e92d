mkdir pipelines
echo '# small names' >pipelines/names.yaml
printf 'rules:\n- {from: "a.**", to: "b.**"}\n' >>pipelines/names.yaml
printf '# renames a model\nfmtconv: 1\nread: {safetensors: {path: "${input}"}}\ntransform: [{map: {rules: names.yaml}}]\nwrite: {safetensors: {path: "${output}"}}\n' >pipelines/my-names.yaml
export FMTCONV_PIPELINE_PATH=$PWD/pipelines
fmtconv plugins | sed -n '/^Specs/,$p'
try -p names in.safetensors out.safetensors
