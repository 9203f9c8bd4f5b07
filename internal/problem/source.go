package problem

import (
	"path"
	"strings"
)

// Source is who found a [Problem].
type Source string

const (
	Go       Source = "go"       // the go command
	ESBuild  Source = "esbuild"  // the bundler
	Web      Source = "web"      // devtool, writing or serving bundles
	TSC      Source = "tsc"      // the TypeScript compiler
	Generate Source = "generate" // a code generator
	Config   Source = "config"   // devtool, reading the settings
	App      Source = "app"      // devtool, starting the app
	Crash    Source = "crash"    // the app, by what it wrote before it ended
	Runtime  Source = "runtime"  // a browser
)

// Label names the part of the project at fault, for a badge: "Go", "TypeScript",
// "CSS".
func (p Problem) Label() string {
	ext := path.Ext(p.File)
	switch p.Source {
	case Go:
		return "Go"
	case ESBuild, TSC:
		switch {
		case ext == ".css" || ext == ".scss" || ext == ".sass" || ext == ".less":
			return "CSS"
		case strings.HasPrefix(strings.TrimLeft(ext, ".mc"), "js"):
			return "JavaScript"
		}
		return "TypeScript"
	case Generate:
		return "Generator"
	case Config:
		return "Settings"
	case App:
		return "App"
	case Crash:
		return "Crash"
	case Runtime:
		return "Browser"
	}
	return string(p.Source)
}
