try --version
try -V
try -Vv | sed 's/ [0-9][0-9.]*/ N/g; /^[ps]/s| .*| ...|'
