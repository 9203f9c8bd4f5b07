package build

import (
	"path/filepath"
	"strings"
)

// locateAll gives printed diagnostics what a reader needs: absolute files,
// columns in code points, the lines around. Repeated ones are dropped.
func locateAll(dir string, printed []Diagnostic) []Diagnostic {
	type key struct {
		file         string
		line, column int
		text         string
	}
	seen := map[key]bool{}
	var located []Diagnostic
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

func locate(dir string, d Diagnostic) Diagnostic {
	// A file the toolchain made is gone by now, and nobody wrote its lines.
	if strings.HasPrefix(d.File, "$WORK") || strings.HasPrefix(filepath.Base(d.File), "_cgo_") {
		d.File, d.Line, d.Column = "", 0, 0
	}
	if d.File == "" {
		return d
	}
	if !filepath.IsAbs(d.File) {
		d.File = filepath.Join(dir, d.File)
	}
	if line := readLines(d.File, d.Line, d.Line); len(line) == 1 {
		d.Column = runeColumn(line[0], d.Column)
	}
	d.Excerpt = Excerpt(d.File, d.Line)
	return d
}

// goDiagnostics reads both streams of go build -json, run in dir.
func goDiagnostics(dir, stdout, stderr string) []Diagnostic {
	var printed []Diagnostic
	for _, text := range append(splitBuildOutput(stdout), stderr) {
		printed = append(printed, parseGoOutput(text)...)
	}
	return locateAll(dir, printed)
}
