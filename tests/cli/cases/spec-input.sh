small small.safetensors
mkdir sub
cat >sub/half.yaml <<'END'
fmtconv: 1
variables: {from: {help: what is read}, to: f16, out: }
read: "${from}"
transform: [{drop: {name: steps}}, {cast: {to: "${to}"}}]
write: "${out}"
END
printf 'fmtconv: 1\nread: {spec: {path: sub/half.yaml, from: small.safetensors}}\ntransform: [{prefix: {add: m.}}]\n' >outer.yaml
printf 'fmtconv: 1\nread: {spec: {path: b.yaml}}\n' >a.yaml
printf 'fmtconv: 1\nread: ./a.yaml\n' >b.yaml
printf 'fmtconv: 1\ncomponents:\n  x: {read: small.safetensors}\n  y: {read: outer.yaml}\n' >two.yaml
printf 'fmtconv: 1\nread: small.safetensors\ntransfrom: none\n' >typo.yaml
printf 'model: x\nfmtconv-rules: 1\n' >other.yaml
cp outer.yaml model.safetensors
try help spec
try -q -r spec sub/half.yaml out.safetensors
try -q -r spec:form=x sub/half.yaml out.safetensors
try -q -r spec:from=small.safetensors,out=x sub/half.yaml out.safetensors
try -r spec:from=small.safetensors sub/half.yaml out.safetensors
try --verify outer.yaml chained.safetensors
try inspect outer.yaml
try diff -t prefix:add=m. out.safetensors outer.yaml
try -n -t merge:file=outer.yaml small.safetensors merged.safetensors
try --print-spec outer.yaml printed.safetensors
try a.yaml out2.safetensors
try two.yaml out2.safetensors
try two.yaml -n folder/
try typo.yaml out2.safetensors
try -r spec none.yaml out2.safetensors
try -r spec ckpt out2.safetensors
try -r spec other.yaml out2.safetensors
try other.yaml out2.safetensors
try model.safetensors out2.safetensors
try -p outer.yaml
try outer.yaml outer.yaml -f -w safetensors
ls
