package templ

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/calendsync/devtool/internal/regular"
)

// Throttle is how long a program may keep using old literals after new ones were
// written: templ does not check its text files more often.
const Throttle = 100 * time.Millisecond

// Variable makes templ read text files. If the user sets it, the user's value
// wins.
const Variable = "TEMPL_DEV_MODE"

// ErrCode says that a template differs from the one in the program by more than text.
var ErrCode = errors.New("the program has other code")

// Texts are the text files of the programs that were built. It is safe for
// concurrent use.
type Texts struct {
	dir string

	mu       sync.Mutex
	programs map[string]*program // by the path of the binary
}

// program is a binary whose templates are known.
type program struct {
	dir   string           // of its text files
	files map[string]*text // by the path of the generated file, without links
	reads bool             // it was started in the mode that reads them
}

// text is the text of one template in a program.
type text struct {
	file            // as it was built in
	shown []string  // content of the text file
	path  string    // of the text file
	stamp time.Time // modification time of the text file
}

// New returns Texts that keep their files in directories of their own below dir.
// The caller removes dir at the end.
func New(dir string) *Texts { return &Texts{dir: dir, programs: map[string]*program{}} }

// Built makes the text files of a binary whose build began at the given time.
// Without templates it does nothing. An error says why the program has to run as
// it was built.
func (t *Texts) Built(binary string, began time.Time) error {
	uses, err := known(binary)
	if err != nil || !uses {
		return err
	}
	paths, err := templatesOf(binary)
	if err != nil || len(paths) == 0 {
		return err
	}
	p := &program{files: map[string]*text{}}
	if p.dir, err = os.MkdirTemp(t.dir, "templ-"); err != nil {
		return fmt.Errorf("make a directory for the text of templates: %w", err)
	}
	for _, path := range paths {
		if err := p.add(path, began); err != nil {
			return err
		}
	}
	t.mu.Lock()
	t.programs[binary] = p
	t.mu.Unlock()
	return nil
}

// add reads a template that was built in.
func (p *program) add(path string, began time.Time) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	f, err := read(real)
	if err != nil || !f.ours {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	if info.ModTime().After(began) {
		return fmt.Errorf("%s changed while it was built", real)
	}
	x := &text{file: f, path: filepath.Join(p.dir, textName(real)), stamp: began.Add(-time.Hour)}
	p.files[real] = x
	return x.write(f.texts)
}

func read(path string) (file, error) {
	src, err := regular.ReadFile(path)
	if err != nil {
		return file{}, err
	}
	f, ok := parse(src)
	if !ok {
		return file{}, fmt.Errorf("%s is not in the form that templ generates", path)
	}
	return f, nil
}

// write replaces the text file. Its time lies in the past, but after the last one: some
// versions of templ do not look again at a file that is younger than Throttle.
func (x *text) write(texts []string) error {
	err := os.WriteFile(x.path+".new", []byte(strings.Join(texts, "\n")), 0o600)
	if err == nil {
		x.stamp = x.stamp.Add(time.Second)
		err = os.Chtimes(x.path+".new", x.stamp, x.stamp)
	}
	if err == nil {
		err = os.Rename(x.path+".new", x.path)
	}
	if err != nil {
		return fmt.Errorf("write the text of a template: %w", err)
	}
	x.shown = slices.Clone(texts)
	return nil
}

// Env returns the variables that make a program read its text files. It returns
// none if the program has none or env already has Variable.
func (t *Texts) Env(binary string, env []string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.programs[binary]
	if p == nil {
		return nil
	}
	p.reads = !slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, Variable+"=") })
	if !p.reads {
		return nil
	}
	_ = p.show() // templates with other code stay as they were built
	return []string{Variable + "=true", Variable + "_ROOT=" + p.dir, Variable + "_WATCH_ROOT="}
}

// Differs reports whether a generated file differs only in text from the one in a
// program that reads text files.
func (t *Texts) Differs(binary, path string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.programs[binary]
	if p == nil || !p.reads {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil || p.files[real] == nil {
		return false
	}
	_, err = p.files[real].now(real)
	return err == nil
}

// now returns the current literals of a generated file.
func (x *text) now(path string) ([]string, error) {
	f, err := read(path)
	if err == nil && (f.code != x.code || len(f.texts) != len(x.texts)) {
		err = fmt.Errorf("%s: %w", path, ErrCode)
	}
	return f.texts, err
}

// Show brings the text files of a program up to date. After an error the program
// has to be rebuilt.
func (t *Texts) Show(binary string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.programs[binary]
	if p == nil || !p.reads {
		return ErrCode
	}
	return p.show()
}

// show writes what can be shown.
func (p *program) show() error {
	var errs []error
	for path, x := range p.files {
		texts, err := x.now(path)
		if err == nil && !slices.Equal(texts, x.shown) {
			err = x.write(texts)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Prune forgets all programs except those to keep.
func (t *Texts) Prune(keep ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.programs, func(binary string, p *program) bool {
		drop := !slices.Contains(keep, binary)
		if drop {
			_ = os.RemoveAll(p.dir) // goes with the directory around it at the latest
		}
		return drop
	})
}

// textName returns the name of the text file of a generated file, as templ makes it:
// GetDevModeTextFileName in runtime/watchmode.go.
func textName(path string) string {
	template := strings.TrimSuffix(path, suffix) + ".templ"
	if real, err := filepath.EvalSymlinks(template); err == nil {
		template = real
	}
	template = strings.ReplaceAll(filepath.Clean(template), `\`, "/")
	if drive, rest, ok := strings.Cut(template, ":"); ok && len(drive) == 1 {
		template = "/" + strings.ToLower(drive) + rest
	}
	hash := sha256.Sum256([]byte(template))
	return "templ_" + hex.EncodeToString(hash[:]) + ".txt"
}
