package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/build/refresh"
	"github.com/calendsync/devtool/internal/regular"
)

// Hot updates replace modules in a page that has loaded the bundles. For that a
// module of the program makes itself known there, by a text at its end that says
// its name, its version, and what it exports. Nothing moves, so that source maps
// stay exact; imports are hoisted. Without the runtime of hot updates in the page
// the text does nothing.
const (
	hotName      = "__devtool_hot"
	hotSelf      = "__devtool_self"
	hotRuntime   = `globalThis[Symbol.for("devtool.hot")]`
	hotNamespace = "devtool-hot"                      // before a module: import.meta.hot, which must exist before the module runs
	hotSelfPath  = "devtool-self"                     // names the module itself in an import
	hotMark      = "\nimport*as " + hotSelf + " from" // begins the text
)

// instrument adds that text to the modules of a program.
type instrument struct {
	layout  layout
	sources *sources

	mu      sync.Mutex
	on      bool
	asked   bool                  // a module says import.meta.hot
	modules map[string]*hotModule // by file, as it was loaded last
}

func newInstrument(l layout, s *sources) *instrument {
	i := &instrument{layout: l, sources: s, modules: make(map[string]*hotModule)}
	for _, entry := range l.entries { // a guess, which settle puts right
		manifest, err := regular.ReadFile(nearestFile(l.root(), filepath.Dir(entry.file), "package.json"))
		i.on = i.on || err == nil && bytes.Contains(manifest, []byte(`"react-dom"`))
	}
	return i
}

// forget drops what is remembered of the files.
func (i *instrument) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.modules)
}

// hotModule is one version of a script. All fields but analyzed are constant.
type hotModule struct {
	file, id, version string
	source            string           // as it is on the disk
	contents          string           // what esbuild gets; "" if it reads the file itself
	globs             bool             // it imports what matches a pattern
	spared            bool             // it has errors
	known             bool             // it makes itself known: only an ES module does
	values            map[string]stamp // files that are no modules and whose contents it imports
	read              stamp
	loader            api.Loader

	once     sync.Once
	analyzed *refresh.Module // nil when it does not parse
}

func (m *hotModule) analysis() *refresh.Module {
	m.once.Do(func() {
		m.analyzed, _ = refresh.Analyze(filepath.ToSlash(m.file), m.source, m.loader)
	})
	return m.analyzed
}

func (o Options) hot() bool { return o.Hot && !o.Release }

// hotDefines adds import.meta.hot. Scripts that are not instrumented find the
// variable of the banner in its place.
func hotDefines(options *api.BuildOptions, on bool) {
	if !on {
		if _, chosen := options.Define["import.meta.hot"]; !chosen {
			options.Define["import.meta.hot"] = "undefined"
		}
		return
	}
	options.Define["import.meta.hot"] = hotName
	options.Banner = map[string]string{"js": "var " + hotName + ";"}
}

// plugin instruments the modules that one build loads. It stands before the
// plugin of the sources, whose work it asks for.
func (i *instrument) plugin(reads *readLog) api.Plugin {
	return api.Plugin{Name: hotNamespace, Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: programScripts, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			if len(args.With) > 0 || strings.Contains(filepath.ToSlash(args.Path), "/node_modules/") {
				return api.OnLoadResult{}, nil
			}
			_, result, err := i.load(args.Path, reads, resolver(build))
			return result, err
		})
	}}
}

// resolveHot leads the imports in the text at the end of modules to where they
// are. It stands before all plugins that would look for files.
func resolveHot(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + hotSelfPath + "$"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: args.Importer}, nil
	})
	makeHot(build)
}

// makeHot makes what import.meta.hot is in a module, before that runs.
func makeHot(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + hotNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, hotNamespace+":"), Namespace: hotNamespace}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: hotNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text := "export const hot = " + hotRuntime + "?.module(" + args.Path + ");\n" + nowhere()
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
}

// load returns the present version of a script, and what esbuild is to make of
// it. The version is nil when the script cannot be instrumented.
func (i *instrument) load(file string, reads *readLog, resolve resolve) (*hotModule, api.OnLoadResult, error) {
	i.mu.Lock()
	on, cached := i.on, i.modules[file]
	i.mu.Unlock()
	now := stampOf(file)
	result, err := i.sources.load(file, reads)
	if err != nil || len(result.Errors) > 0 {
		return nil, result, err
	}
	if cached == nil || cached.read != now || result.Contents != nil || !cached.fresh() {
		if cached = i.read(file, now, result, resolve); cached == nil {
			return nil, result, nil
		}
		i.mu.Lock()
		i.modules[file] = cached
		i.asked = i.asked || cached.known && strings.Contains(cached.source, "import.meta.hot")
		i.mu.Unlock()
	}
	if on && cached.known {
		result.Contents, result.Loader = &cached.contents, cached.loader
	}
	return cached, result, nil
}

// current returns the version of a script that is on the disk, nil if it cannot
// be read.
func (i *instrument) current(file string, resolve resolve) *hotModule {
	reads := new(readLog)
	reads.reset()
	reads.add(file)
	m, _, err := i.load(file, reads, resolve)
	if err != nil {
		return nil
	}
	return m
}

// loaded returns the version of a script that was loaded last, nil if it is none.
func (i *instrument) loaded(file string) *hotModule {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.modules[file]
}

func (i *instrument) isOn() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.on
}

// fresh reports whether what the module imports besides modules is as it was.
func (m *hotModule) fresh() bool {
	for file, then := range m.values {
		if stampOf(file) != then {
			return false
		}
	}
	return true
}

// read makes a version of a script, which the sources may have rewritten. It is
// nil when the file is gone or is not read as a script.
func (i *instrument) read(file string, now stamp, rewritten api.OnLoadResult, resolve resolve) *hotModule {
	loader := i.layout.loaderOf(file)
	if !slices.Contains([]api.Loader{api.LoaderJS, api.LoaderJSX, api.LoaderTS, api.LoaderTSX}, loader) {
		return nil
	}
	contents, err := regular.ReadFile(file)
	if err != nil {
		return nil
	}
	m := &hotModule{file: file, id: i.layout.shown(file), source: string(contents), read: now, loader: loader}
	scan, esm := refresh.ScanText(filepath.ToSlash(file), m.source, loader)
	if !esm {
		return m
	}
	text := m.source
	if rewritten.Contents != nil {
		text = *rewritten.Contents
		calls, _ := rewritten.PluginData.([]globCall)
		m.globs = len(calls) > 0
	}
	m.known = true
	hash := sha256.New()
	hash.Write([]byte(m.source))
	m.values = i.valuesOf(file, m.source, hash, resolve)
	m.version = base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:6])
	m.contents = text + m.tail(scan)
	return m
}

// tail is the text that makes the module known.
func (m *hotModule) tail(scan refresh.Scan) string {
	var tail strings.Builder
	fmt.Fprintf(&tail, "%s%q;", hotMark, hotSelfPath)
	name := inert(m.id) + "," + inert(m.version)
	if scan.Hot {
		fmt.Fprintf(&tail, "import{hot as %s}from%s;%s?.", hotName, toJSON(hotNamespace+":"+name), hotName)
	} else {
		fmt.Fprintf(&tail, "%s?.module(%s).", hotRuntime, name)
	}
	fmt.Fprintf(&tail, "$.register(%s%s);\n", hotSelf, parts(scan))
	return tail.String()
}

// inert quotes what may stand after a source that does not end properly: it
// closes no comment and no template.
func inert(name string) string {
	quoted := toJSON(name)
	if !strings.ContainsAny(quoted, "`*$") {
		return quoted
	}
	return strings.NewReplacer("`", `\u0060`, "*", `\u002a`, "$", `\u0024`).Replace(quoted)
}

// parts is the argument that says what of a module is not among its exports.
func parts(scan refresh.Scan) string {
	var all []string
	if len(scan.Components) > 0 {
		var list []string
		for _, name := range scan.Components {
			list = append(list, fmt.Sprintf(`%s:typeof %[1]s>"u"?0:%[1]s`, name))
		}
		all = append(all, "components:{"+strings.Join(list, ",")+"}")
	}
	if len(scan.Lazy) > 0 {
		var list []string
		for _, specifier := range slices.Compact(slices.Sorted(slices.Values(scan.Lazy))) {
			// Where the module handles that the import leads nowhere, so does this.
			list = append(list, fmt.Sprintf("%s:()=>import(%[1]s).catch(e=>Promise.reject(e))", inert(specifier)))
		}
		all = append(all, "lazy:{"+strings.Join(list, ",")+"}")
	}
	if all == nil {
		return ""
	}
	return ",{" + strings.Join(all, ",") + "}"
}

// spare leaves alone the modules that have errors: the text at their end may be
// taken for a part of what is unfinished before it. It reports whether there are
// any.
func (i *instrument) spare(errors []api.Message) (spared bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, message := range errors {
		if message.Location == nil {
			continue
		}
		file := message.Location.File
		if !filepath.IsAbs(file) {
			file = filepath.Join(i.layout.root(), filepath.FromSlash(file))
		}
		m := i.modules[file]
		if m == nil || !m.known || isUnresolved(message) && !inTail(message) {
			continue
		}
		i.modules[file] = &hotModule{file: file, id: m.id, source: m.source, read: m.read, loader: m.loader, spared: true}
		spared = true
	}
	return spared
}

// retry forgets which modules had errors: what was wrong may have been mended
// elsewhere.
func (i *instrument) retry() {
	i.mu.Lock()
	defer i.mu.Unlock()
	maps.DeleteFunc(i.modules, func(_ string, m *hotModule) bool { return m.spared })
}

// inTail reports whether a message is about the text at the end of a module.
func inTail(message api.Message) bool {
	return message.Location != nil && strings.Contains(message.Location.LineText, hotMark[1:])
}

// settle switches the instrument on if the program can take updates: it renders
// with React, or one of its modules asks for import.meta.hot. It reports whether
// that was otherwise while the program was built.
func (i *instrument) settle(graph *importGraph) (changed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	needed := i.asked || graph.hasReact()
	changed = needed != i.on
	i.on = needed
	return changed
}

// hasReact reports whether the program renders with React.
func (g *importGraph) hasReact() bool {
	for file := range g.Inputs {
		if strings.Contains(filepath.ToSlash(file), "/node_modules/react-dom/") {
			return true
		}
	}
	return false
}

// withoutTails takes the text at the end of modules out of the sources in a map.
func withoutTails(file api.OutputFile) api.OutputFile {
	quoted := toJSON(hotMark)
	mark := []byte(quoted[1 : len(quoted)-1])
	if filepath.Ext(file.Path) != ".map" || !bytes.Contains(file.Contents, mark) {
		return file
	}
	kept := make([]byte, 0, len(file.Contents))
	for rest := file.Contents; ; {
		before, after, found := bytes.Cut(rest, mark)
		kept = append(kept, before...)
		if !found {
			file.Contents = kept
			return file
		}
		rest = after[endOfString(after):]
	}
}

// endOfString returns where the string of JSON ends that text is the rest of.
func endOfString(text []byte) int {
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at
		}
	}
	return len(text)
}

// dropTails forgets the imports in the text at the end of modules.
func (g *importGraph) dropTails() {
	for file, input := range g.Inputs {
		input.Imports = slices.DeleteFunc(input.Imports, func(to graphImport) bool {
			return to.Path == file || strings.HasPrefix(to.Path, hotNamespace+":")
		})
		g.Inputs[file] = input
		if strings.HasPrefix(file, hotNamespace+":") {
			delete(g.Inputs, file)
		}
	}
}
