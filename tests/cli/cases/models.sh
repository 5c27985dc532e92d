try models
(FMTCONV_MODEL_PATH=; export FMTCONV_MODEL_PATH; try models)
try models flux
try help flux
try map --check flux
try -t flux:to=nobody a b
