package bundle

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// refuseIrregular makes an error of what esbuild would open and wait for without
// end: a named pipe or a device in the place of a source, its map, a package.json, a
// tsconfig.json or a directory. All but sources esbuild opens without asking, in
// each directory that an import leads through.
func (l layout) refuseIrregular(build api.PluginBuild, reads *readLog) {
	seen := obstacles{known: make(map[string]*obstacle)}
	refuse := func(o *obstacle) []api.Message {
		reads.add(o.file) // what comes in its place mends the build
		return []api.Message{{Text: fmt.Sprintf("%s is %s, for which esbuild would wait: put a file in its place", l.shown(o.file), o.kind)}}
	}
	build.OnStart(func() (api.OnStartResult, error) {
		seen.forget()
		return api.OnStartResult{}, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if args.ResolveDir == "" {
			return api.OnResolveResult{}, nil
		}
		if o := seen.onTheWay(args.ResolveDir, args.Path); o != nil {
			return api.OnResolveResult{Errors: refuse(o)}, nil
		}
		return api.OnResolveResult{}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		for _, file := range []string{args.Path, args.Path + ".map"} { // the map that a script names, as a rule
			if kind, blocks := regular.Blocks(file); blocks {
				return api.OnLoadResult{Errors: refuse(&obstacle{file, kind})}, nil
			}
		}
		return api.OnLoadResult{}, nil
	})
}

// obstacle is a file that must not be opened.
type obstacle struct{ file, kind string }

// obstacles remembers what it found in directories and above them, nil if nothing.
// It is safe for concurrent use.
type obstacles struct {
	mu    sync.Mutex
	known map[string]*obstacle
}

func (o *obstacles) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.known)
}

// onTheWay returns the first obstacle to an import of path in dir.
func (o *obstacles) onTheWay(dir, path string) *obstacle {
	path, _, _ = strings.Cut(filepath.FromSlash(path), "?")
	if filepath.IsAbs(path) {
		return o.towards(path)
	}
	if strings.HasPrefix(path, ".") {
		return o.towards(filepath.Join(dir, path))
	}
	for {
		if modules := filepath.Join(dir, "node_modules"); isDir(modules) {
			if found := o.towards(filepath.Join(modules, path)); found != nil {
				return found
			}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

// towards looks in the directories above path and, unless it must be a file, in
// path itself.
func (o *obstacles) towards(path string) *obstacle {
	o.mu.Lock()
	defer o.mu.Unlock()
	if isScriptName(path) || !isDir(path) {
		path = filepath.Dir(path)
	}
	return o.inLocked(path)
}

func (o *obstacles) inLocked(dir string) *obstacle {
	if found, known := o.known[dir]; known {
		return found
	}
	var found *obstacle
	if dir != filepath.Dir(dir) {
		found = o.inLocked(filepath.Dir(dir))
	}
	if kind, blocks := regular.Blocks(dir); blocks && found == nil {
		found = &obstacle{dir, kind}
	}
	for _, name := range []string{"package.json", "tsconfig.json", "jsconfig.json"} {
		file := filepath.Join(dir, name)
		for _, opened := range append(appendTsconfig(nil, file), file) {
			if kind, blocks := regular.Blocks(opened); blocks && found == nil {
				found = &obstacle{opened, kind}
			}
		}
	}
	o.known[dir] = found
	return found
}
