package viteconfig

import (
	"encoding/json"
	"net/url"
	"path/filepath"
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

// value evaluates an expression.
func (e *evaluator) value(x js.IExpr) any {
	e.steps++
	if e.depth++; e.depth > maxDepth || e.steps > maxSteps {
		e.depth--
		return unknown{}
	}
	defer func() { e.depth-- }()
	switch x := x.(type) {
	case *js.LiteralExpr:
		return literal(x)
	case *js.Var:
		return e.name(string(x.Name()))
	case *js.GroupExpr:
		return e.value(x.X)
	case *js.ObjectExpr:
		return e.object(x)
	case *js.ArrayExpr:
		return e.array(x)
	case *js.TemplateExpr:
		return e.template(x)
	case *js.DotExpr:
		return e.dot(x)
	case *js.IndexExpr:
		if key, ok := e.value(x.Y).(string); ok {
			return member(e.value(x.X), key)
		}
	case *js.CallExpr:
		return e.called(x)
	case *js.NewExpr:
		return e.made(x)
	case *js.ArrowFunc:
		return closure{x.Params, x.Body.List}
	case *js.FuncDecl:
		return closure{x.Params, x.Body.List}
	case *js.CondExpr:
		if truth, known := truthy(e.value(x.Cond)); known && truth {
			return e.value(x.X)
		} else if known {
			return e.value(x.Y)
		}
	case *js.UnaryExpr:
		switch truth, known := truthy(e.value(x.X)); {
		case x.Op == js.NotToken && known:
			return !truth
		case x.Op == js.AwaitToken:
			return e.value(x.X)
		case x.Op == js.VoidToken:
			return nil
		}
	case *js.BinaryExpr:
		return e.binary(x)
	}
	return unknown{}
}

func literal(x *js.LiteralExpr) any {
	switch x.TokenType {
	case js.StringToken:
		return unquote(x.Data)
	case js.TrueToken:
		return true
	case js.FalseToken:
		return false
	case js.NullToken:
		return nil
	case js.RegExpToken:
		text := string(x.Data)
		return pattern(text[1:strings.LastIndexByte(text, '/')])
	}
	if number, err := strconv.ParseFloat(string(x.Data), 64); err == nil {
		return number
	}
	return unknown{}
}

// unquote returns the text of a string as esbuild prints it.
func unquote(quoted []byte) string {
	text := string(quoted)
	if len(text) < 2 {
		return text
	}
	inner := text[1 : len(text)-1]
	if text[0] == '"' {
		var decoded string
		if json.Unmarshal(quoted, &decoded) == nil {
			return decoded
		}
	}
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, "\\`", "`", `\"`, `"`, `\n`, "\n", `\$`, "$").Replace(inner)
}

func (e *evaluator) name(name string) any {
	if value, ok := e.names[name]; ok {
		return value
	}
	switch name {
	case "undefined":
		return nil
	case "__dirname":
		return filepath.Dir(e.file)
	case "__filename":
		return e.file
	case "JSON":
		return newObject("stringify", function(func(arguments []any) any {
			if len(arguments) > 0 {
				if text, ok := toJSON(arguments[0]); ok {
					return text
				}
			}
			return unknown{}
		}))
	case "process":
		return newObject("cwd", function(func([]any) any { return filepath.Dir(e.file) }))
	case "require":
		return function(func(arguments []any) any {
			if len(arguments) == 1 {
				if module, ok := arguments[0].(string); ok {
					return imported{module, "*"}
				}
			}
			return unknown{}
		})
	}
	return unknown{}
}

func (e *evaluator) object(x *js.ObjectExpr) any {
	o := &object{}
	for _, property := range x.List {
		if property.Spread {
			other, ok := e.value(property.Value).(*object)
			if !ok {
				if truth, known := truthy(e.value(property.Value)); !known || truth {
					o.partial = true
				}
				continue
			}
			for i, key := range other.keys {
				o.set(key, other.values[i])
			}
			o.partial = o.partial || other.partial
			continue
		}
		if method, ok := property.Value.(*js.MethodDecl); ok {
			o.set(method.Name.String(), unknown{})
			continue
		}
		key := ""
		switch name := property.Name; {
		case name == nil:
			if short, ok := property.Value.(*js.Var); ok {
				key = string(short.Name())
			}
		case name.Computed != nil:
			key, _ = e.value(name.Computed).(string)
			if key == "" {
				o.partial = true
				continue
			}
		case name.Literal.TokenType == js.StringToken:
			key = unquote(name.Literal.Data)
		default:
			key = string(name.Literal.Data)
		}
		o.set(key, e.value(property.Value))
	}
	return o
}

func (e *evaluator) array(x *js.ArrayExpr) any {
	list := []any{}
	for _, element := range x.List {
		if element.Value == nil {
			continue
		}
		value := e.value(element.Value)
		more, isList := value.([]any)
		switch {
		case element.Spread && isList:
			list = append(list, more...)
		default:
			list = append(list, value)
		}
	}
	return list
}

func (e *evaluator) template(x *js.TemplateExpr) any {
	if x.Tag != nil {
		return unknown{}
	}
	var out strings.Builder
	for _, part := range x.List {
		text := string(part.Value) // begins with ` or }, and ends with ${
		out.WriteString(text[1 : len(text)-2])
		switch value := e.value(part.Expr).(type) {
		case string:
			out.WriteString(value)
		case float64:
			out.WriteString(strconv.FormatFloat(value, 'f', -1, 64))
		default:
			return unknown{}
		}
	}
	tail := string(x.Tail)
	out.WriteString(tail[1 : len(tail)-1])
	return out.String()
}

func (e *evaluator) dot(x *js.DotExpr) any {
	key := x.Y.String()
	if _, ok := x.X.(*js.ImportMetaExpr); ok {
		switch key {
		case "url":
			return fileURL(e.file)
		case "dirname":
			return filepath.Dir(e.file)
		case "filename":
			return e.file
		}
		return unknown{}
	}
	return member(e.value(x.X), key)
}

func member(of any, key string) any {
	switch of := of.(type) {
	case *object:
		value, ok := of.get(key)
		if !ok && of.partial {
			return unknown{}
		}
		if !ok && key == "env" { // process.env
			return unknown{}
		}
		return value
	case imported:
		if of.name == "*" || of.name == "default" {
			return imported{of.module, key}
		}
	case []any:
		if key == "filter" { // .filter(Boolean)
			return function(func([]any) any { return of })
		}
		if key == "flat" {
			return function(func([]any) any { return of })
		}
	case string:
		if key == "toString" || key == "trim" {
			return function(func([]any) any { return of })
		}
	case fileURL:
		if key == "pathname" {
			return string(of)
		}
		if key == "href" {
			return of
		}
	}
	return unknown{}
}

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

// truthy reports whether a value counts as true, if that is known.
func truthy(value any) (truth, known bool) {
	switch value := value.(type) {
	case nil:
		return false, true
	case bool:
		return value, true
	case string:
		return value != "", true
	case float64:
		return value != 0, true
	case unknown, call, imported:
		return false, false
	}
	return true, true
}

func (e *evaluator) binary(x *js.BinaryExpr) any {
	left := e.value(x.X)
	truth, known := truthy(left)
	switch x.Op {
	case js.AndToken:
		right := e.value(x.Y)
		if _, plugin := right.(call); !known && plugin {
			return right // perhaps
		}
		if !known {
			return unknown{}
		}
		if truth {
			return right
		}
		return left
	case js.OrToken:
		if known && truth {
			return left
		}
		if known {
			return e.value(x.Y)
		}
		return unknown{}
	case js.NullishToken:
		if _, is := left.(unknown); is {
			return unknown{}
		}
		if left == nil {
			return e.value(x.Y)
		}
		return left
	}
	right := e.value(x.Y)
	switch a := left.(type) {
	case string:
		b, ok := right.(string)
		if !ok {
			return unknown{}
		}
		switch x.Op {
		case js.AddToken:
			return a + b
		case js.EqEqEqToken, js.EqEqToken:
			return a == b
		case js.NotEqEqToken, js.NotEqToken:
			return a != b
		}
	case bool:
		b, ok := right.(bool)
		if !ok {
			return unknown{}
		}
		switch x.Op {
		case js.EqEqEqToken, js.EqEqToken:
			return a == b
		case js.NotEqEqToken, js.NotEqToken:
			return a != b
		}
	}
	return unknown{}
}
