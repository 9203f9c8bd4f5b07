package viteconfig

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

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
