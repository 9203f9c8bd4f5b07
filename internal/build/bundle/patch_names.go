package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/calendsync/devtool/internal/build/refresh"
)

// signatures is the text that says how components call hooks, in the versions
// that pages have and in those of the patch.
func (b *patchBuild) signatures() string {
	list := func(version func(file string) *hotModule, resolve func(file, specifier string) string, files []string) []any {
		all := []any{}
		program := &refresh.Program{
			Module: func(file string) *refresh.Module {
				if m := version(file); m != nil && m.known {
					return m.analysis()
				}
				return nil
			},
			Resolve: resolve,
		}
		for _, file := range files {
			keys := make(map[string]any)
			for name, signature := range program.Signatures(file) {
				keys[name] = signature.Digest()
				if signature.Reset {
					keys[name] = []any{signature.Digest(), true}
				}
			}
			if m := version(file); len(keys) > 0 {
				all = append(all, []any{m.id, m.version, keys})
			}
		}
		return all
	}
	inPages := func(file, specifier string) string {
		to, _ := b.resolved(file, specifier)
		return to
	}
	before := list(func(file string) *hotModule { return b.modules[file] }, inPages, b.files)
	after := list(b.version, func(file, specifier string) string {
		for _, to := range b.inputs[file].Imports {
			if to.Original == specifier {
				return to.Path
			}
		}
		return inPages(file, specifier)
	}, append(slices.Clone(b.files), slices.Sorted(maps.Keys(b.fresh))...))
	text, err := json.Marshal([][]any{before, after})
	if err != nil || len(before)+len(after) == 0 {
		return ""
	}
	return fmt.Sprintf("%s.sign(...%s);\n", hotRuntime, text)
}

// version returns the version of a module once the patch has been applied.
func (b *patchBuild) version(file string) *hotModule {
	if slices.Contains(b.files, file) {
		return b.now[file]
	}
	if m := b.fresh[file]; m != nil {
		return m
	}
	return b.modules[file]
}

// lackedName says which name a module of the patch imports that a module of the
// page does not export, if there is one. Of those in the patch esbuild says so.
func (b *patchBuild) lackedName() string {
	for file := range b.inputs {
		now, old := b.version(file), b.modules[file]
		if now == nil || !now.known {
			continue
		}
		for _, from := range now.analysis().Names() {
			if old != nil && slices.Contains(old.analysis().Names(), from) {
				continue
			}
			for _, to := range b.inputs[file].Imports {
				if to.Original == from.Specifier && to.Kind == "import-statement" && b.exports(to.Path, from.Name, nil) == no {
					return fmt.Sprintf("%s does not export %s", b.layout.shown(to.Path), from.Name)
				}
			}
		}
	}
	return ""
}

// answer is one to a question that cannot always be answered.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// exports reports whether a module exports a name.
func (b *patchBuild) exports(file, name string, seen []string) answer {
	m := b.version(file)
	if name == "*" || m == nil || !m.known || m.analysis() == nil {
		return maybe
	}
	if _, ok := m.analysis().Exports[name]; ok {
		return yes
	}
	if slices.Contains(seen, file) {
		return no
	}
	found := no
	for _, star := range m.analysis().Stars {
		to, _ := b.resolved(file, star)
		found = max(found, b.exports(to, name, append(seen, file)))
	}
	return found
}
