try help sat
try help cogvideox-lora
try help nothing
try help sat torch
