package config

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// declarations is the file whose comments document the settings.
//
//go:embed settings.go
var declarations string

// Setting documents one key of devtool.toml.
type Setting struct {
	Key      string // "server.port"; "rule[].action" within an array of tables
	Type     string // "a string", "a whole number", …
	Doc      string // one paragraph
	Default  string // as TOML; empty when there is none
	Enum     []string
	Variable string // the environment variable; empty when there is none
}

// Reference documents every setting, in the order in which they are best read.
func Reference() []Setting {
	docs := fieldDocs()
	defaults := map[string]string{}
	Default().walk(func(key string, v reflect.Value, _ reflect.StructField) {
		if !v.IsZero() {
			defaults[key] = literal(v)
		}
	})
	var all []Setting
	for _, f := range settings() {
		s := Setting{Key: f.key, Type: typeName(f.typ), Doc: docs[f.section+"."+f.decl.Name], Default: defaults[f.key]}
		if words := f.decl.Tag.Get("enum"); words != "" {
			s.Enum = strings.Split(words, ",")
		}
		if f.inTable() {
			s.Variable = variable(f.key)
		}
		all = append(all, s)
	}
	return all
}

// fieldDocs returns the comments of settings.go by "Type.Field".
func fieldDocs() map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "settings.go", declarations, parser.ParseComments)
	if err != nil {
		panic("config: " + err.Error()) // it was compiled
	}
	docs := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := t.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					docs[t.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
		return false
	})
	return docs
}

func typeName(t reflect.Type) string {
	if v, ok := reflect.New(t).Interface().(value); ok {
		return v.want()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindName(t.Elem().Kind())
	case reflect.Slice:
		return "an array of strings"
	case reflect.Map:
		return "a table of strings"
	}
	return kindName(t.Kind())
}

// Value is one setting as it holds.
type Value struct {
	Key    string
	Value  string // as TOML, paths from the root; empty when it is left to devtool
	JSON   any    // to be encoded; nil when it is left to devtool
	Origin Origin
}

// Values lists every setting with what it is and where that came from.
// Settings within arrays of tables are listed for each element.
func (c *Config) Values() []Value {
	var all []Value
	c.walk(func(key string, v reflect.Value, _ reflect.StructField) {
		all = append(all, Value{Key: key, Value: literal(c.relative(v)), JSON: v.Interface(), Origin: c.Origin(key)})
	})
	return all
}

// Changed lists the settings in which c and other differ: the key, or the name
// of the array of tables. It is how a new version of the file is taken over.
func (c *Config) Changed(other *Config) []string {
	before := map[string]string{}
	other.walk(func(key string, v reflect.Value, _ reflect.StructField) { before[key] = literal(v) })
	var changed []string
	add := func(key string) {
		key, _, _ = strings.Cut(key, "[")
		if !slices.Contains(changed, key) {
			changed = append(changed, key)
		}
	}
	c.walk(func(key string, v reflect.Value, _ reflect.StructField) {
		if was, ok := before[key]; !ok || was != literal(v) {
			add(key)
		}
		delete(before, key)
	})
	for _, key := range slices.Sorted(maps.Keys(before)) {
		add(key)
	}
	return changed
}

// literal writes a value as TOML, on one line; nothing for a setting that is
// left to devtool.
func literal(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return literal(v.Elem())
	case reflect.String:
		return quote(v.String())
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = literal(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Map:
		m, _ := v.Interface().(map[string]string)
		items := make([]string, 0, len(m))
		for _, k := range slices.Sorted(maps.Keys(m)) {
			items = append(items, bareKey(k)+" = "+quote(m[k]))
		}
		if len(items) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(items, ", ") + " }"
	}
	if d, ok := v.Interface().(Duration); ok {
		return quote(d.String())
	}
	return fmt.Sprint(v.Interface())
}

func bareKey(k string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(k) {
		return k
	}
	return quote(k)
}

// quote writes a basic string. Those of Go have escapes that TOML has not.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
