package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// assigner writes decoded values into a Config. It is the one way in for
// files, variables and flags, so that all are checked alike and all leave
// their origin.
type assigner struct {
	config *Config
	from   source
	errors []*Error
}

// source knows where the key at a path, and its value, were written.
type source interface {
	key(path string) Origin
	value(path string) Origin
}

func (a *assigner) fail(path, text, hint string) {
	a.errors = append(a.errors, a.from.value(path).error(text, hint))
}

func (a *assigner) set(path string) { a.config.origins[path] = a.from.value(path) }

func (a *assigner) mustBe(path, want string, got any) {
	a.fail(path, fmt.Sprintf("%s must be %s, not %s", path, want, describe(got)), "")
}

// assign sets dst, which is addressable, to the value src at path.
func (a *assigner) assign(dst reflect.Value, src any, path string) {
	if v, ok := dst.Addr().Interface().(value); ok {
		a.assignValue(v, src, path)
		return
	}
	switch dst.Kind() {
	case reflect.Struct:
		a.assignStruct(dst, src, path)
	case reflect.Slice:
		a.assignSlice(dst, src, path)
	case reflect.Map:
		a.assignMap(dst, src, path)
	case reflect.Pointer: // a boolean that may be left to devtool
		b := reflect.New(dst.Type().Elem())
		before := len(a.errors)
		a.assign(b.Elem(), src, path)
		if len(a.errors) == before {
			dst.Set(b)
		}
	default:
		a.assignScalar(dst, src, path)
	}
}

func (a *assigner) assignValue(v value, src any, path string) {
	switch err := v.set(src); err {
	case nil:
		a.set(path)
	case errType:
		a.mustBe(path, v.want(), src)
	default:
		a.fail(path, fmt.Sprintf("%s %v", path, err),
			`commands are run without a shell; where one is needed write ["sh", "-c", "…"]`)
	}
}

func (a *assigner) assignScalar(dst reflect.Value, src any, path string) {
	v := reflect.ValueOf(src)
	if i, ok := src.(int64); ok {
		v = reflect.ValueOf(int(i))
	}
	if v.Type() != dst.Type() {
		a.mustBe(path, kindName(dst.Kind()), src)
		return
	}
	dst.Set(v)
	a.set(path)
}

func (a *assigner) assignStruct(dst reflect.Value, src any, path string) {
	table, ok := src.(map[string]any)
	if !ok {
		a.mustBe(path, "a table", src)
		return
	}
	a.set(path)
	for key, v := range table {
		if field, ok := fieldByKey(dst, key); ok {
			a.assign(field, v, join(path, key))
			continue
		}
		where := "at the top of the file"
		if path != "" {
			where = "in " + header(path)
		}
		text := fmt.Sprintf("unknown key %q %s", key, where)
		hint := unknownHint(dst.Type(), path, key)
		a.errors = append(a.errors, a.from.key(join(path, key)).error(text, hint))
	}
}

func (a *assigner) assignSlice(dst reflect.Value, src any, path string) {
	items, ok := src.([]any)
	if !ok {
		want := "an array of strings"
		if dst.Type().Elem().Kind() == reflect.Struct {
			want = "an array of tables, [[" + path + "]]"
		}
		a.mustBe(path, want, src)
		return
	}
	a.config.forget(path)
	list := reflect.MakeSlice(dst.Type(), len(items), len(items))
	for i, item := range items {
		a.assign(list.Index(i), item, fmt.Sprintf("%s[%d]", path, i))
	}
	dst.Set(list)
	a.set(path)
}

// assignMap adds to the names that are there already, so that a local file may
// change one variable of many.
func (a *assigner) assignMap(dst reflect.Value, src any, path string) {
	table, ok := src.(map[string]any)
	if !ok {
		a.mustBe(path, "a table", src)
		return
	}
	merged := reflect.MakeMap(dst.Type())
	for _, k := range dst.MapKeys() {
		merged.SetMapIndex(k, dst.MapIndex(k))
	}
	for key, v := range table {
		text, ok := plain(v)
		if !ok {
			a.mustBe(join(path, key), "a string", v)
			continue
		}
		merged.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
		a.set(join(path, key))
	}
	dst.Set(merged)
	a.set(path)
}

// plain writes a scalar as a string: nobody means anything else by
// env = { PORT = 8080 }.
func plain(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool, int64, float64:
		return fmt.Sprint(v), true
	}
	return "", false
}

// unknownHint names the key that was meant: a similar one here, else the same
// one in another section.
func unknownHint(here reflect.Type, path, key string) string {
	known := keysOf(here)
	if nearest(key, known) != "" {
		return didYouMean(key, known)
	}
	whole := reflect.TypeFor[Config]()
	for i := range whole.NumField() {
		f := whole.Field(i)
		name, ok := keyOf(f)
		if ok && f.Type.Kind() == reflect.Struct && name != path && slices.Contains(keysOf(f.Type), key) {
			return fmt.Sprintf("%q belongs in [%s]", key, name)
		}
	}
	return didYouMean(key, known)
}

// header writes a path as the table header it stands under.
func header(path string) string {
	if name, _, ok := strings.Cut(path, "["); ok {
		return "[[" + name + "]]"
	}
	return "[" + path + "]"
}

func describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case bool, int64, float64:
		return fmt.Sprint(v)
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	}
	return "a date"
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	}
	return "a string"
}
