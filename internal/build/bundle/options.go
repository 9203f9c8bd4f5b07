package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/evanw/esbuild/pkg/cli"
)

const defaultPublicPath = "/assets/"

// cleanPublicPath returns a URL prefix that starts and ends with a slash.
func cleanPublicPath(prefix string) string {
	if prefix == "" {
		return defaultPublicPath
	}
	if prefix = path.Clean("/" + prefix); prefix != "/" {
		prefix += "/"
	}
	return prefix
}

// outDir is the directory that source maps are relative to. It lies where the
// public path would lie if the project root were served, so that the browser
// shows web/src/main.tsx as /web/src/main.tsx. Nothing is ever written to it.
func (w *Bundler) outDir() string {
	return filepath.Join(w.paths.real(w.opts.Dir), filepath.FromSlash(w.opts.PublicPath))
}

// bundleOptions returns what the full build and the build of the sheets have
// in common: all but entry points and plugins.
func (w *Bundler) bundleOptions() (api.BuildOptions, error) {
	options, err := cli.ParseBuildOptions(w.flags())
	if err != nil {
		return options, fmt.Errorf("web: %w", err)
	}
	options.AbsWorkingDir = w.paths.real(w.opts.Dir)
	options.Outdir = w.outDir()
	options.AllowOverwrite = true // of nothing: it lets an entry point lie where an output would
	options.PublicPath = strings.TrimSuffix(w.opts.PublicPath, "/")
	if options.PublicPath == "" {
		options.PublicPath = "/"
	}
	options.AssetNames = "[name]-[hash]"
	options.ChunkNames = "chunks/[name]-[hash]"
	options.Bundle = true
	options.Format = api.FormatESModule
	options.Splitting = true
	options.Platform = api.PlatformBrowser
	options.Sourcemap = api.SourceMapLinked
	options.Charset = api.CharsetUTF8
	options.Metafile = true
	options.AbsPaths = api.MetafileAbsPath | api.LogAbsPath
	options.LogLevel = api.LogLevelSilent
	options.LogLimit = 0
	if w.opts.Release {
		options.EntryNames = "[dir]/[name]-[hash]"
		options.MinifyWhitespace, options.MinifyIdentifiers, options.MinifySyntax = true, true, true
		options.LegalComments = api.LegalCommentsLinked
		if !w.opts.SourceMaps {
			options.Sourcemap = api.SourceMapNone
		}
	}
	options.Define = w.defines()
	options.Alias = maps.Clone(w.opts.Alias)
	options.External = slices.Clone(w.opts.External)
	if w.opts.Tsconfig != "" {
		options.Tsconfig = w.opts.Tsconfig
		if !filepath.IsAbs(options.Tsconfig) {
			options.Tsconfig = filepath.Join(w.opts.Dir, options.Tsconfig)
		}
	}
	for _, extension := range assetExtensions {
		if _, chosen := options.Loader[extension]; !chosen {
			options.Loader[extension] = api.LoaderFile
		}
	}
	return options, nil
}

// flags spells the options that have names of their own in esbuild as it
// expects them on its command line: its parser knows them all, and its
// complaints name what was wrong.
func (w *Bundler) flags() []string {
	var flags []string
	if w.opts.Target != "" {
		flags = append(flags, "--target="+w.opts.Target)
	}
	if w.opts.JSX != "" {
		flags = append(flags, "--jsx="+w.opts.JSX)
	}
	for _, extension := range slices.Sorted(maps.Keys(w.opts.Loader)) {
		flags = append(flags, "--loader:"+extension+"="+w.opts.Loader[extension])
	}
	return flags
}

// defines adds import.meta.env, as Vite's users know it, to the user's own.
func (w *Bundler) defines() map[string]string {
	mode := w.opts.Mode
	switch {
	case mode == "" && w.opts.Release:
		mode = "production"
	case mode == "":
		mode = "development"
	}
	env := map[string]any{
		"MODE":     mode,
		"DEV":      mode != "production",
		"PROD":     mode == "production",
		"SSR":      false,
		"BASE_URL": "/",
	}
	for name, value := range w.opts.Env {
		env[name] = value
	}
	defines := map[string]string{"import.meta.env": toJSON(env)}
	for name, value := range env {
		defines["import.meta.env."+name] = toJSON(value)
	}
	defines["import.meta.glob"] = globName
	maps.Copy(defines, w.opts.Define)
	return defines
}

// toJSON encodes strings, booleans and maps of them, which cannot fail.
func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encode %v: %v", value, err))
	}
	return string(text)
}
