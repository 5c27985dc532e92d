try inspect --help
try plugins --help
try help inspect
try help convert
