# Options before and after the command; the command that needs no name; files that are called like commands.
small in.safetensors
fmtconv inspect -q in.safetensors >expected
fmtconv -q inspect in.safetensors | cmp - expected && fmtconv inspect in.safetensors -q | cmp - expected && echo same
fmtconv --json inspect --tensors in.safetensors | head -c 30 && echo
fmtconv --tensors inspect in.safetensors | tail -n 3
try -q convert in.safetensors out.safetensors
try convert -q -f in.safetensors out.safetensors
try -r safetensors inspect -q in.safetensors
try -n inspect in.safetensors
try inspect --dry-run in.safetensors
try -q plugins --nothing
try diff a
try --threads 2 diff in.safetensors out.safetensors
cp in.safetensors inspect
try -q -f ./inspect out.safetensors
try -q -f -- inspect out.safetensors
try -q -w safetensors in.safetensors convert
try convert
try convert in.safetensors
try convert --help
try --help diff
try help map
