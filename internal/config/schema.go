package config

import (
	"reflect"
	"strings"
)

// object is a part of a JSON schema.
type object = map[string]any

// Schema is the JSON schema of devtool.toml, for editors that complete and
// check it. It keeps to draft 7 and refers to nothing, because the checkers of
// TOML in editors know no more.
func Schema() map[string]any {
	docs, defaults := map[string]Setting{}, Default()
	for _, s := range Reference() {
		docs[s.Key] = s
	}
	top, tables := object{}, map[string]object{}
	for _, f := range settings() {
		table, key, _ := strings.Cut(f.key, ".")
		if tables[table] == nil {
			section := object{"type": "object", "additionalProperties": false, "properties": object{}}
			tables[table] = section
			if list, isList := strings.CutSuffix(table, "[]"); isList {
				section["required"] = required(list)
				top[list] = object{"type": "array", "items": section}
			} else {
				top[table] = section
			}
		}
		property := typeSchema(f)
		property["description"] = docs[f.key].Doc
		if v, ok := defaults.setting(f.key); ok && !v.IsZero() {
			property["default"] = v.Interface()
		}
		tables[table]["properties"].(object)[key] = property
	}
	return object{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": "devtool.toml",
		"type": "object", "additionalProperties": false, "properties": top,
	}
}

// required are the keys without which an element says nothing, as check demands.
func required(list string) []string {
	if list == "rule" {
		return []string{"paths", "action"}
	}
	return []string{"run"}
}

func typeSchema(f field) object {
	text := object{"type": "string"}
	list := object{"type": "array", "items": text}
	switch reflect.New(f.typ).Interface().(type) {
	case *Duration:
		return object{"type": "string", "pattern": `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`}
	case *Open:
		return object{"type": []string{"boolean", "string"}}
	case *Command:
		return object{"anyOf": []any{list, text}}
	case *int: // there is one, the port
		return object{"type": "integer", "minimum": 0, "maximum": 65535}
	}
	switch f.typ.Kind() {
	case reflect.Slice:
		return list
	case reflect.Map:
		return object{"type": "object", "additionalProperties": object{"type": []string{"string", "number", "boolean"}}}
	case reflect.Bool, reflect.Pointer:
		return object{"type": "boolean"}
	}
	if words := f.decl.Tag.Get("enum"); words != "" {
		return object{"type": "string", "enum": strings.Split(words, ",")}
	}
	return text
}
