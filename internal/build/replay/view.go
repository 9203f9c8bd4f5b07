package replay

import (
	"bytes"
	"errors"
	"fmt"
	gobuild "go/build"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/regular"
)

// view returns all that the go command learns from the files of a package: which
// take part, what they import and embed, what their directives say. While it stays
// the same, so do the commands of go build. contents replaces files on the disk.
func view(target gobuild.Context, dir string, names []string, contents map[string][]byte) string {
	target.GOPATH, target.GOROOT = "", ""
	target.ReadDir = func(string) ([]fs.FileInfo, error) {
		var all []fs.FileInfo
		for _, name := range names {
			if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
				all = append(all, info)
			}
		}
		return all, nil
	}
	target.OpenFile = func(path string) (io.ReadCloser, error) {
		if content, found := contents[path]; found {
			return io.NopCloser(bytes.NewReader(content)), nil
		}
		return regular.Open(path)
	}
	p, err := target.ImportDir(dir, 0)
	var b strings.Builder
	fmt.Fprintln(&b, p.Name, p.BinaryOnly)
	for _, list := range [][]string{
		p.GoFiles, p.CgoFiles, p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SwigFiles, p.SwigCXXFiles,
		p.SysoFiles, p.IgnoredGoFiles, p.InvalidGoFiles, p.IgnoredOtherFiles, p.TestGoFiles, p.XTestGoFiles,
		slices.Sorted(slices.Values(p.Imports)), slices.Sorted(slices.Values(p.EmbedPatterns)),
		p.CgoCFLAGS, p.CgoCPPFLAGS, p.CgoCXXFLAGS, p.CgoFFLAGS, p.CgoLDFLAGS, p.CgoPkgConfig,
	} {
		fmt.Fprintf(&b, "%q\n", list)
	}
	for _, d := range p.Directives {
		fmt.Fprintf(&b, "%q\n", d.Text)
	}
	if err != nil {
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

// sourceEndings are those of files that the go command looks at.
var sourceEndings = []string{
	".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx",
	".swig", ".swigcxx", ".syso",
}

// source reports whether a file in the directory of a package may take part in
// the build or decide what does.
func source(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return false
	}
	return name == "go.mod" || name == "default.pgo" || slices.Contains(sourceEndings, filepath.Ext(name))
}

// sourceNames lists those in dir, sorted.
func sourceNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(all, func(name string) bool { return !source(name) })
	slices.Sort(names)
	return names, nil
}

// mostEmbedded bounds how many entries are listed at each save.
const mostEmbedded = 20_000

// embeddable lists all that the patterns of a package may embed, with the kind
// of each file: a superset from which the go command chooses.
func embeddable(dir string, patterns []string) (string, error) {
	root := os.DirFS(dir)
	var b strings.Builder
	count := 0
	add := func(name string, d fs.DirEntry, err error) error {
		if count++; count > mostEmbedded {
			return errors.New("more than 20,000 files are embedded")
		}
		if err == nil {
			fmt.Fprintln(&b, name, d.Type())
		}
		return err
	}
	for _, pattern := range patterns {
		matches, err := fs.Glob(root, strings.TrimPrefix(pattern, "all:"))
		if err != nil {
			return "", err
		}
		for _, match := range matches {
			info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(match))) // the walk follows a link at its root
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&b, match, info.Mode().Type())
			if err := addModules(&b, dir, match); err != nil {
				return "", err
			}
			if err := fs.WalkDir(root, match, add); err != nil {
				return "", err
			}
		}
	}
	return b.String(), nil
}

// addModules notes the go.mod files between the directory of a package and a
// file: they make it part of another module, which cannot be embedded.
func addModules(b *strings.Builder, dir, file string) error {
	for parent := filepath.Dir(filepath.FromSlash(file)); parent != "."; parent = filepath.Dir(parent) {
		switch _, err := os.Lstat(filepath.Join(dir, parent, "go.mod")); {
		case err == nil:
			fmt.Fprintln(b, parent, "is a module")
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}
