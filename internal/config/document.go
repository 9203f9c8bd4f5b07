package config

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is one parsed TOML file: its values, and where each key stands. The
// decoder forgets positions once it has checked types, but mistakes of meaning
// (a port of 99999) deserve a position just as well.
type document struct {
	file string
	data []byte
	tree map[string]any
	at   map[string]mark // by key path: "server.port", "rule[1].paths[0]"
}

// mark is where a key and its value begin, as byte offsets.
type mark struct{ key, value int }

// parse reads TOML. Syntax errors, and keys given twice, are an [*Error].
func parse(file string, data []byte) (*document, error) {
	// A byte order mark is what some editors put first, and no TOML.
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := &document{file: file, data: data, tree: map[string]any{}, at: map[string]mark{}}
	if err := toml.Unmarshal(data, &d.tree); err != nil {
		return nil, d.syntaxError(err)
	}
	d.mark()
	return d, nil
}

func (d *document) syntaxError(err error) error {
	text := strings.TrimPrefix(err.Error(), "toml: ")
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		return &Error{File: d.file, Text: text}
	}
	line, column := at.Position()
	return locate(d.file, d.data, offsetOf(d.data, line, column), text, "")
}

// offsetOf turns a line and a column in bytes, both from 1, into an offset.
func offsetOf(data []byte, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(data[offset:], '\n')
		if i < 0 {
			return len(data)
		}
		offset += i + 1
	}
	return offset + column - 1
}

// mark fills d.at. The document is known to be valid.
func (d *document) mark() {
	var p unstable.Parser
	p.Reset(d.data)
	tables := map[string]int{} // how many [[name]] there were so far
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			table = d.markKey("", e.Key(), tables)
		case unstable.ArrayTable:
			var offset int
			table, offset = keyPath("", e.Key(), tables, true)
			tables[table]++
			table += "[" + strconv.Itoa(tables[table]-1) + "]"
			d.at[table] = mark{offset, offset}
		case unstable.KeyValue:
			d.markKeyValue(table, e, tables)
		}
	}
}

func (d *document) markKey(prefix string, key unstable.Iterator, tables map[string]int) string {
	path, offset := keyPath(prefix, key, tables, false)
	d.at[path] = mark{offset, offset}
	return path
}

func (d *document) markKeyValue(prefix string, e *unstable.Node, tables map[string]int) {
	path := d.markKey(prefix, e.Key(), tables)
	d.markValue(path, e.Value(), d.at[path].key)
}

func (d *document) markValue(path string, v *unstable.Node, key int) {
	m := mark{key, key}
	if v.Raw.Length > 0 {
		m.value = int(v.Raw.Offset)
	}
	d.at[path] = m
	children := v.Children()
	switch v.Kind {
	case unstable.InlineTable:
		for children.Next() {
			d.markKeyValue(path, children.Node(), nil)
		}
	case unstable.Array:
		for i := 0; children.Next(); i++ {
			d.markValue(fmt.Sprintf("%s[%d]", path, i), children.Node(), key)
		}
	}
}

// keyPath joins the parts of a dotted key. A part that names an array of tables
// stands for its newest element, except the last part of a [[header]].
func keyPath(prefix string, key unstable.Iterator, tables map[string]int, header bool) (path string, offset int) {
	path, offset = prefix, -1
	for key.Next() {
		part := key.Node()
		if offset < 0 {
			offset = int(part.Raw.Offset)
		}
		path = join(path, string(part.Data))
		if n := tables[path]; n > 0 && !(header && key.IsLast()) {
			path += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	return path, offset
}

func (d *document) key(path string) Origin   { return d.originAt(d.find(path).key) }
func (d *document) value(path string) Origin { return d.originAt(d.find(path).value) }

// find returns the mark of the path, or of what it is within.
func (d *document) find(path string) mark {
	for path != "" {
		if m, ok := d.at[path]; ok {
			return m
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return mark{}
}

func (d *document) originAt(offset int) Origin {
	at := locate(d.file, d.data, offset, "", "")
	return Origin{File: d.file, Line: at.Line, Column: at.Column, data: d.data, offset: offset}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
