package viteconfig

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// Values are strings, float64, bool, nil for null and undefined, []any, *object, and
// the types below.
type (
	unknown  struct{}                      // only running the file would tell
	pattern  string                        // a regular expression
	fileURL  string                        // the path of a file: URL
	function func(arguments []any) any     // that we know
	call     struct{ module string }       // the result of a function of a package
	imported struct{ module, name string } // what a package exports; the name of all of it is *
	closure  struct {                      // a function of the file itself
		params js.Params
		body   []js.IStmt
	}
)

// object keeps the order of its keys. It is partial where something unknown was
// spread into it.
type object struct {
	keys    []string
	values  []any
	partial bool
}

func newObject(pairs ...any) *object {
	o := &object{}
	for i := 0; i < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *object) get(key string) (any, bool) {
	for i, k := range o.keys {
		if k == key {
			return o.values[i], true
		}
	}
	return nil, false
}

func (o *object) set(key string, value any) {
	for i, k := range o.keys {
		if k == key {
			o.values[i] = value
			return
		}
	}
	o.keys, o.values = append(o.keys, key), append(o.values, value)
}

// toJSON encodes a value as an expression.
func toJSON(value any) (text string, ok bool) {
	switch value := value.(type) {
	case nil, bool, float64, string:
		data, err := json.Marshal(value)
		return string(data), err == nil
	case []any:
		var items []string
		for _, item := range value {
			text, ok := toJSON(item)
			if !ok {
				return "", false
			}
			items = append(items, text)
		}
		return "[" + strings.Join(items, ",") + "]", true
	case *object:
		var items []string
		for i, key := range value.keys {
			text, ok := toJSON(value.values[i])
			if !ok {
				return "", false
			}
			items = append(items, strconv.Quote(key)+":"+text)
		}
		return "{" + strings.Join(items, ",") + "}", !value.partial
	}
	return "", false
}

// Bounds of calls that lead to themselves.
const (
	maxDepth = 200
	maxSteps = 100_000
)

type evaluator struct {
	file     string
	names    map[string]any
	exported any     // of the default export or module.exports
	invoked  *object // the argument of a configuration that is a function
	depth    int
	steps    int
}

// settled returns the configuration that value stands for: the result of a function
// that is one.
func (e *evaluator) settled(value any) any {
	if f, ok := value.(closure); ok {
		return e.invoke(f, []any{e.invoked})
	}
	return value
}

func (e *evaluator) invoke(f closure, arguments []any) any {
	if e.depth++; e.depth > maxDepth || e.steps > maxSteps {
		e.depth--
		return unknown{}
	}
	defer func() { e.depth-- }()
	for i, param := range f.params.List {
		var argument any = unknown{}
		if i < len(arguments) {
			argument = arguments[i]
		}
		e.bind(param.Binding, argument)
	}
	return e.statements(f.body)
}

// bind gives names the parts of a value.
func (e *evaluator) bind(binding js.IBinding, value any) {
	switch binding := binding.(type) {
	case *js.Var:
		e.names[string(binding.Data)] = value
	case *js.BindingObject:
		for _, item := range binding.List {
			key := ""
			if item.Key != nil {
				key = string(item.Key.Literal.Data)
			} else if name, ok := item.Value.Binding.(*js.Var); ok {
				key = string(name.Data)
			}
			e.bind(item.Value.Binding, member(value, key))
		}
	case *js.BindingArray:
		for _, element := range binding.List {
			e.bind(element.Binding, unknown{})
		}
	}
}

// statements returns what they return; nil if they do not.
func (e *evaluator) statements(list []js.IStmt) any {
	for _, statement := range list { // these hold before they are written
		switch s := statement.(type) {
		case *js.ImportStmt:
			e.imports(s)
		case *js.FuncDecl:
			if s.Name != nil {
				e.names[string(s.Name.Data)] = closure{s.Params, s.Body.List}
			}
		}
	}
	for _, statement := range list {
		switch s := statement.(type) {
		case *js.VarDecl:
			for _, element := range s.List {
				if element.Binding != nil {
					var value any
					if element.Default != nil {
						value = e.value(element.Default)
					}
					e.bind(element.Binding, value)
				}
			}
		case *js.ExportStmt:
			e.exports(s)
		case *js.ExprStmt:
			e.assignment(s.Value)
		case *js.IfStmt:
			if value, returned := e.branch(s); returned {
				return value
			}
		case *js.ReturnStmt:
			if s.Value == nil {
				return nil
			}
			return e.value(s.Value)
		}
	}
	return nil
}

// branch follows an if whose condition is known. It reports whether that returns.
func (e *evaluator) branch(s *js.IfStmt) (value any, returned bool) {
	truth, known := truthy(e.value(s.Cond))
	taken := s.Body
	if known && !truth {
		taken = s.Else
	}
	if taken == nil {
		return nil, false
	}
	list := []js.IStmt{taken}
	if block, ok := taken.(*js.BlockStmt); ok {
		list = block.List
	}
	returns := false
	for _, statement := range list {
		_, is := statement.(*js.ReturnStmt)
		returns = returns || is
	}
	if !known {
		if returns {
			return unknown{}, true
		}
		return nil, false
	}
	value = e.statements(list)
	return value, returns || value != nil
}

func (e *evaluator) imports(s *js.ImportStmt) {
	module := unquote(s.Module)
	if s.Default != nil {
		e.names[string(s.Default)] = imported{module, "default"}
	}
	for _, alias := range s.List {
		name := alias.Name
		if name == nil {
			name = alias.Binding
		}
		e.names[string(alias.Binding)] = imported{module, string(name)}
	}
}

func (e *evaluator) exports(s *js.ExportStmt) {
	if s.Default && s.Decl != nil {
		if f, ok := s.Decl.(*js.FuncDecl); ok {
			e.exported = closure{f.Params, f.Body.List}
			return
		}
		e.exported = e.value(s.Decl)
		return
	}
	for _, alias := range s.List { // export { config as default }
		if string(alias.Binding) == "default" && alias.Name != nil {
			e.exported = e.names[string(alias.Name)]
		}
	}
}

// assignment reads module.exports = ...
func (e *evaluator) assignment(x js.IExpr) {
	if b, ok := x.(*js.BinaryExpr); ok && b.Op == js.EqToken {
		if dot, ok := b.X.(*js.DotExpr); ok && dot.String() == "(module.exports)" {
			e.exported = e.value(b.Y)
		}
	}
}
