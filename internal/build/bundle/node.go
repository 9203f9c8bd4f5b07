package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// nodeNamespace holds what packages get for a module of Node: an empty one, as
// with Vite, for they usually do not use it in browsers.
const nodeNamespace = "devtool-node"

const nodeModules = `^(?:node:.*|(?:assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|diagnostics_channel|dns|domain|` +
	`events|fs|http|http2|https|inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|` +
	`sys|timers|tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads|zlib)(?:/.*)?)$`

var nodeModulePattern = regexp.MustCompile(nodeModules)

// isNodeModule reports whether an import of that text is one of a module that
// Node brings.
func isNodeModule(specifier string) bool { return nodeModulePattern.MatchString(specifier) }

// emptyNodeModules gives packages an empty module for each of Node's, unless a
// package of that name is installed or the importer says what to take.
func (l layout) emptyNodeModules(build api.PluginBuild) {
	type asked struct{}
	build.OnResolve(api.OnResolveOptions{Filter: nodeModules}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		_, again := args.PluginData.(asked)
		if again || args.Namespace != "file" || !strings.Contains(filepath.ToSlash(args.Importer), "/node_modules/") {
			return api.OnResolveResult{}, nil
		}
		found := build.Resolve(args.Path, api.ResolveOptions{
			Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir, Kind: args.Kind, PluginData: asked{},
		})
		if len(found.Errors) == 0 {
			return api.OnResolveResult{}, nil
		}
		return api.OnResolveResult{Path: args.Path, Namespace: nodeNamespace, PluginData: l.shown(args.Importer)}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: nodeNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		nothing := "module.exports = {}"
		return api.OnLoadResult{Contents: &nothing, Loader: api.LoaderJS, Warnings: []api.Message{{
			Text: fmt.Sprintf("%s is a module of Node and empty in browsers: %v imports it", args.Path, args.PluginData),
		}}}, nil
	})
}
