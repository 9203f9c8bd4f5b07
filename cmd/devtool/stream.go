package main

import _ "embed"

// streamSchema is the JSON schema of a line that --json writes.
//
//go:embed stream.schema.json
var streamSchema string
