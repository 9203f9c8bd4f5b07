package refresh

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// Module is what one script says.
type Module struct {
	Imports    map[string]Name     // by local name
	Specifiers []string            // of static imports and re-exports, in the order of the source
	Exports    map[string]Export   // by exported name; those of Stars are not among them
	Stars      []string            // specifiers of "export * from"
	Functions  map[string]Function // functions at the top level, by local name; "default" for one without a name

	AcceptsSelf bool     // import.meta.hot.accept() or accept(callback)
	Accepts     []string // specifiers in import.meta.hot.accept("./dep", callback)

	Lazy        []string // specifiers of import("./page"), without those that have options
	LazyUnknown bool     // import() of an expression
	MetaURL     bool     // import.meta, but for hot and env

	bound  map[string]bool // names at the top level
	reset  bool            // a comment says @refresh reset
	nested Function        // hooks in functions that are not at the top level
}

// Name is an exported name of the module that a specifier names: "*" for the
// whole of it.
type Name struct{ Specifier, Name string }

// Export is one name that a script exports.
type Export struct {
	Local     string // its name in the script, "" when it comes from elsewhere or has none
	From      Name   // where it comes from, for export { a as b } from "./c"
	Component bool   // it may be a component by its form
}

// Function is what is known of a function: which hooks it calls.
type Function struct {
	calls []string // of hooks, in order: "useState{[open, setOpen](false)}"
	hooks []ref    // custom hooks among them
	wraps []ref    // functions that the function is wrapped with: memo, withRouter
	reset bool     // a hook cannot be traced
}

// ref names a function from within a script: "useOpen", or "hooks.useOpen".
type ref struct{ object, name string }

// Names returns the names that the script imports or passes on.
func (m *Module) Names() []Name {
	names := slices.Collect(maps.Values(m.Imports))
	for _, export := range m.Exports {
		if export.From.Specifier != "" {
			names = append(names, export.From)
		}
	}
	return names
}

// Analyze reads a script. name is its path, from which esbuild derives the name
// of an anonymous default export. It fails when the script does not parse.
func Analyze(name, text string, loader api.Loader) (*Module, error) {
	plain := api.Transform(text, api.TransformOptions{
		Loader: loader, Target: api.ES2022, JSX: api.JSXTransform, JSXFactory: "h", JSXFragment: "f",
		Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelSilent,
	})
	if len(plain.Errors) > 0 {
		return nil, errors.New(plain.Errors[0].Text)
	}
	ast, err := js.Parse(parse.NewInputBytes(plain.Code), js.Options{})
	if err != nil {
		return nil, fmt.Errorf("parse what esbuild made of %s: %w", name, err)
	}
	a := &analysis{
		Module: &Module{
			Imports: make(map[string]Name), Exports: make(map[string]Export), Functions: make(map[string]Function),
			reset: strings.Contains(text, "@refresh reset"),
		},
		anonymous: anonymousName(name),
		defined:   make(map[string]js.IExpr),
		functions: make(map[js.INode]*Function),
	}
	js.Walk(&visitor{analysis: a, assigned: make(map[*js.CallExpr]string)}, ast)
	for _, statement := range ast.List {
		a.define(statement)
	}
	for _, statement := range ast.List {
		if export, ok := statement.(*js.ExportStmt); ok {
			a.export(export)
		}
	}
	a.collectFunctions()
	a.bound = make(map[string]bool, len(a.defined)+len(a.Imports))
	for name := range a.defined {
		a.bound[name] = true
	}
	for name := range a.Imports {
		a.bound[name] = true
	}
	return a.Module, nil
}

// analysis is one in progress.
type analysis struct {
	*Module
	anonymous string
	defined   map[string]js.IExpr // values of the names at the top level
	fallback  js.IExpr            // the default export, if it has no name
	functions map[js.INode]*Function
	order     []js.INode // of functions
}

// anonymousName returns the first part of the name that esbuild gives to a
// default export without one: "App" of App_default.
func anonymousName(name string) string {
	base := path.Base(name)
	base = strings.TrimSuffix(base, path.Ext(base))
	if base == "index" {
		base = path.Base(path.Dir(name))
	}
	return base
}

// define notes what the names at the top level stand for.
func (a *analysis) define(statement js.INode) {
	switch n := statement.(type) {
	case *js.ImportStmt:
		from := unquote(n.Module)
		a.Specifiers = append(a.Specifiers, from)
		if n.Default != nil {
			a.Imports[string(n.Default)] = Name{from, "default"}
		}
		for _, alias := range n.List {
			if alias.Binding != nil {
				a.Imports[string(alias.Binding)] = Name{from, exportedName(alias)}
			}
		}
	case *js.VarDecl:
		for _, element := range n.List {
			if name, ok := element.Binding.(*js.Var); ok {
				a.defined[string(name.Data)] = element.Default
				continue
			}
			for _, name := range boundNames(element.Binding) {
				a.defined[name] = nil
			}
		}
	case *js.FuncDecl:
		if n.Name != nil {
			a.defined[string(n.Name.Data)] = n
		}
	case *js.ClassDecl:
		if n.Name != nil {
			a.defined[string(n.Name.Data)] = n
		}
	case *js.ExportStmt:
		if n.Decl != nil {
			a.define(n.Decl)
		}
	}
}

// export notes what a statement exports.
func (a *analysis) export(n *js.ExportStmt) {
	if n.Module != nil {
		from := unquote(n.Module)
		a.Specifiers = append(a.Specifiers, from)
		for _, alias := range n.List {
			name := unquoteName(alias.Binding)
			switch {
			case alias.Binding == nil:
			case alias.Name == nil && name == "*":
				a.Stars = append(a.Stars, from)
			default:
				a.Exports[name] = Export{From: Name{from, exportedName(alias)}, Component: capitalised(name)}
			}
		}
		return
	}
	for _, alias := range n.List {
		if alias.Binding != nil {
			local := exportedName(alias) // the name before "as"
			a.Exports[unquoteName(alias.Binding)] = a.exportOf(local)
		}
	}
	switch {
	case n.Default:
		a.exportDefault(n.Decl)
	case n.Decl != nil:
		for _, name := range declaredNames(n.Decl) {
			a.Exports[name] = a.exportOf(name)
		}
	}
}

func (a *analysis) exportDefault(value js.IExpr) {
	for _, name := range declaredNames(value) {
		a.Exports["default"] = a.exportOf(name)
		return
	}
	if name, ok := value.(*js.Var); ok {
		a.Exports["default"] = a.exportOf(string(name.Data))
		return
	}
	a.fallback = value
	a.Exports["default"] = Export{Component: a.mayBeComponent(a.anonymous, value)}
}

// exportOf describes the export of a name at the top level.
func (a *analysis) exportOf(local string) Export {
	if from, ok := a.Imports[local]; ok {
		return Export{From: from, Component: capitalised(local)}
	}
	return Export{Local: local, Component: a.mayBeComponent(local, a.defined[local])}
}

// declaredNames returns the names that an exported declaration declares.
func declaredNames(declaration js.IExpr) []string {
	switch n := declaration.(type) {
	case *js.FuncDecl:
		if n.Name != nil {
			return []string{string(n.Name.Data)}
		}
	case *js.ClassDecl:
		if n.Name != nil {
			return []string{string(n.Name.Data)}
		}
	case *js.VarDecl:
		var names []string
		for _, element := range n.List {
			names = append(names, boundNames(element.Binding)...)
		}
		return names
	}
	return nil
}

// boundNames returns the names in a pattern.
func boundNames(binding js.IBinding) []string {
	var names []string
	switch n := binding.(type) {
	case *js.Var:
		if n != nil {
			names = append(names, string(n.Data))
		}
	case *js.BindingArray:
		for _, element := range n.List {
			names = append(names, boundNames(element.Binding)...)
		}
		names = append(names, boundNames(n.Rest)...)
	case *js.BindingObject:
		for _, item := range n.List {
			names = append(names, boundNames(item.Value.Binding)...)
		}
		if n.Rest != nil {
			names = append(names, string(n.Rest.Data))
		}
	}
	return names
}

// exportedName is the name before "as", or the only one.
func exportedName(alias js.Alias) string {
	if alias.Name != nil {
		return unquoteName(alias.Name)
	}
	return unquoteName(alias.Binding)
}

func unquoteName(name []byte) string {
	if len(name) > 0 && (name[0] == '"' || name[0] == '\'') {
		return unquote(name)
	}
	return string(name)
}

// unquote returns the value of a string as esbuild prints it: in quotes that it
// does not hold. What has escapes is returned with them.
func unquote(quoted []byte) string {
	if len(quoted) < 2 {
		return string(quoted)
	}
	return string(quoted[1 : len(quoted)-1])
}

func capitalised(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }
