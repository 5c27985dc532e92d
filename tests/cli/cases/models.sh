try models
try models flux
try help flux
try map --check flux
try -t flux:to=nobody a b
