package bundle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
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

// forEsbuild returns what all builds have in common: all but entry points and
// plugins.
func (o Options) forEsbuild(l layout, env map[string]string) (api.BuildOptions, error) {
	options, err := cli.ParseBuildOptions(o.flags())
	if err != nil {
		return options, fmt.Errorf("web: %w", err)
	}
	options.AbsWorkingDir = l.workingDir()
	options.Outdir = l.outDir()
	options.AllowOverwrite = true // of nothing: it lets an entry point lie where an output would
	options.PublicPath = strings.TrimSuffix(l.publicPath, "/")
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
	if o.Release {
		options.EntryNames = "[dir]/[name]-[hash]"
		options.MinifyWhitespace, options.MinifyIdentifiers, options.MinifySyntax = true, true, true
		options.LegalComments = api.LegalCommentsLinked
		if !o.SourceMaps {
			options.Sourcemap = api.SourceMapNone
		}
	}
	options.Define = o.defines(env)
	hotDefines(&options, o.hot())
	options.Alias = maps.Clone(o.Alias)
	options.External = slices.Clone(o.External)
	options.Tsconfig = l.settings.tsconfig
	l.settings.setJSX(&options, o.JSX)
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
func (o Options) flags() []string {
	var flags []string
	if o.Target != "" {
		flags = append(flags, "--target="+o.Target)
	}
	if o.JSX != "" {
		flags = append(flags, "--jsx="+o.JSX)
	}
	for _, extension := range slices.Sorted(maps.Keys(o.Loader)) {
		flags = append(flags, "--loader:"+extension+"="+o.Loader[extension])
	}
	return flags
}

// envName matches the names that a script can write after import.meta.env.
var envName = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// pageValues are those of import.meta.env, as Vite's users know it.
func (o Options) pageValues(env map[string]string) map[string]any {
	mode := "development"
	if o.Release {
		mode = "production"
	}
	values := map[string]any{
		"MODE":     mode,
		"DEV":      !o.Release,
		"PROD":     o.Release,
		"SSR":      false,
		"BASE_URL": cmp.Or(o.Base, "/"),
	}
	for name, value := range env {
		if envName.MatchString(name) {
			values[name] = value
		}
	}
	return values
}

// variables are what %NAME% stands for in pages.
func (o Options) variables(env map[string]string) map[string]string {
	texts := make(map[string]string)
	for name, value := range o.pageValues(env) {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}

// defines adds import.meta.env to the user's own.
func (o Options) defines(env map[string]string) map[string]string {
	values := o.pageValues(env)
	defines := map[string]string{"import.meta.env": toJSON(values)}
	for name, value := range values {
		defines["import.meta.env."+name] = toJSON(value)
	}
	defines["import.meta.glob"] = globName
	maps.Copy(defines, o.Define)
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
