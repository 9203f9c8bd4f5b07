package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// release is the version that the next tag will carry.
const release = "0.1.0"

// versions is what `devtool version` tells, from the binary's build info.
type versions struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	ESBuild  string `json:"esbuild"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func version() versions {
	v := versions{Version: release, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if m := info.Main.Version; m != "" && m != "(devel)" {
		v.Version = m
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/evanw/esbuild" {
			v.ESBuild = cmp.Or(dep.Version, v.ESBuild)
		}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
