try --help
try -h
