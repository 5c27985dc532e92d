try plugins --json cast
