package refresh

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// visitor walks a script. There is one for each function that is entered.
type visitor struct {
	*analysis
	within   *Function               // the innermost function; nil at the top level
	assigned map[*js.CallExpr]string // what calls are assigned to, in declarations
}

func (v *visitor) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.FuncDecl, *js.ArrowFunc, *js.MethodDecl:
		function := new(Function)
		v.functions[n] = function
		v.order = append(v.order, n)
		return &visitor{analysis: v.analysis, within: function, assigned: v.assigned}
	case *js.VarDecl:
		for _, element := range n.List {
			if call, ok := element.Default.(*js.CallExpr); ok {
				v.assigned[call] = printed(element.Binding)
			}
		}
	case *js.CallExpr:
		v.call(n)
	case *js.DotExpr:
		if _, meta := n.X.(*js.ImportMetaExpr); meta {
			if name := propertyName(n); name == "hot" || name == "env" {
				return nil
			}
		}
	case *js.ImportMetaExpr:
		v.MetaURL = true
	}
	return v
}

func (v *visitor) Exit(js.INode) {}

func (v *visitor) call(n *js.CallExpr) {
	if literal, ok := n.X.(*js.LiteralExpr); ok && literal.TokenType == js.ImportToken {
		v.lazy(n)
		return
	}
	if hot, ok := n.X.(*js.DotExpr); ok && isHot(hot.X) && propertyName(hot) == "accept" {
		v.accept(n)
		return
	}
	name := calleeName(n.X)
	if v.within == nil || !isHook(name) {
		return
	}
	key := v.assigned[n]
	switch args := n.Args.List; {
	case name == "useState" && len(args) > 0:
		key += "(" + printed(args[0].Value) + ")"
	case name == "useReducer" && len(args) > 1:
		key += "(" + printed(args[1].Value) + ")"
	}
	v.within.calls = append(v.within.calls, name+"{"+key+"}")
	if isBuiltin(name) {
		return
	}
	if custom, ok := refOf(n.X); ok {
		v.within.hooks = append(v.within.hooks, custom)
	} else {
		v.within.reset = true
	}
}

// lazy notes a dynamic import.
func (v *visitor) lazy(n *js.CallExpr) {
	if len(n.Args.List) == 1 {
		if literal, ok := n.Args.List[0].Value.(*js.LiteralExpr); ok && literal.TokenType == js.StringToken {
			v.Lazy = append(v.Lazy, unquote(literal.Data))
			return
		}
	}
	v.LazyUnknown = true
}

// accept notes import.meta.hot.accept, of the script itself or of others.
func (v *visitor) accept(n *js.CallExpr) {
	if len(n.Args.List) == 0 {
		v.AcceptsSelf = true
		return
	}
	switch first := n.Args.List[0].Value.(type) {
	case *js.LiteralExpr:
		v.Accepts = append(v.Accepts, unquote(first.Data))
	case *js.ArrayExpr:
		for _, item := range first.List {
			if literal, ok := item.Value.(*js.LiteralExpr); ok {
				v.Accepts = append(v.Accepts, unquote(literal.Data))
			}
		}
	default:
		v.AcceptsSelf = true
	}
}

// isHot reports whether an expression is import.meta.hot.
func isHot(n js.IExpr) bool {
	dot, ok := n.(*js.DotExpr)
	if !ok {
		return false
	}
	_, meta := dot.X.(*js.ImportMetaExpr)
	return meta && propertyName(dot) == "hot"
}

// refOf returns how a callee names a function, if it does so in a way that can
// be traced.
func refOf(callee js.IExpr) (ref, bool) {
	switch n := callee.(type) {
	case *js.Var:
		return ref{name: string(n.Data)}, true
	case *js.DotExpr:
		if object, ok := n.X.(*js.Var); ok {
			return ref{object: string(object.Data), name: propertyName(n)}, true
		}
	}
	return ref{}, false
}

// printed returns an expression as text that does not depend on how it was laid
// out.
func printed(n js.INode) string {
	var text strings.Builder
	n.JS(&text)
	return text.String()
}

func isHook(name string) bool {
	rest, ok := strings.CutPrefix(name, "use")
	return ok && capitalised(rest)
}

// isBuiltin reports whether react-refresh's transform takes a hook for React's.
func isBuiltin(name string) bool {
	switch name {
	case "useState", "useReducer", "useEffect", "useLayoutEffect", "useMemo", "useCallback", "useRef",
		"useContext", "useImperativeHandle", "useDebugValue", "useId", "useDeferredValue", "useTransition",
		"useInsertionEffect", "useSyncExternalStore", "useFormStatus", "useFormState", "useActionState", "useOptimistic":
		return true
	}
	return false
}

// collectFunctions tells the functions at the top level from those within.
func (a *analysis) collectFunctions() {
	outer := make(map[js.INode]bool)
	take := func(name string, value js.IExpr) {
		function, wraps, ok := a.unwrap(value, nil)
		if !ok {
			return
		}
		var known Function
		if function != nil {
			known = *a.functions[function]
			outer[function] = true
		}
		known.wraps = wraps
		a.Functions[name] = known
	}
	for name, value := range a.defined {
		take(name, value)
	}
	take("default", a.fallback)
	for _, node := range a.order {
		if inner := a.functions[node]; !outer[node] {
			a.nested.calls = append(a.nested.calls, inner.calls...)
			a.nested.hooks = append(a.nested.hooks, inner.hooks...)
			a.nested.reset = a.nested.reset || inner.reset
		}
	}
}

// unwrap returns the function in a value such as memo(forwardRef(() => ...)),
// and what it is wrapped with. The function is nil when the value wraps one that
// has a name.
func (a *analysis) unwrap(value js.IExpr, above []ref) (function js.INode, wraps []ref, ok bool) {
	switch n := value.(type) {
	case *js.FuncDecl:
		return n, above, true
	case *js.ArrowFunc:
		return n, above, true
	case *js.GroupExpr:
		return a.unwrap(n.X, above)
	case *js.CallExpr:
		if isGroupedFunction(n.X) {
			return nil, nil, false
		}
		if callee, named := refOf(n.X); named {
			above = append(above, callee)
		} else if inner, curried := n.X.(*js.CallExpr); curried { // connect(...)(List)
			if callee, named := refOf(inner.X); named {
				above = append(above, callee)
			}
		}
		for _, argument := range n.Args.List {
			if function, wraps, ok := a.unwrap(argument.Value, above); ok && function != nil {
				return function, wraps, true
			}
		}
		return nil, above, true
	}
	return nil, nil, false
}
