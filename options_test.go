package devtool_test

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"

	toolspackages "golang.org/x/tools/go/packages"
)

// leftAlone are options that nothing but tests sets, and why they exist.
var leftAlone = map[string]string{
	"internal/socket.Spec.Name":    "read from the command line by ParseSpec",
	"internal/socket.Spec.Type":    "read from the command line by ParseSpec",
	"internal/socket.Spec.Address": "read from the command line by ParseSpec",

	"internal/process.Spec.Tail":          "a bound that tests make small",
	"internal/proxy.Options.DocumentWait": "a wait that tests make short",
	"internal/proxy.Options.HoldLimit":    "a wait that tests make short",
	"internal/proxy.Options.MaxWaiting":   "a bound that tests make small",
	"internal/reload.Options.Server":      "random in each run, and fixed in golden files",
	"internal/watch.Options.Poll":         "chosen by the filesystem, which tests cannot mount",
}

// TestEveryOptionIsSet finds options that only tests can reach: what they
// switch is written, tested, and there for nobody. An option is a field of a
// struct called Options, Spec or Features, and somebody outside its package,
// who knows the settings and flags, has to set it.
func TestEveryOptionIsSet(t *testing.T) {
	t.Parallel()
	loaded, err := toolspackages.Load(&toolspackages.Config{
		Context: t.Context(),
		Mode:    toolspackages.NeedName | toolspackages.NeedFiles | toolspackages.NeedSyntax | toolspackages.NeedTypes | toolspackages.NeedTypesInfo | toolspackages.NeedImports,
	}, "./internal/...", "./cmd/...")
	if err != nil {
		t.Fatal(err)
	}
	options, set := map[string]bool{}, map[string]bool{}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			t.Fatalf("%s: %v", p.PkgPath, p.Errors)
		}
		if strings.HasSuffix(p.PkgPath, "test") {
			continue // helpers of tests
		}
		for _, name := range p.Types.Scope().Names() {
			for _, field := range optionsOf(p.Types.Scope().Lookup(name)) {
				options[field] = true
			}
		}
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				for _, field := range fieldsSet(p.TypesInfo, n) {
					if !strings.HasPrefix(field, p.PkgPath+".") {
						set[field] = true
					}
				}
				return true
			})
		}
	}
	if len(options) < 50 {
		t.Fatalf("only %d options were found: %v", len(options), options)
	}
	for field := range options {
		short := strings.TrimPrefix(field, module+"/")
		if _, excused := leftAlone[short]; !set[field] && !excused {
			t.Errorf("%s is set by tests alone: no setting, no flag and no constant reaches it", short)
		}
	}
	for short, reason := range leftAlone {
		switch field := module + "/" + short; {
		case !options[field]:
			t.Errorf("%s is no option any more; delete the excuse %q", short, reason)
		case set[field]:
			t.Errorf("%s is set after all; delete the excuse %q", short, reason)
		}
	}
}

// optionsOf returns the exported fields of an options struct.
func optionsOf(o types.Object) (fields []string) {
	name, ok := o.(*types.TypeName)
	if !ok || !name.Exported() || !isOptions(name.Name()) {
		return nil
	}
	s, ok := name.Type().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for f := range s.Fields() {
		if f.Exported() {
			fields = append(fields, name.Pkg().Path()+"."+name.Name()+"."+f.Name())
		}
	}
	return fields
}

func isOptions(name string) bool {
	return slices.ContainsFunc([]string{"Options", "Spec", "Features"}, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

// fieldsSet returns the fields that a literal, an assignment or a conversion
// sets.
func fieldsSet(info *types.Info, n ast.Node) (fields []string) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		of := typeName(info.TypeOf(n))
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.Ident); ok {
					fields = append(fields, of+"."+key.Name)
				}
			}
		}
		if s, ok := n.Elts, len(n.Elts) > 0; ok {
			if _, keyed := s[0].(*ast.KeyValueExpr); !keyed {
				fields = append(fields, allFields(info.TypeOf(n))...)
			}
		}
	case *ast.AssignStmt:
		for _, left := range n.Lhs {
			if sel, ok := left.(*ast.SelectorExpr); ok {
				if of := info.TypeOf(sel.X); of != nil {
					fields = append(fields, typeName(of)+"."+sel.Sel.Name)
				}
			}
		}
	case *ast.CallExpr:
		if tv, ok := info.Types[n.Fun]; ok && tv.IsType() {
			fields = allFields(tv.Type)
		}
	}
	return fields
}

func allFields(t types.Type) (fields []string) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for f := range s.Fields() {
		fields = append(fields, typeName(t)+"."+f.Name())
	}
	return fields
}

// typeName is the path and the name of a type, or of what it points to.
func typeName(t types.Type) string {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path() + "." + n.Obj().Name()
	}
	return ""
}
