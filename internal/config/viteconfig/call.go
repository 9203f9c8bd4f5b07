package viteconfig

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// called evaluates a call of a function that is known, or of a package's.
func (e *evaluator) called(x *js.CallExpr) any {
	arguments := make([]any, len(x.Args.List))
	for i, argument := range x.Args.List {
		arguments[i] = e.value(argument.Value)
	}
	switch f := e.value(x.X).(type) {
	case function:
		return f(arguments)
	case closure:
		return e.invoke(f, arguments)
	case imported:
		return e.ofPackage(f, arguments)
	}
	return unknown{}
}

func (e *evaluator) ofPackage(f imported, arguments []any) any {
	switch strings.TrimPrefix(f.module, "node:") {
	case "path", "path/posix":
		return e.path(f.name, arguments)
	case "url":
		if path, ok := first(arguments).(fileURL); ok && f.name == "fileURLToPath" {
			return string(path)
		}
		return unknown{}
	case "vite", "vitest/config":
		switch f.name {
		case "defineConfig":
			return e.settled(first(arguments))
		case "mergeConfig":
			return merged(e.settled(first(arguments)), arguments)
		case "normalizePath":
			return first(arguments)
		}
		return unknown{}
	}
	return call{f.module}
}

func first(arguments []any) any {
	if len(arguments) == 0 {
		return unknown{}
	}
	return arguments[0]
}

// merged puts the keys of the second argument over those of the first, one level deep.
func merged(into any, arguments []any) any {
	base, ok := into.(*object)
	if len(arguments) < 2 || !ok {
		return unknown{}
	}
	over, ok := arguments[1].(*object)
	if !ok {
		return &object{keys: base.keys, values: base.values, partial: true}
	}
	all := newObject()
	for _, o := range []*object{base, over} {
		for i, key := range o.keys {
			all.set(key, o.values[i])
		}
		all.partial = all.partial || o.partial
	}
	return all
}

func (e *evaluator) path(name string, arguments []any) any {
	var parts []string
	for _, argument := range arguments {
		switch argument := argument.(type) {
		case string:
			parts = append(parts, filepath.FromSlash(argument))
		case fileURL:
			parts = append(parts, string(argument))
		default:
			return unknown{}
		}
	}
	switch name {
	case "resolve":
		result := filepath.Dir(e.file)
		for _, part := range parts {
			result = under(result, part)
		}
		return result
	case "join":
		return filepath.Join(parts...)
	case "dirname":
		if len(parts) == 1 {
			return filepath.Dir(parts[0])
		}
	case "basename":
		if len(parts) == 1 {
			return filepath.Base(parts[0])
		}
	case "normalize":
		if len(parts) == 1 {
			return filepath.Clean(parts[0])
		}
	}
	return unknown{}
}

// made evaluates new URL("./x", import.meta.url).
func (e *evaluator) made(x *js.NewExpr) any {
	class, ok := x.X.(*js.Var)
	if !ok || string(class.Name()) != "URL" || x.Args == nil || len(x.Args.List) != 2 {
		return unknown{}
	}
	relative, ok := e.value(x.Args.List[0].Value).(string)
	base, isFile := e.value(x.Args.List[1].Value).(fileURL)
	name, err := url.PathUnescape(relative)
	if !ok || !isFile || err != nil {
		return unknown{}
	}
	return fileURL(under(filepath.Dir(string(base)), name))
}
