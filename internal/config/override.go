package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Flag is one setting given on the command line.
type Flag struct {
	Name   string   // as the user wrote it: "--port"
	Key    string   // the setting: "server.port"
	Values []string // one, or any number for a list
}

const envPrefix = "DEVTOOL_"

// reserved are the variables that devtool gives to the app. A devtool started
// by that app must not take them for settings.
func reserved(name string) bool {
	switch name {
	case "DEVTOOL_URL", "DEVTOOL_BUILD", "DEVTOOL_MANIFEST", "DEVTOOL_TAG", "DEVTOOL_ENDPOINTS":
		return true
	}
	return false
}

func (o Origin) key(string) Origin   { return o }
func (o Origin) value(string) Origin { return o }

// applyFlags sets what the command line says. A flag for a key that does not
// exist is a mistake of the program, not of its user.
func (c *Config) applyFlags(flags []Flag) []*Error {
	a := assigner{config: c}
	for _, f := range flags {
		dst, ok := c.setting(f.Key)
		if !ok {
			panic("config: flag " + f.Name + " sets the unknown key " + f.Key)
		}
		a.from = Origin{Source: f.Name}
		if isList(dst.Type()) {
			a.assign(dst, anySlice(f.Values), f.Key)
			continue
		}
		for _, v := range f.Values {
			a.assign(dst, scalar(dst.Type(), v), f.Key)
		}
	}
	return a.errors
}

// applyEnv sets what the DEVTOOL_* variables say: DEVTOOL_SERVER_PORT is
// server.port. A list of strings is separated by commas; tables have no
// variable.
func (c *Config) applyEnv(env []string) []*Error {
	keys := variables()
	a := assigner{config: c}
	for _, entry := range slices.Sorted(slices.Values(env)) {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || reserved(name) {
			continue
		}
		a.from = Origin{Source: name}
		key, ok := keys[name]
		if !ok {
			c.unknownVariable(&a, name, keys)
			continue
		}
		dst, _ := c.setting(key)
		switch {
		case dst.Type() == reflect.TypeFor[[]string]():
			a.assign(dst, anySlice(splitList(text)), key)
		default:
			a.assign(dst, scalar(dst.Type(), text), key)
		}
	}
	return a.errors
}

// unknownVariable refuses a name within one of our sections and mentions any
// other: somebody else's tool may use the prefix, too.
func (c *Config) unknownVariable(a *assigner, name string, keys map[string]string) {
	var names []string
	for n := range keys {
		names = append(names, n)
	}
	slices.Sort(names)
	hint := ""
	if n := nearest(name, names); n != "" {
		hint = "did you mean " + n + "?"
	}
	section, _, _ := strings.Cut(strings.TrimPrefix(name, envPrefix), "_")
	if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, envPrefix+section+"_") }) {
		a.errors = append(a.errors, a.from.key("").error("no setting has this variable", hint))
		return
	}
	c.Notes = append(c.Notes, Note{Text: fmt.Sprintf("%s is not a setting of devtool", name), Hint: hint})
}

// variables returns the key that each environment variable sets.
func variables() map[string]string {
	keys := map[string]string{}
	for _, s := range settings() {
		if s.inTable() {
			keys[variable(s.key)] = s.key
		}
	}
	return keys
}

func variable(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// setting returns the field of a key such as "server.port".
func (c *Config) setting(key string) (reflect.Value, bool) {
	section, name, ok := strings.Cut(key, ".")
	if !ok {
		return reflect.Value{}, false
	}
	v, ok := fieldByKey(reflect.ValueOf(c).Elem(), section)
	if !ok || v.Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	return fieldByKey(v, name)
}

func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice }

// scalar reads a text as the type wants it. What cannot be read so stays a
// text, for assign to refuse.
func scalar(t reflect.Type, text string) any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[value]()):
		return text
	case t.Kind() == reflect.Bool:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	case t.Kind() == reflect.Int:
		if n, err := strconv.ParseInt(text, 10, 0); err == nil {
			return n
		}
	}
	return text
}

// splitList splits at commas; blanks around them and empty items do not count.
func splitList(s string) []string {
	var list []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

func anySlice(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
