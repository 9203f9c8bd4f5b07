//go:build unix

package e2e_test

import (
	"bytes"
	"os"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// streamSchema is what "devtool dev server --json-schema" prints.
var streamSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	const name = "stream.schema.json"
	text, err := os.ReadFile("../cmd/devtool/" + name)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
})

// checkLine holds a line of --json against its schema.
func checkLine(line []byte) error {
	schema, err := streamSchema()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
