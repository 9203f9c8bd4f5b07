package config

import (
	"fmt"
	"reflect"
	"strings"
)

// field is one setting as the types declare it.
type field struct {
	key     string // "server.port", "rule[].action"
	typ     reflect.Type
	decl    reflect.StructField
	section string // name of the Go type that declares it
}

// inTable reports whether one variable or flag can hold the setting.
func (f field) inTable() bool {
	return !strings.Contains(f.key, "[]") && f.typ.Kind() != reflect.Map
}

// settings lists every setting in the order it is declared.
func settings() []field {
	var all []field
	whole := reflect.TypeFor[Config]()
	for i := range whole.NumField() {
		name, ok := keyOf(whole.Field(i))
		if !ok {
			continue
		}
		section := whole.Field(i).Type
		if section.Kind() == reflect.Slice {
			section, name = section.Elem(), name+"[]"
		}
		for j := range section.NumField() {
			if key, ok := keyOf(section.Field(j)); ok {
				f := section.Field(j)
				all = append(all, field{key: name + "." + key, typ: f.Type, decl: f, section: section.Name()})
			}
		}
	}
	return all
}

// walk visits every setting with its value, in the order it is declared. Those
// of arrays of tables are visited for each element: "rule[0].action".
func (c *Config) walk(visit func(key string, v reflect.Value, decl reflect.StructField)) {
	whole := reflect.ValueOf(c).Elem()
	for i := range whole.NumField() {
		name, ok := keyOf(whole.Type().Field(i))
		if !ok {
			continue
		}
		section := whole.Field(i)
		if section.Kind() != reflect.Slice {
			walkSection(name, section, visit)
			continue
		}
		for j := range section.Len() {
			walkSection(fmt.Sprintf("%s[%d]", name, j), section.Index(j), visit)
		}
	}
}

func walkSection(path string, section reflect.Value, visit func(string, reflect.Value, reflect.StructField)) {
	for i := range section.NumField() {
		decl := section.Type().Field(i)
		if name, ok := keyOf(decl); ok {
			visit(path+"."+name, section.Field(i), decl)
		}
	}
}

func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if name, ok := keyOf(v.Type().Field(i)); ok && name == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// keyOf returns the name of a field in the file; a field without is not a
// setting.
func keyOf(f reflect.StructField) (string, bool) {
	name := f.Tag.Get("toml")
	return name, name != "" && name != "-"
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name, ok := keyOf(t.Field(i)); ok {
			keys = append(keys, name)
		}
	}
	return keys
}
