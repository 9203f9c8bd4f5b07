package refresh

import (
	"slices"

	"github.com/tdewolff/parse/v2/js"
)

// mayBeComponent reports whether a value may be a component by its form. It
// decides who is asked to take an update; the page looks at the value itself.
func (a *analysis) mayBeComponent(name string, value js.IExpr) bool {
	switch n := value.(type) {
	case *js.FuncDecl, *js.ArrowFunc:
		return capitalised(name)
	case *js.ClassDecl:
		return capitalised(name) && n.Extends != nil
	case *js.GroupExpr:
		return a.mayBeComponent(name, n.X)
	case *js.CallExpr:
		return a.wrapsComponent(name, n)
	case *js.TemplateExpr: // styled.button`...`
		return capitalised(name) && n.Tag != nil
	case *js.Var:
		alias := string(n.Data)
		if from, ok := a.Imports[alias]; ok {
			return capitalised(from.Name) || capitalised(alias)
		}
		if known, ok := a.defined[alias]; ok && known != value {
			return a.mayBeComponent(alias, known)
		}
	case *js.ObjectExpr: // const Menu = { Root, Item }
		return capitalised(name) && len(n.List) > 0 && !slices.ContainsFunc(n.List, func(p js.Property) bool {
			part, named := p.Value.(*js.Var)
			return !named || p.Spread || !capitalised(string(part.Data))
		})
	case *js.DotExpr: // const Item = List.Item
		return capitalised(name) && capitalised(propertyName(n))
	}
	return false
}

// wrapsComponent reports whether a call may return a component: React's own
// wrappers do, and others if they get one.
func (a *analysis) wrapsComponent(name string, call *js.CallExpr) bool {
	switch calleeName(call.X) {
	case "memo", "forwardRef":
		return true
	case "lazy", "createContext", "Symbol":
		return false
	case "styled":
		return capitalised(name)
	}
	if !capitalised(name) || isGroupedFunction(call.X) || len(call.Args.List) == 0 {
		return false
	}
	if inner, ok := call.X.(*js.CallExpr); ok && calleeName(inner.X) == "styled" { // styled("a")({...})
		return true
	}
	switch first := call.Args.List[0].Value.(type) {
	case *js.FuncDecl, *js.ArrowFunc, *js.ClassDecl:
		return true
	case *js.Var:
		return capitalised(string(first.Data))
	case *js.DotExpr:
		return capitalised(propertyName(first))
	case *js.CallExpr:
		return a.wrapsComponent(name, first)
	}
	return false
}

// isGroupedFunction reports whether a callee is a function written in its place,
// as enumerations of TypeScript become.
func isGroupedFunction(callee js.IExpr) bool {
	group, ok := callee.(*js.GroupExpr)
	if !ok {
		return false
	}
	switch group.X.(type) {
	case *js.ArrowFunc, *js.FuncDecl:
		return true
	}
	return false
}

// calleeName returns the last name of a callee: "memo" of React.memo.
func calleeName(callee js.IExpr) string {
	switch n := callee.(type) {
	case *js.Var:
		return string(n.Data)
	case *js.DotExpr:
		return propertyName(n)
	}
	return ""
}

func propertyName(n *js.DotExpr) string {
	switch property := n.Y.(type) {
	case *js.LiteralExpr:
		return string(property.Data)
	case js.LiteralExpr:
		return string(property.Data)
	case *js.Var:
		return string(property.Data)
	}
	return ""
}
