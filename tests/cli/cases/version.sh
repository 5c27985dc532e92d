try --version
try -V
