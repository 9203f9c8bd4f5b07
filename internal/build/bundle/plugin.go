package bundle

import "github.com/evanw/esbuild/pkg/api"

// plugins returns the plugins of one build, which note in reads what it reads.
func (s *sources) plugins(reads *readLog) []api.Plugin {
	return append(s.layout.queryPlugins(reads), api.Plugin{Name: "devtool-source", Setup: func(build api.PluginBuild) {
		s.rewrite(build, reads, nil)
	}})
}

// queryPlugins see what is read, and understand how it is asked for.
func (l layout) queryPlugins(reads *readLog) []api.Plugin {
	plugins := []api.Plugin{
		{Name: "devtool-regular", Setup: func(build api.PluginBuild) { l.refuseIrregular(build, reads) }},
		{Name: "devtool-reads", Setup: func(build api.PluginBuild) { l.noteReads(build, reads) }},
		{Name: "devtool-pages", Setup: l.resolvePages},
		{Name: nodeNamespace, Setup: l.emptyNodeModules},
		{Name: "devtool-query", Setup: func(build api.PluginBuild) { l.importQueries(build, reads) }},
	}
	if l.release {
		plugins = append(plugins, api.Plugin{Name: reactNamespace, Setup: l.shareReact})
	}
	return append(plugins, l.sheetPlugins()...)
}

// sheetPlugins understand what sheets say.
func (l layout) sheetPlugins() []api.Plugin {
	return []api.Plugin{
		{Name: "devtool-rewrite", Setup: l.resolveRewrites},
		{Name: "devtool-root", Setup: l.resolveRoot},
		{Name: "devtool-style", Setup: l.resolveStyles},
		{Name: "devtool-image-set", Setup: l.imageSets},
	}
}

// noteReads sees every file that esbuild is about to load, and leaves the
// loading to it.
func (l layout) noteReads(build api.PluginBuild, reads *readLog) {
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if l.pageOf(args.Path) == "" {
			reads.add(args.Path)
		}
		return api.OnLoadResult{}, nil
	})
}
