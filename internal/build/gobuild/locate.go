package gobuild

import (
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
)

// locateAll completes printed diagnostics with absolute files, columns in code
// points and the lines around. It drops repeated ones.
func locateAll(dir string, printed []problem.Problem) []problem.Problem {
	type key struct {
		file         string
		line, column int
		text         string
	}
	seen := map[key]bool{}
	var located []problem.Problem
	for _, d := range printed {
		d = locate(dir, d)
		k := key{d.File, d.Line, d.Column, d.Text}
		if seen[k] {
			continue
		}
		seen[k] = true
		located = append(located, d)
	}
	return located
}

func locate(dir string, d problem.Problem) problem.Problem {
	// A file made by the toolchain is gone by now, and nobody wrote its lines.
	if strings.HasPrefix(d.File, "$WORK") || strings.HasPrefix(filepath.Base(d.File), "_cgo_") {
		d.File, d.Line, d.Column = "", 0, 0
	}
	if d.File == "" {
		return d
	}
	if !filepath.IsAbs(d.File) {
		d.File = filepath.Join(dir, d.File)
	}
	return d.At(d.File, d.Line, d.Column, problem.Bytes)
}

// goDiagnostics reads both streams of go build -json, run in dir.
func goDiagnostics(dir, stdout, stderr string) []problem.Problem {
	var printed []problem.Problem
	for _, text := range append(splitBuildOutput(stdout), stderr) {
		printed = append(printed, parseGoOutput(text)...)
	}
	return locateAll(dir, printed)
}
