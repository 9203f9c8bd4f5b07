package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/calendsync/devtool/internal/regular"
)

const (
	fileName  = "devtool.toml"
	localName = "devtool.local.toml"
)

// Options tell [Load] where to look and what is stronger than the files.
type Options struct {
	Cwd   string   // the working directory, absolute
	Dir   string   // the project's own directory (--dir); relative to Cwd; empty: searched upwards from Cwd
	File  string   // the configuration file (--config); relative to Cwd; empty: devtool.toml
	Env   []string // the environment, as os.Environ gives it
	Flags []Flag   // the command line, over all
}

// Load reads the settings. Without a file the defaults apply, and that is not
// an error. Every mistake in the settings is reported at once, joined, each an
// [*Error]; other errors say which file could not be read.
//
// The file is looked for upwards from Cwd, as far as the root of the git
// repository, else of the Go workspace, else of the module. With Dir it is
// looked for there alone. Paths are relative to the directory of the file, or
// to Dir if that is given. devtool.local.toml is read beside the file.
func Load(o Options) (*Config, error) {
	c := Default()
	root, candidates, err := find(o)
	if err != nil {
		return nil, err
	}
	c.Root, c.Candidates = root, candidates
	if _, err := os.Stat(root + string(filepath.Separator) + "."); err != nil {
		// Else the first file that we look for would take the blame.
		return nil, fmt.Errorf("project directory: %w", &fs.PathError{Op: "open", Path: root, Err: errors.Unwrap(err)})
	}

	var problems []*Error
	for _, file := range existing(candidates) {
		data, err := regular.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		found, err := c.apply(file, data)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
		c.Files = append(c.Files, file)
	}
	problems = append(problems, c.applyEnv(o.Env)...)
	problems = append(problems, c.applyFlags(o.Flags)...)
	if len(problems) == 0 {
		problems = c.check()
	}
	if len(problems) > 0 {
		return nil, joinErrors(problems)
	}
	c.absolute()
	c.address(o.Env)
	return c, nil
}

// apply merges one file over c. The error is one of syntax, after which
// nothing else can be said about the file.
func (c *Config) apply(file string, data []byte) ([]*Error, error) {
	doc, err := parse(file, data)
	if err != nil {
		return nil, err
	}
	a := assigner{config: c, from: doc}
	a.assign(reflect.ValueOf(c).Elem(), doc.tree, "")
	return a.errors, nil
}

// joinErrors puts the problems into the order in which they stand in the files.
func joinErrors(problems []*Error) error {
	slices.SortStableFunc(problems, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// Locate returns the root of the project and the configuration files that Load
// would read, weakest first, whatever is in them.
func Locate(o Options) (root string, files []string, err error) {
	root, candidates, err := find(o)
	return root, existing(candidates), err
}

func existing(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool { return !isFile(file) })
}

// find returns the root of the project and the files to read if they are there,
// weakest first.
func find(o Options) (root string, candidates []string, err error) {
	if o.Dir != "" {
		root = under(o.Cwd, o.Dir)
		if info, err := os.Stat(root); err != nil {
			return "", nil, fmt.Errorf("project directory: %w", err)
		} else if !info.IsDir() {
			return "", nil, fmt.Errorf("project directory: %s is not a directory", root)
		}
	}
	main := ""
	switch {
	case o.File != "":
		main = under(o.Cwd, o.File)
		if !isFile(main) {
			return "", nil, fmt.Errorf("configuration file: %w", &fs.PathError{Op: "open", Path: main, Err: fs.ErrNotExist})
		}
		root = cmp.Or(root, filepath.Dir(main))
	case root != "":
		main = filepath.Join(root, fileName)
	default:
		root, main = search(o.Cwd)
	}
	return root, []string{main, filepath.Join(filepath.Dir(main), localName)}, nil
}

// search walks upwards from dir to the nearest configuration file. A local
// file alone counts, too. Without any, the root is that of the module, or of
// the repository whose only module is elsewhere.
func search(dir string) (root, file string) {
	last := boundary(dir)
	for d := range upwards(dir) {
		if isFile(filepath.Join(d, fileName)) || isFile(filepath.Join(d, localName)) {
			return d, filepath.Join(d, fileName)
		}
		if d == last {
			break
		}
	}
	root = dir
	if d, ok := holder(dir, "go.mod"); ok {
		root = d
	} else if len(modulesBelow(dir)) == 0 && len(modulesBelow(last)) == 1 {
		root = last // in the web side beside the module
	}
	return root, filepath.Join(root, fileName)
}

// boundary is the outermost directory that still belongs to the project. It
// keeps a stray devtool.toml in a home directory out of every project.
func boundary(dir string) string {
	for _, name := range []string{".git", "go.work", "go.mod"} {
		if d, ok := holder(dir, name); ok {
			return d
		}
	}
	return dir
}

// holder is the nearest directory, from dir upwards, that has an entry name.
func holder(dir, name string) (string, bool) {
	for d := range upwards(dir) {
		if _, err := os.Lstat(filepath.Join(d, name)); err == nil {
			return d, true
		}
	}
	return "", false
}

func upwards(dir string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for d := filepath.Clean(dir); yield(d); d = filepath.Dir(d) {
			if d == filepath.Dir(d) {
				return
			}
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// under resolves path against dir unless it is absolute already.
func under(dir, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
